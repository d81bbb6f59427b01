/** The rows of a sweep's table: measured runs and failed runs. */
import type { RunRecord } from '../../lab/records/record';
import type { ResultEvent } from '../notebook/outcome';

export type Entry =
  { number: number; record: RunRecord } | { number: number; settings: string; reason: string };

/** Table rows of the finished and failed runs, numbered from 1. */
export function entriesOf(events: readonly ResultEvent[]): Entry[] {
  const rows = events.filter((event) => event.type === 'record' || event.type === 'failed');
  return rows.map((event, index) =>
    event.type === 'record'
      ? { number: index + 1, record: event.record }
      : { number: index + 1, settings: event.settings, reason: event.reason },
  );
}
