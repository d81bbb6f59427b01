/**
 * The origin of results: this page, a link or a file. It belongs to the text: a copy, undo or a move keep it, an edit by hand loses
 * it, and a text that only claims an origin has none. Results without one were measured in another session.
 */
import { contentOf } from '../../lab/notebook/notebook';
import type { NotebookCell } from './cellList';

export const ORIGINS = ['page', 'link', 'file'] as const;
export type Origin = (typeof ORIGINS)[number];

export class Origins {
  readonly #known = new Map<string, Origin>();

  /** Says where the results in these cells came from; what was measured on this page stays so. */
  set(cells: readonly NotebookCell[], origin: Origin | undefined) {
    if (!origin) return;
    for (const cell of cells)
      if (cell.kind === 'csv' && this.of(cell) !== 'page') this.#known.set(contentOf(cell), origin);
  }

  of = (cell: NotebookCell): Origin | undefined =>
    cell.kind === 'csv' ? this.#known.get(contentOf(cell)) : undefined;
}
