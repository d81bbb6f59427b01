/** Two runs of the history beside each other: the points that both measured, and in what their circumstances differ. Pure functions. */
import { placeOf } from '../../lab/cells/points';
import { browserOf } from '../../lab/records/agent';
import { placeLabel, varyingPlaces } from '../../lab/records/identity';
import type { Profile } from '../../lab/records/profile';
import { type RunRecord, tokensPerSecond } from '../../lab/records/record';

export interface ComparedPoint {
  /** The settings that both have, without those that say only how often it was timed. */
  settings: string;
  before: RunRecord;
  after: RunRecord;
  /** 0.04 for 4 % faster than before. */
  change: number;
}

/** The points of `after` that `before` has too, in their order; of several with the same settings, the last counts. */
export function comparedPoints(before: readonly RunRecord[], after: readonly RunRecord[]): ComparedPoint[] {
  const known = new Map(before.map((record) => [placeOf(record.settings), record]));
  const latest = new Map(after.map((record) => [placeOf(record.settings), record]));
  return [...latest].flatMap(([settings, record]) => {
    const other = known.get(settings);
    if (!other) return [];
    const change = tokensPerSecond(record) / tokensPerSecond(other) - 1;
    return [{ settings, before: other, after: record, change }];
  });
}

/** The differences of two profiles in GPU, browser and version of the lab, as texts. Empty if there are none. */
export function differingOrigins(before: Profile, after: Profile): [string, string] | [] {
  const [one, other] = [before, after].map(({ adapter, agent, labVersion }) => [
    adapter,
    agent ? browserOf(agent) : '',
    labVersion ? `lab ${labVersion}` : '',
  ]);
  const own = (parts: string[], others: string[]) =>
    parts.filter((part, at) => part !== others[at]).join(', ');
  return own(one, other) || own(other, one) ? [own(one, other), own(other, one)] : [];
}

/** The differences of two runs in GPU, browser, version of the lab and kernels, as texts. Empty if there are none. */
export function differingPlaces(
  before: readonly RunRecord[],
  after: readonly RunRecord[],
): [string, string] | [] {
  const keys = varyingPlaces([...before, ...after]);
  const said = [before, after].map((records) =>
    [...new Set(records.map((record) => placeLabel(record, keys)))].join(', '),
  );
  return said[0] === said[1] ? [] : [said[0], said[1]];
}
