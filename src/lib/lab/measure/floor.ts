/**
 * The A/A floor: how far apart identical settings were found on this machine, by adapter, browser and length of a sample. A
 * comparison calls nothing faster that lies within it.
 */
import { browserOf } from '../records/agent';
import { centreInterval, MOST_VALUES } from '../statistics/signedRank';
import { LOOKS } from '../statistics/verdict';

/** Keeps the log-ratios of blocks with identical settings between comparisons, the latest last. */
export interface FloorStore {
  read(key: string): Promise<number[]>;
  write(key: string, values: number[]): Promise<void>;
}

/** A store that lasts as long as the process. */
export function memoryStore(): FloorStore {
  const known = new Map<string, number[]>();
  return {
    read: (key) => Promise.resolve(known.get(key) ?? []),
    write: (key, values) => Promise.resolve(void known.set(key, values)),
  };
}

/** A store that keeps values with `read` and `write`; what cannot be read or is damaged is forgotten, and costs a measurement. */
export function keptStore(read: (key: string) => Promise<unknown>, write: FloorStore['write']): FloorStore {
  const known = memoryStore();
  return {
    async read(key) {
      const own = await known.read(key);
      if (own.length) return own;
      const stored = await read(key).catch(() => undefined);
      const sound = Array.isArray(stored) && stored.length <= MOST_VALUES && stored.every(Number.isFinite);
      return sound ? (stored as number[]) : [];
    },
    async write(key, values) {
      await known.write(key, values);
      await write(key, values).catch(() => undefined);
    },
  };
}

/** Blocks of identical settings that are enough: a comparison then measures no more of its own. */
export const ENOUGH_VALUES = 16;

/** Level of the floor's interval: that of a comparison's first looks. */
const LEVEL = LOOKS[0].alpha;

/** `Nvidia H100 | Chrome 155 | 4 ms`: samples of similar length have a floor in common, in powers of two of a millisecond. */
export function floorKey(adapter: string, agent: string, sampleSeconds: number): string {
  const length = 2 ** Math.round(Math.log2(Math.max(sampleSeconds, 1e-6) / 1e-3));
  return [adapter, browserOf(agent), `${length} ms`].join(' | ');
}

/** The floor as a log-ratio of 0 or more: the far end of the interval of the A/A effect. Undefined below 8 values. */
export function floorOf(values: readonly number[]): number | undefined {
  if (values.length < LOOKS[0].values) return undefined;
  const { low, high } = centreInterval(values.slice(-MOST_VALUES), LEVEL);
  return Math.max(-low, high, 0);
}
