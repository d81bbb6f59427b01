/** Reads from the text of a cell how it is run. */
import { readCell, usesShader } from '../../lab/cells/cells';
import type { Catalogue } from '../../lab/experiment/catalogue';
import { contentOf } from '../../lab/notebook/notebook';
import type { OwnVariant } from '../../shaders/variant';
import type { NotebookCell } from './cellList';

/** A search that takes longer is not part of Run all. */
const LONG_SEARCH_SECONDS = 30;

/** True for a search with a long budget. */
export function isLongSearch(cell: NotebookCell): boolean {
  if (cell.kind !== 'tune') return false;
  try {
    const read = readCell('tune', contentOf(cell));
    return read.kind === 'tune' && read.budget > LONG_SEARCH_SECONDS;
  } catch {
    return false; // its settings say what is wrong when it runs
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
