/** Runs for the history, and the sessions of live mode, each of which is one that grows (liveRun.ts). */
import { contentOf } from '../../lab/notebook/notebook';
import { newId, type NotebookCell, now } from './cellList';
import type { LiveSession, Outcome, ResultEvent } from './outcome';
import type { PastRun } from './store';

/** A session that has measured nothing for this time has ended: the next point begins another. */
const LONGEST_PAUSE_MINUTES = 30;

export const newSession = (): LiveSession => ({ id: newId(), since: now() });

/** The session that a point measured now belongs to. */
export function presentSession(outcome: Outcome | undefined): LiveSession {
  const session = outcome?.session;
  if (!session) return newSession();
  const times = pointsOf(outcome, session).map(({ record }) => record.startedAt);
  const last = [session.since, ...times].sort().at(-1)!;
  const pause = Date.parse(now()) - Date.parse(last);
  return pause > LONGEST_PAUSE_MINUTES * 60_000 ? newSession() : session;
}

/** A finished run of a cell as the history keeps it. `notebook`: its title. `liveId`: the session, if it is one. */
export const pastRunOf = (
  notebook: string,
  cell: NotebookCell,
  outcome: Outcome,
  liveId?: string,
): PastRun => ({
  id: liveId ?? newId(),
  ...(liveId !== undefined && { live: true }),
  notebook,
  kind: cell.kind,
  body: contentOf(cell),
  outcome: { ...outcome, previous: [] },
  finishedAt: now(),
  label: '',
});

type Measured = Extract<ResultEvent, { type: 'record' }>;

/** The points of a session, those in view last. */
export const pointsOf = ({ events, kept = [] }: Outcome, { since }: LiveSession): Measured[] =>
  [...kept, ...events].filter(
    (event): event is Measured => event.type === 'record' && event.record.startedAt >= since,
  );
