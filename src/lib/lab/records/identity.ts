/** Tells runs apart by their settings, where they were made (machine, program, another program's settings), and in which session. */
import { fieldOf, RESULT_NAMES } from '../experiment/descriptors';
import { browserOf } from './agent';
import { hashTexts, type RunRecord } from './record';

/** Settings of llama-bench under the names of its Markdown table, which are shorter. */
const SHORT_NAMES: Record<string, string> = {
  n_gpu_layers: 'ngl',
  n_threads: 'threads',
  flash_attn: 'fa',
  n_batch: 'batch',
  n_depth: 'depth',
  build_commit: 'build',
  build_number: 'build_number',
};
/** Keys whose values speak for themselves. */
const WORDS = new Set(['model', 'adapter', 'browser', 'cpu_info', 'backends', 'model_type', 'program']);

/** The settings that distinguish a record from other records. */
export function coordinates(record: RunRecord): Record<string, string | number> {
  const { model, variants } = record;
  const place: Record<string, string | number> = { model };
  for (const name of RESULT_NAMES) place[name] = record[fieldOf(name)];
  if (!model.startsWith('synthetic-')) delete place.seed;
  for (const [kernel, { name, knobs }] of Object.entries(variants)) {
    place[kernel] = name;
    for (const [knob, value] of Object.entries(knobs)) place[`${kernel}.${knob}`] = value;
  }
  return place;
}

/** Equal for runs at the same point of a sweep, wherever they were measured. */
const pointKeyOf = (record: RunRecord): string => JSON.stringify(coordinates(record));

/** Keys that tell places apart, best known first: of several keys that say the same, the first is shown. */
function placeOf({ model, adapter, agent, labVersion, setup }: RunRecord): Record<string, string> {
  if (!setup) return { model, adapter, browser: browserOf(agent), lab: labVersion ?? '0.1' };
  const { backends = '', build_commit = '', ...others } = setup;
  return { model, adapter, browser: agent.split(',')[0], backends, build_commit, ...others };
}

/**
 * The keys in which the places of these runs differ, without those that say nothing more: a CPU that always comes with the same
 * GPU. `kernels` is among them if runs that are otherwise at the same point ran other kernels.
 */
export function varyingPlaces(records: readonly RunRecord[]): string[] {
  const places = records.map(placeOf);
  let groups = places.map(() => '');
  let count = Math.min(1, records.length);
  const varying: string[] = [];
  for (const key of new Set(places.flatMap(Object.keys))) {
    const refined = groups.map((group, index) => JSON.stringify([group, places[index][key] ?? '']));
    const ids = new Map([...new Set(refined)].map((text, index) => [text, String(index)]));
    if (ids.size <= count) continue;
    count = ids.size;
    groups = refined.map((text) => ids.get(text)!);
    varying.push(key);
  }
  const hashes = new Map<string, string>();
  const rebuilt = records.some((record, index) => {
    if (record.setup) return false; // its build is among the settings
    const at = `${groups[index]} ${pointKeyOf(record)}`;
    const before = hashes.get(at) ?? record.kernelHash;
    hashes.set(at, before);
    return before !== record.kernelHash;
  });
  return rebuilt ? [...varying, 'kernels'] : varying;
}

/** Equal for runs at the same place with the same kernels. */
const benchOf = (record: RunRecord) =>
  hashTexts({ place: placeKey(record), kernels: record.setup ? '' : record.kernelHash });

/**
 * A key `since TIME BENCH` for each session of a bench at which a point was measured more than once: sessions follow each other, none
 * has a point twice, and they are parted where the pause between two runs is longest.
 */
export function sessionKeys(records: readonly RunRecord[]): string[] {
  const benches = new Map<string, { at: number; point: string }[]>();
  for (const record of records) {
    const bench = benchOf(record);
    const runs = benches.get(bench) ?? [];
    benches.set(bench, runs);
    runs.push({ at: Date.parse(record.startedAt), point: pointKeyOf(record) });
  }
  return [...benches].flatMap(([bench, runs]) => {
    const starts = sessionStarts(runs.sort((a, b) => a.at - b.at));
    return starts.length > 1 ? starts.map((at) => `since ${at} ${bench}`) : [];
  });
}

/** When sessions begin, for runs in the order of time. */
function sessionStarts(runs: readonly { at: number; point: string }[]): number[] {
  const starts = [runs[0].at];
  const latest = new Map<string, number>();
  const pauseBefore = (index: number) => runs[index].at - runs[index - 1].at;
  /** Runs after a pause, longest pause first; those before `head` are over. */
  const pauses: number[] = [];
  let head = 0;
  let first = 0;
  runs.forEach(({ point }, index) => {
    while (pauses.length > head && pauseBefore(pauses[pauses.length - 1]) < pauseBefore(index)) pauses.pop();
    if (index > 0) pauses.push(index);
    const same = latest.get(point) ?? -1;
    latest.set(point, index);
    if (same < first) return;
    while (pauses[head] <= same) head++;
    const begin = pauses[head];
    if (pauseBefore(begin) === 0) return; // nothing tells them apart
    starts.push(runs[begin].at);
    first = begin;
  });
  return starts;
}

/** When the session of a run began, as far as needed to tell it from the others: `2026-01-31 12:00`. */
function sessionLabel(record: RunRecord, varying: readonly string[]): string {
  const sessions = varying.filter((key) => key.startsWith('since ')).map((key) => key.split(' '));
  if (sessions.length === 0) return '';
  const bench = benchOf(record);
  const starts = sessions.flatMap(([, at, of]) => (of === bench ? [Number(at)] : []));
  const own = starts.findLast((at) => at <= Date.parse(record.startedAt));
  if (own === undefined) return '';
  const written = (at: number, length: number) =>
    new Date(at).toISOString().slice(0, length).replace('T', ' ');
  const [minute, second] = ['2026-01-31T12:00', '2026-01-31T12:00:00'].map(({ length }) => length);
  const like = starts.filter((at) => written(at, minute) === written(own, minute));
  return written(own, like.length > 1 ? second : minute);
}

/** The place of a run, and its session, in a few words: `NVIDIA H100 ngl=99`. Empty if none of the keys says anything about it. */
export function placeLabel(record: RunRecord, varying: readonly string[]): string {
  const place = placeOf(record);
  const words = varying
    .filter((key) => !key.startsWith('since '))
    .map((key) => {
      if (key === 'kernels') return record.setup ? '' : `kernels ${record.kernelHash}`;
      const value = place[key] ?? '';
      if (value === '' || WORDS.has(key)) return value;
      return key === 'lab' || key === 'build_commit'
        ? `${SHORT_NAMES[key] ?? key} ${value}`
        : `${SHORT_NAMES[key] ?? key}=${value}`;
    });
  return [...words, sessionLabel(record, varying)].filter((word) => word !== '').join(' ');
}

/** The keys in which places and sessions of these runs differ, besides those that have a column of their own in a table. */
export function setupKeys(records: readonly RunRecord[]): string[] {
  const places = varyingPlaces(records).filter((key) => key !== 'model' && key !== 'adapter');
  return [...places, ...sessionKeys(records)];
}

/** Equal for runs that were made at the same place. */
export const placeKey = (record: RunRecord): string => JSON.stringify(placeOf(record));
