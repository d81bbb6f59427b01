/** Actions on a point of a sweep: a baseline, a comparison, a note, a cell of its own. Loaded with the charts. */
import { toLines } from '../../lab/experiment/settings';
import type { RunRecord } from '../../lab/records/record';
import type { Notebook } from '../notebook/notebook.svelte';
import { type Outcome, recordsIn } from '../notebook/outcome';
import type { PointActions } from '../results/Chosen.svelte';
import type { Base, NumberedRecord } from '../results/series';
import { t } from '../words/words.svelte';
import { blockOf } from './blocks';

/** The point that the others are compared with, also one that a later change took out of the table; undefined if none is pinned. */
export function baseOf(outcome: Outcome | undefined, shown: readonly NumberedRecord[]): Base | undefined {
  if (!outcome?.base) return undefined;
  const isBase = ({ startedAt }: RunRecord) => startedAt === outcome.base;
  const here = shown.find(({ record }) => isBase(record));
  if (here) return { name: t().cells.runNumber(here.number), record: here.record };
  const record = [...outcome.previous, ...recordsIn(outcome.kept ?? [])].find(isBase);
  return record && { name: t().cells.baseline, record };
}

/** Adds what is made of a sweep's point below the sweep. */
export function pointActions(notebook: Notebook, id: string): PointActions {
  /** Below the results frozen from the sweep, too: they are drawn as the cell just above them says. */
  const below = () => {
    const next = notebook.index(id) + 1;
    return notebook.cells[next]?.kind === 'csv' ? next + 1 : next;
  };
  return {
    base: (record) => notebook.compareWith(id, record),
    compare: (base, record) =>
      void notebook.add(
        'compare',
        below(),
        [base, record].map((each) => blockOf(each, notebook.catalogue)).join('---\n'),
      ),
    note: (text) => {
      const note = notebook.add('prose', below(), `${text}\n\n\n`); // and a paragraph to write in
      notebook.focus(note, true);
    },
    open: (record) => notebook.adopt(notebook.add('sweep', below(), toLines(record.settings)), record),
  };
}
