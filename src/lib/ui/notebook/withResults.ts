/** Results that are not frozen in a notebook yet, and the notebook with them frozen, for a link or a file. */
import { type CellKind, contentOf } from '../../lab/notebook/notebook';
import { resultsText } from '../../lab/records/resultsText';
import { newCell, type NotebookCell, spaced, textOf } from './cellList';
import type { Notebook } from './notebook.svelte';
import type { ResultEvent } from './outcome';

export interface Unfrozen {
  id: string;
  /** The number of the cell on the page, from 1, and the first line of its settings. */
  number: number;
  settings: string;
  kind: CellKind;
  /** Its results as a results cell holds them, and the number of runs; undefined for results that are none. */
  text: string;
  runs: number | undefined;
}

/** The cells with results that are not those of the results cell below them. */
export function unfrozenIn(
  cells: readonly NotebookCell[],
  eventsOf: (id: string) => readonly ResultEvent[],
): Unfrozen[] {
  return cells.flatMap((cell, index) => {
    const events = eventsOf(cell.id);
    const text = events.length ? resultsText(events) : '';
    const below = cells[index + 1];
    const frozen = below?.kind === 'csv' && contentOf(below) === text;
    if (text === '' || frozen) return [];
    const runs = events.filter(({ type }) => type === 'record' || type === 'profiled').length || undefined;
    const settings = contentOf(cell).split('\n', 1)[0];
    return [{ id: cell.id, number: index + 1, kind: cell.kind, settings, text, runs }];
  });
}

/** Copies the results of a cell into a results cell below it. */
export function freezeResults(notebook: Notebook, id: string): void {
  notebook.freeze(id, resultsText(notebook.outcomes.get(id)?.events ?? []));
}

/** The text of the notebook with these results below their cells. */
export function textWithResults(cells: readonly NotebookCell[], results: readonly Unfrozen[]): string {
  const whole = cells.flatMap((cell) => {
    const own = results.find(({ id }) => id === cell.id);
    return own ? [cell, newCell('csv', own.text)] : [cell];
  });
  return textOf(spaced(whole));
}
