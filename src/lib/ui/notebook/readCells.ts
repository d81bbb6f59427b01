/** Reads from the text of a cell how it is run. */
import { readCell, usesShader } from '../../lab/cells/cells';
import type { Catalogue } from '../../lab/experiment/catalogue';
import { writtenSettings } from '../../lab/experiment/settings';
import { type Cell, contentOf, isLab } from '../../lab/notebook/notebook';
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

/** The model of the first cell that uses the shader, else of the first that names one; undefined if none does. */
export function modelBeside(cells: readonly Cell[], kernel: string, name: string): string | undefined {
  const written = cells.filter(({ kind }) => isLab(kind)).map((cell) => writtenSettings(contentOf(cell)));
  const uses = written.filter((settings) =>
    settings.some(({ key, values }) => key === kernel && values.includes(name)),
  );
  const named = (settings: (typeof written)[number]) =>
    settings.find(({ key }) => key === 'model')?.values[0];
  return [...uses, ...written].map(named).find((model) => model !== undefined);
}

/** True if settings name one of these shaders, `kernel/name`, alone or in a list. */
export const namesOneOf = (settings: string, shaders: readonly string[]): boolean =>
  shaders.some((shader) => new RegExp(`[=,] *${shader.replace(/^.*\W/, '')}(?!\\w)`).test(settings));

/** The shaders that the cell's runs use; none if its settings cannot be read. */
function usedBy(cell: NotebookCell, own: OwnVariant[], catalogue: Catalogue): OwnVariant[] {
  if (own.length === 0) return [];
  try {
    const read = readCell(cell.kind, contentOf(cell), catalogue);
    return own.filter((variant) => usesShader(read, variant, catalogue));
  } catch {
    return [];
  }
}

/** The text that determines a run's result: the cell's content and the shaders that it uses. */
export function ranText(cell: NotebookCell, own: OwnVariant[], catalogue: Catalogue): string {
  const shaders = usedBy(cell, own, catalogue).map(({ kernel, name, wgsl }) => `${kernel}/${name}\n${wgsl}`);
  return [contentOf(cell), ...shaders].join('\n\n');
}
