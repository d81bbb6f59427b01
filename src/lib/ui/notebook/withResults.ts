/** Results that are not frozen in a notebook yet, and the notebook with them frozen, for a link or a file. */
import { contentOf } from '../../lab/notebook/notebook';
import { kernelsToCsv } from '../../lab/records/kernelsCsv';
import { toCsv } from '../../lab/records/runsCsv';
import { newCell, type NotebookCell, spaced, textOf } from './cellList';
import { profilesIn, recordsIn, type ResultEvent } from './outcome';

export interface Unfrozen {
  id: string;
  /** The number of the cell on the page, from 1, and the first line of its settings. */
  number: number;
  settings: string;
  /** Its results as a results cell holds them, and the number of runs. */
  csv: string;
  runs: number;
}

/** The cells with runs or profiles that are not those of the results cell below them. */
export function unfrozenIn(
  cells: readonly NotebookCell[],
  eventsOf: (id: string) => readonly ResultEvent[],
): Unfrozen[] {
  return cells.flatMap((cell, index) => {
    const events = eventsOf(cell.id);
    const [records, profiles] = [recordsIn(events), profilesIn(events)];
    const csv = records.length ? toCsv(records) : kernelsToCsv(profiles);
    const runs = records.length || profiles.length;
    const below = cells[index + 1];
    const frozen = below?.kind === 'csv' && contentOf(below) === csv;
    if (runs === 0 || frozen) return [];
    return [{ id: cell.id, number: index + 1, settings: contentOf(cell).split('\n', 1)[0], csv, runs }];
  });
}

/** The text of the notebook with these results below their cells. */
export function textWithResults(cells: readonly NotebookCell[], results: readonly Unfrozen[]): string {
  const whole = cells.flatMap((cell) => {
    const own = results.find(({ id }) => id === cell.id);
    return own ? [cell, newCell('csv', own.csv)] : [cell];
  });
  return textOf(spaced(whole));
}
