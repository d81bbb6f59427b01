/** How long cells will take, as far as it can be told beforehand. */
import { t } from '../words/words.svelte';
import type { NotebookCell } from './cellList';
import { type Outcome, recordsIn } from './outcome';
import { secondsFor, type Standing } from './points';
import { budgetOf } from './readCells';

/** The part of a notebook that an estimate needs. */
interface Cells {
  outcomes: ReadonlyMap<string, Outcome>;
  cell(id: string): NotebookCell | undefined;
  standingOf(id: string): Standing;
}

/** Seconds that these cells will take; undefined if it cannot be told of one of them. */
function secondsOf(cells: Cells, ids: readonly string[]): number | undefined {
  const records = [...cells.outcomes.values()].flatMap(({ events }) => recordsIn(events));
  return ids.reduce<number | undefined>((sum, id) => {
    const cell = cells.cell(id);
    const { missing, provisional, failed } = cells.standingOf(id);
    const seconds =
      cell?.kind === 'sweep'
        ? secondsFor([...missing, ...provisional, ...failed], records)
        : cell && budgetOf(cell);
    return sum === undefined || seconds === undefined ? undefined : sum + seconds;
  }, 0);
}

/** `, about 40 s`; empty if it cannot be told. */
export function aboutTime(cells: Cells, ids: readonly string[]): string {
  const seconds = secondsOf(cells, ids);
  const words = t().cells;
  return seconds ? `, ${words.aboutTime(words.seconds(seconds))}` : '';
}
