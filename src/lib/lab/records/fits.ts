/** Fits of chunk sweeps: the speed that ever larger chunks would approach, and the fixed cost of each chunk. */
import { settingsWithout } from '../experiment/settings';
import type { RunRecord } from './record';
import { type ChunkFit, fitChunks, median } from '../statistics/descriptive';

/** The fit of one chunk sweep. */
export interface SeriesFit {
  /** The settings that its runs share. */
  settings: string;
  fit: ChunkFit;
  /** Number of chunk sizes measured. A line always goes through two points, so two do not show how well it fits. */
  points: number;
}

/**
 * Fits every chunk sweep among the records: runs that differ only in their chunk, with at least two sizes. The last,
 * ragged chunk of a prompt counts as its share of a full one. A fit whose fixed cost is below zero is left out: it comes of noise and
 * says nothing.
 */
export function chunkFits(records: readonly RunRecord[]): SeriesFit[] {
  const sweeps = new Map<string, { tokens: number; seconds: number }[]>();
  for (const { settings, chunk, prefill, prefillSeconds } of records) {
    const key = settingsWithout(settings, 'chunk');
    const points = sweeps.get(key) ?? [];
    sweeps.set(key, [...points, { tokens: chunk, seconds: (median(prefillSeconds) * chunk) / prefill }]);
  }
  return [...sweeps].flatMap(([settings, points]) => {
    const fit = fitChunks(points);
    return fit && fit.secondsPerChunk >= 0
      ? [{ settings, fit, points: new Set(points.map(({ tokens }) => tokens)).size }]
      : [];
  });
}
