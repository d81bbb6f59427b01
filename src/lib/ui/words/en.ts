/** English: every area of the page. */
import { cells } from './cells';
import { editor } from './editor';
import { kernel } from './kernel';
import { page } from './page';
import { selftest } from './selftest';
import { terms } from './terms';

export default { cells, editor, kernel, page, selftest, terms };
