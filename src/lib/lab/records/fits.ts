/** The fit of chunk sweeps: what ever larger chunks would reach, and what each chunk costs. */
import type { RunRecord } from './record';
import { type ChunkFit, fitChunks, median } from './statistics';

/** What the runs of a chunk sweep say of any other chunk. */
export interface SeriesFit {
  /** The settings that they share. */
  settings: string;
  fit: ChunkFit;
  /** Sizes of chunks that were measured. With two, a line goes through both whatever they are. */
  points: number;
}

/**
 * The fit of every chunk sweep among the records: runs that differ in their chunk alone, of two sizes at least. The last,
 * ragged chunk of a prompt counts as its share of a full one.
 */
export function chunkFits(records: readonly RunRecord[]): SeriesFit[] {
  const sweeps = new Map<string, { tokens: number; seconds: number }[]>();
  for (const { settings, chunk, prefill, prefillSeconds } of records) {
    const others = settings.split('&').filter((setting) => !setting.startsWith('chunk='));
    const key = others.join('&');
    const points = sweeps.get(key) ?? [];
    sweeps.set(key, [...points, { tokens: chunk, seconds: (median(prefillSeconds) * chunk) / prefill }]);
  }
  return [...sweeps].flatMap(([settings, points]) => {
    const fit = fitChunks(points);
    return fit ? [{ settings, fit, points: new Set(points.map(({ tokens }) => tokens)).size }] : [];
  });
}
