/** Simplified Chinese: every area of the page that a first visit shows. */
import { cells } from './zh/cells';
import { editor } from './zh/editor';
import { page } from './zh/page';
import { terms } from './zh/terms';
import type english from './en';

export default { cells, editor, page, terms } satisfies typeof english;
