/** English: every area of the page that a first visit shows. */
import { cells } from './cells';
import { editor } from './editor';
import { page } from './page';
import { terms } from './terms';

export default { cells, editor, page, terms };
