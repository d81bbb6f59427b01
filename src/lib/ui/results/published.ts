/** Figures that others published, drawn beside one's own: `reference=phase-2` is static/reference/phase-2.csv. */
import { asset } from '$app/paths';
import { parseCsv } from '../../lab/records/csv';

export interface ReferencePoint {
  series: string;
  /** The setting along the axis. */
  key: string;
  x: number;
  tokensPerSecond: number;
  note: string;
}

const loaded = new Map<string, Promise<ReferencePoint[]>>();

/** Rejects with an Error that says what is missing or cannot be read. */
export function loadReference(name: string): Promise<ReferencePoint[]> {
  const known = loaded.get(name) ?? load(name);
  loaded.set(name, known);
  known.catch(() => loaded.delete(name)); // perhaps there is a network next time
  return known;
}

async function load(name: string): Promise<ReferencePoint[]> {
  const response = await fetch(asset(`/reference/${encodeURIComponent(name)}.csv`));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
  return readReference(await response.text());
}

/** The figures of a CSV. Throws an Error that names the first row without a place or a speed. */
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
