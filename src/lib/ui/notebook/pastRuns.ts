/** Runs for the history, and the sessions of live mode, each of which is one that grows (liveRun.ts). */
import { contentOf } from '../../lab/notebook/notebook';
import { newId, type NotebookCell, now } from './cellList';
import type { LiveSession, Outcome } from './outcome';
import type { PastRun } from './store';

/** A session that has begun nothing for this time has ended: the next point begins another. */
const LONGEST_PAUSE_MINUTES = 30;

export const newSession = (): LiveSession => ({ id: newId(), since: now() });

/** The session that a point measured now belongs to. */
export const presentSession = ({ session, startedAt = '' }: Partial<Outcome> = {}): LiveSession =>
  session && Date.now() - Date.parse(startedAt) < LONGEST_PAUSE_MINUTES * 60_000 ? session : newSession();

/** A finished run of a cell as the history keeps it. `notebook`: its title. `liveId`: the session, if it is one. */
export const pastRunOf = (
  notebook: string,
  cell: NotebookCell,
  outcome: Outcome,
  liveId?: string,
): PastRun => ({
  id: liveId ?? newId(),
  live: liveId !== undefined,
  notebook,
  kind: cell.kind,
  body: contentOf(cell),
  outcome: { ...outcome, previous: [] },
  finishedAt: now(),
  label: '',
});
