/** Fits of chunk sweeps: the speed that ever larger chunks would approach, and the fixed cost of each chunk. */
import { settingsWithout } from '../experiment/settings';
import { placeKey, placeLabel, setupKeys } from './identity';
import type { RunRecord } from './record';
import { type ChunkFit, fitChunks, median } from '../statistics/descriptive';

/** The fit of one chunk sweep. */
export interface SeriesFit {
  /** The settings that its runs share. */
  settings: string;
  fit: ChunkFit;
  /** The runs that it was made of. */
  runs: RunRecord[];
  /** Number of chunk sizes measured. A line always goes through two points, so two do not show how well it fits. */
  points: number;
}

/**
 * Fits every chunk sweep among the records: runs of one session that differ only in their chunk, with at least two sizes. The last,
 * ragged chunk of a prompt counts as its share of a full one. A fit whose fixed cost is below zero is left out: it comes of noise and
 * says nothing.
 */
export function chunkFits(records: readonly RunRecord[]): SeriesFit[] {
  interface Sweep {
    settings: string;
    runs: RunRecord[];
    points: { tokens: number; seconds: number }[];
  }
  const sweeps = new Map<string, Sweep>();
  const varying = setupKeys(records);
  for (const record of records) {
    const { chunk, prefill, prefillSeconds } = record;
    const settings = settingsWithout(record.settings, 'chunk');
    const key = [settings, placeKey(record), placeLabel(record, varying)].join('\n');
    const sweep = sweeps.get(key) ?? { settings, runs: [], points: [] };
    sweep.runs.push(record);
    sweep.points.push({ tokens: chunk, seconds: (median(prefillSeconds) * chunk) / prefill });
    sweeps.set(key, sweep);
  }
  return [...sweeps.values()].flatMap(({ settings, runs, points }) => {
    const fit = fitChunks(points);
    return fit && fit.secondsPerChunk >= 0
      ? [{ settings, fit, runs, points: new Set(points.map(({ tokens }) => tokens)).size }]
      : [];
  });
}
