/** The search among the events of a cell. Pure functions. */
import type { LabEvent } from '../../lab/cells/events';

type SearchEvent = Extract<LabEvent, { type: 'tuning' | 'tuned' }>;

/** The events of a search, and the last place where it was made; undefined if none is known. */
export function searchIn(events: readonly { type: string }[]): {
  events: SearchEvent[];
  place: SearchEvent['place'];
} {
  const own = events.filter(
    (event): event is SearchEvent => event.type === 'tuning' || event.type === 'tuned',
  );
  return { events: own, place: own.findLast(({ place }) => place)?.place };
}
