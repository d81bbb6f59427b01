/** Results that are not frozen in a notebook yet, and the notebook with them frozen, for a link or a file. */
import { contentOf } from '../../lab/notebook/notebook';
import type { RunRecord } from '../../lab/records/record';
import { toCsv } from '../../lab/records/runsCsv';
import { newCell, type NotebookCell, spaced, textOf } from './cellList';

export interface Unfrozen {
  id: string;
  /** The number of the cell on the page, from 1, and the first line of its settings. */
  number: number;
  settings: string;
  records: RunRecord[];
}

/** The sweeps whose records are not those of the results cell below them. */
export function unfrozenIn(
  cells: readonly NotebookCell[],
  recordsOf: (id: string) => readonly RunRecord[],
): Unfrozen[] {
  return cells.flatMap((cell, index) => {
    const records = cell.kind === 'sweep' ? [...recordsOf(cell.id)] : [];
    const below = cells[index + 1];
    const frozen = below?.kind === 'csv' && contentOf(below) === toCsv(records);
    if (records.length === 0 || frozen) return [];
    return [{ id: cell.id, number: index + 1, settings: contentOf(cell).split('\n', 1)[0], records }];
  });
}

/** The text of the notebook with these results below their cells. */
export function textWithResults(cells: readonly NotebookCell[], results: readonly Unfrozen[]): string {
  const whole = cells.flatMap((cell) => {
    const own = results.find(({ id }) => id === cell.id);
    return own ? [cell, newCell('csv', toCsv(own.records))] : [cell];
  });
  return textOf(spaced(whole));
}
