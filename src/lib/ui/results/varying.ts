/** The settings and circumstances that tell runs apart, and the labels of runs that follow from them. */
import { knobOf, ownerOf } from '../../lab/experiment/settings';
import { coordinates, placeLabel, sessionKeys, varyingPlaces } from '../../lab/records/identity';
import type { RunRecord } from '../../lab/records/record';
import { familyOf } from '../../shaders/formats/formats';

/** The chunk of a record that was cut to the prompt by one larger chunk, which all of them have, does not count as a difference. */
const cutToPrompt = (records: readonly RunRecord[]): boolean => {
  const largest = Math.max(...records.map(({ chunk }) => chunk));
  return records.every(({ chunk, prefill }) => chunk === Math.min(prefill, largest));
};

/**
 * The keys in which these records differ, and in which the places and sessions differ where they were measured. `ghosts` count for
 * the former, and do not set builds apart: what an edit of a shader changed is shown as a change.
 */
export function varyingKeys(own: readonly RunRecord[], ghosts: readonly RunRecord[] = []): string[] {
  const places = varyingPlaces(own).filter((key) => key !== 'model');
  return [...varyingSettings([...own, ...ghosts]), ...places, ...sessionKeys(own)];
}

function varyingSettings(records: readonly RunRecord[]): string[] {
  const values = new Map<string, Set<string | number>>();
  const varying = new Map<string, boolean>(); // in the order of `coordinates`
  for (const record of records)
    for (const [key, value] of Object.entries(coordinates(record))) {
      // A knob varies only within one variant: the defaults of another variant follow from that variant's name.
      const variant = key.includes('.') ? record.variants[key.slice(0, key.lastIndexOf('.'))]?.name : '';
      const found = values.get(`${key} ${variant}`) ?? new Set();
      values.set(`${key} ${variant}`, found.add(value));
      varying.set(key, varying.get(key) || found.size > 1);
    }
  const cut = cutToPrompt(records);
  const found = [...varying].flatMap(([key, varies]) => (varies && !(cut && key === 'chunk') ? [key] : []));
  return found.filter((key) => !followsAnother(key, found, records));
}

/**
 * True for a kernel whose variant follows from that of another of its family, which `matmul=tiled` sets together: it tells no
 * records apart that the other does not. Of two that follow from each other, the first stays.
 */
function followsAnother(key: string, varying: readonly string[], records: readonly RunRecord[]): boolean {
  const nameIn = (kernel: string, { variants }: RunRecord) => variants[kernel]?.name ?? '';
  const follows = (own: string, other: string) => {
    const pairs = new Set(records.map((record) => `${nameIn(other, record)} ${nameIn(own, record)}`));
    return pairs.size === new Set(records.map((record) => nameIn(other, record))).size;
  };
  return varying.some(
    (other, at) =>
      other !== key &&
      records.some(({ variants }) => Object.hasOwn(variants, key)) &&
      familyOf(other) === familyOf(key) &&
      follows(key, other) &&
      (at < varying.indexOf(key) || !follows(other, key)),
  );
}

/**
 * Label of a record: its GPU, then its settings that vary, except the axis, such as `tiled tile_k=16`. Knobs stand behind the name of
 * their kernel, or of its variant where only that varies. Empty if nothing varies.
 */
export function labelOf(record: RunRecord, varying: string[], axis?: string): string {
  const place = coordinates(record);
  const kernels = varying.filter((key) => key in record.variants);
  const where = placeLabel(
    record,
    varying.filter((key) => key !== 'adapter' && !(key in place) && !key.includes('.')),
  );
  const words = new Map<string, string[]>();
  for (const key of varying) {
    if (key === axis || place[key] === undefined) continue;
    const value = String(place[key]);
    const [owner, knob] = [ownerOf(key), knobOf(key)];
    const begun = words.get(owner) ?? (kernels.includes(owner) || !knob ? [] : [owner]);
    const bare = key === 'model' || (kernels.length === 1 && kernels[0] === key);
    if (knob) words.set(owner, [...begun, `${knob}=${value}`]);
    else words.set(owner, [bare ? value : `${key}=${value}`, ...begun]);
  }
  const gpu = varying.includes('adapter') ? record.adapter : '';
  return [gpu, ...[...words.values()].flat(), where].filter((word) => word !== '').join(' ');
}
