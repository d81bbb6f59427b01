/** Simplified Chinese: every area of the page. */
import { cells } from './zh/cells';
import { editor } from './zh/editor';
import { kernel } from './zh/kernel';
import { page } from './zh/page';
import { selftest } from './zh/selftest';
import { terms } from './zh/terms';
import type english from './en';

export default { cells, editor, kernel, page, selftest, terms } satisfies typeof english;
