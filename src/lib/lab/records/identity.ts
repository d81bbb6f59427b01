/** Where a run was made: the machine, the program, and the settings of another program. Runs that differ here never share a line. */
import { browserOf } from './agent';
import type { RunRecord } from './record';

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

/** What tells places apart, best known first: of several keys that say the same, the first is shown. */
function placeOf({ model, adapter, agent, labVersion, setup }: RunRecord): Record<string, string> {
  if (!setup) return { model, adapter, browser: browserOf(agent), lab: labVersion ?? '0.1' };
  const { backends = '', build_commit = '', ...others } = setup;
  return { model, adapter, browser: agent.split(',')[0], backends, build_commit, ...others };
}

/**
 * The keys in which the places of these runs differ, without those that say nothing more: a CPU that always comes with the same
 * GPU. `build` is among them if runs that are otherwise at the same point ran other kernels; `point` names a run's point.
 */
export function varyingPlaces(records: readonly RunRecord[], point: (record: RunRecord) => string): string[] {
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
    const at = `${groups[index]} ${point(record)}`;
    const before = hashes.get(at) ?? record.kernelHash;
    hashes.set(at, before);
    return before !== record.kernelHash;
  });
  return rebuilt ? [...varying, 'kernels'] : varying;
}

/** The place of a run in a few words: `NVIDIA H100 ngl=99`. Empty if none of the keys says anything about it. */
export function placeLabel(record: RunRecord, varying: readonly string[]): string {
  const place = placeOf(record);
  return varying
    .map((key) => {
      if (key === 'kernels') return record.setup ? '' : `kernels ${record.kernelHash}`;
      const value = place[key] ?? '';
      if (value === '' || WORDS.has(key)) return value;
      return key === 'lab' || key === 'build_commit'
        ? `${SHORT_NAMES[key] ?? key} ${value}`
        : `${SHORT_NAMES[key] ?? key}=${value}`;
    })
    .filter((word) => word !== '')
    .join(' ');
}

/** The keys in which the places of these runs differ, besides those that have a column of their own in a table. */
export const setupKeys = (records: readonly RunRecord[]): string[] =>
  varyingPlaces(records, ({ settings }) => settings).filter((key) => key !== 'model' && key !== 'adapter');

/** Equal for runs that were made at the same place. */
export const placeKey = (record: RunRecord): string => JSON.stringify(placeOf(record));
