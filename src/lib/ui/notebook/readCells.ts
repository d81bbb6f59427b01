/** Reads from the text of a cell how it is run. */
import { readCell, usesShader } from '../../lab/cells/cells';
import type { Catalogue } from '../../lab/experiment/catalogue';
import { contentOf } from '../../lab/notebook/notebook';
import type { OwnVariant } from '../../shaders/variant';
import type { NotebookCell } from './cellList';

/** A search that takes longer is not part of Run all. */
const LONG_SEARCH_SECONDS = 30;

/** True for a search with a long budget. */
export const isLongSearch = (cell: NotebookCell): boolean =>
  cell.kind === 'tune' && (budgetOf(cell) ?? 0) > LONG_SEARCH_SECONDS;

/** Seconds that a search or a comparison may take; undefined for other cells and unreadable settings. */
export function budgetOf(cell: NotebookCell): number | undefined {
  if (cell.kind !== 'tune' && cell.kind !== 'compare') return undefined;
  try {
    const read = readCell(cell.kind, contentOf(cell));
    return 'budget' in read ? read.budget : undefined;
  } catch {
    return undefined; // its settings say what is wrong when it runs
  }
}

/** The shaders that the cell's runs use; none if its settings cannot be read. */
export function usedBy(cell: NotebookCell, own: OwnVariant[], catalogue: Catalogue): OwnVariant[] {
  if (own.length === 0) return [];
  try {
    const read = readCell(cell.kind, contentOf(cell), catalogue);
    return own.filter((variant) => usesShader(read, variant, catalogue));
  } catch {
    return [];
  }
}
