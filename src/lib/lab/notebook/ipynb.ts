/** A notebook for Jupyter: nbformat 4.5. */
import type { RunRecord } from '../records/record';
import { linesOf, markdownTable } from '../records/table';
import { type Cell, contentOf } from './notebook';

/**
 * The notebook as JSON: prose as Markdown, other cells as code that begins with a magic of their kind, results as
 * outputs. `results`: the records of a cell, by its index.
 */
export function toIpynb(
  cells: readonly Cell[],
  results: ReadonlyMap<number, readonly RunRecord[]> = new Map(),
): string {
  const notebook = {
    cells: cells.map((cell, index) => {
      const records = results.get(index);
      const id = `cell-${index + 1}`;
      if (cell.kind === 'prose')
        return { cell_type: 'markdown', id, metadata: {}, source: linesOf(cell.body) };
      return {
        cell_type: 'code',
        id,
        metadata: { rwkv_lab: { kind: cell.kind, name: cell.name } },
        execution_count: null,
        source: linesOf(`%%${cell.open.replace(/^[ `~]+/, '').trim()}\n${contentOf(cell)}`),
        outputs: records?.length ? [outputOf(records)] : [],
      };
    }),
    metadata: { language_info: { name: 'text' }, rwkv_lab: { version: 1 } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}
const outputOf = (records: readonly RunRecord[]) => ({
  output_type: 'display_data',
  metadata: {},
  data: { 'text/markdown': linesOf(markdownTable(records)) },
});
