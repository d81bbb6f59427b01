/**
 * Published figures, drawn in the chart beside the user's own: `reference=phase-2` loads static/reference/phase-2.csv.
 */
import { asset } from '$app/paths';
import { parseCsv } from '../../lab/records/csv';

export interface ReferencePoint {
  series: string;
  /** Name of the setting on the x axis. */
  key: string;
  x: number;
  tokensPerSecond: number;
  note: string;
}

const loaded = new Map<string, Promise<ReferencePoint[]>>();

/** Loads a file of published figures once. Rejects with an Error that says what is missing or unreadable. */
export function loadReference(name: string): Promise<ReferencePoint[]> {
  const known = loaded.get(name) ?? load(name);
  loaded.set(name, known);
  known.catch(() => loaded.delete(name)); // allows a retry, for example after a network failure
  return known;
}

async function load(name: string): Promise<ReferencePoint[]> {
  const response = await fetch(asset(`/reference/${encodeURIComponent(name)}.csv`));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
  return readReference(await response.text());
}

/** Reads a CSV of published figures. Throws an Error that names the first row without an x or a speed. */
export function readReference(csv: string): ReferencePoint[] {
  return parseCsv(csv).map((row, index) => {
    const [x, tokensPerSecond] = [row.x, row.tokens_per_second].map(Number);
    if (!row.series || !row.x_key || !(x > 0) || !(tokensPerSecond > 0))
      throw new Error(
        `row ${index + 1} needs series, x_key, x and tokens_per_second; it has ${JSON.stringify(row).slice(0, 120)}`,
      );
    return { series: row.series, key: row.x_key, x, tokensPerSecond, note: row.note ?? '' };
  });
}
