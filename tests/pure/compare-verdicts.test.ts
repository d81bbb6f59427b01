// The parts of a comparison, on made-up times: the value of a block, the floor of a machine, and what tuning adopts.
import { describe, expect, test } from 'vitest';
import { logRatio, quadsFor } from '../../src/lib/lab/measure/blocks';
import { floorKey, floorOf, keptStore } from '../../src/lib/lab/measure/floor';
import type { ComparedRun, Comparison } from '../../src/lib/lab/records/comparison';
import { judgeBlocks } from '../../src/lib/lab/statistics/verdict';
import { adopt } from '../../src/lib/lab/tune/adopt';
import { seeded } from '../../src/lib/shaders/kernel';

const ratioOf = (percent: number) => Math.log(1 + percent / 100);

describe('the value of a block', () => {
  test('is above 0 when the second is faster', () => {
    expect(logRatio([2, 2, 2, 2], [1, 1, 1, 1])).toBeCloseTo(Math.log(2));
  });

  test('pauses in up to half of the samples of a side do not move it', () => {
    const steady = Array.from({ length: 8 }, () => 1);
    const paused = steady.map((seconds, at) => (at % 4 > 1 ? 9 : seconds));
    expect(logRatio(steady, paused)).toBe(0);
    expect(logRatio(paused, steady)).toBe(0);
    expect(logRatio([1, 9, 1, 9], [1.02, 1.02, 1.02, 1.02])).toBeCloseTo(-Math.log(1.02), 12);
  });

  test('a clock that slows favours neither side, because each is first as often', () => {
    // A B B A after one preparation, B A A B after the other, 1 % slower with each sample.
    const at = (...turns: number[]) => turns.map((turn) => 1.01 ** turn);
    expect(logRatio(at(0, 3, 5, 6), at(1, 2, 4, 7))).toBeCloseTo(0, 12);
  });
});

test('a budget holds sixteen blocks, unless the fewest quads are too long already', () => {
  // An untimed sample and two of each quad, in both halves, of each side.
  const seconds = (quads: number, sample: number, sides: number) => 2 * sides * (2 * quads + 1) * sample;
  for (const sample of [0.01, 0.015, 0.03, 0.1])
    for (const sides of [2, 3, 8])
      for (const budget of [5, 8, 20, 60]) {
        const quads = quadsFor(sample, sides, budget);
        const fewest = sample < 0.06 ? 2 : 1;
        expect(quads).toBeGreaterThanOrEqual(fewest);
        expect(quads).toBeLessThanOrEqual(5);
        if (quads > fewest) expect(16 * seconds(quads, sample, sides)).toBeLessThanOrEqual(budget);
        if (quads < 5) expect(16 * seconds(quads + 1, sample, sides)).toBeGreaterThan(budget);
      }
});

describe('the floor', () => {
  test('is unknown below 8 values, and the far end of the interval from there on', () => {
    const values = Array.from({ length: 16 }, (_, at) => ratioOf((at - 7.5) / 10));
    expect(floorOf(values.slice(0, 7))).toBeUndefined();
    expect(floorOf(values)).toBeGreaterThan(ratioOf(0.1));
    expect(floorOf(values)).toBeLessThan(ratioOf(0.8));
    expect(floorOf(values.map((value) => value + ratioOf(2)))).toBeGreaterThan(ratioOf(2));
  });

  test('a store that is damaged or absent costs a measurement, and nothing else', async () => {
    const absent = () => Promise.reject(new Error('no database'));
    const store = keptStore(absent, absent);
    expect(await store.read('a')).toEqual([]);
    await store.write('a', [0.1]);
    expect(await store.read('a')).toEqual([0.1]);
    for (const damaged of ['text', [NaN], ['1'], Array.from({ length: 1e4 }, () => 0), { length: 1 }])
      expect(await keptStore(() => Promise.resolve(damaged), absent).read('a')).toEqual([]);
  });

  test('belongs to an adapter, a browser and a length of sample', () => {
    const key = (agent: string, seconds: number) => floorKey('a GPU', agent, seconds);
    expect(key('Mozilla/5.0 Chrome/155.0.0.0 Safari/537.36', 0.004)).toBe('a GPU | Chrome 155 | 4 ms');
    expect(key('Mozilla/5.0 Version/27.0 Safari/605', 0.005)).toBe('a GPU | Safari 27 | 4 ms');
    expect(key('Mozilla/5.0 Firefox/153.0', 0)).toMatch(/Firefox 153/);
    expect(key('Node v24.1.0, linux x64', 1)).toBe('a GPU | Node v24.1.0, linux x64 | 1024 ms');
  });
});

describe('tuning adopts', () => {
  const BLOCKS = 16;
  /** A comparison of a run of 1 s with others that take so many percent longer, with noise of 0.2 %. */
  function compared(percents: number[], floor = 0): Comparison {
    const random = seeded(3);
    const run = (settings: string, percent: number): ComparedRun => ({
      settings,
      tokens: 1,
      sampleSeconds: Array.from(
        { length: 4 * BLOCKS },
        () => (1 + percent / 100) * (1 + 0.004 * (random() - 0.5)),
      ),
      tokensPerSecond: 1,
      kernelHash: '',
    });
    const runs = [0, ...percents].map((percent, at) => run(`chunk=${at}`, percent));
    const against = runs.slice(1).map((each) => {
      const values = Array.from({ length: BLOCKS }, (_, block) =>
        logRatio(
          ...([runs[0], each].map((of) => of.sampleSeconds.slice(4 * block, 4 * block + 4)) as [
            number[],
            number[],
          ]),
        ),
      );
      const { verdict, effect, low, high } = judgeBlocks(values, { floor });
      return { verdict, ratio: Math.exp(effect), low: Math.exp(low), high: Math.exp(high), values, more: 0 };
    });
    const about = { adapter: '', software: false, startedAt: '', agent: '' };
    return { runs, against, blocks: BLOCKS, floor, ...about };
  }

  test('only what is called faster: not the same, not the slower, not what is within the floor', () => {
    expect(adopt(compared([0, 3]))).toMatchObject({ settings: 'chunk=0', before: 'chunk=0' });
    expect(adopt(compared([0, 3])).comparison?.verdict).toBe('same');
    expect(adopt(compared([-0.3])).settings).toBe('chunk=0');
    expect(adopt(compared([-3], 0.05)).settings).toBe('chunk=0');
    expect(adopt(compared([-3])).settings).toBe('chunk=1');
  });

  test('the fastest of several, with its own interval', () => {
    const found = adopt(compared([-3, -6, -5]));
    expect(found.settings).toBe('chunk=2');
    expect(found.comparison?.low).toBeGreaterThan(1.05);
    expect(found.candidates).toHaveLength(3);
  });

  test('settings for single shapes only if they are faster than the same without them', () => {
    expect(adopt(compared([-4, -4.2]), 'chunk=2').settings).toBe('chunk=1');
    expect(adopt(compared([-4, -7]), 'chunk=2').settings).toBe('chunk=2');
    expect(adopt(compared([0, -4]), 'chunk=2').settings).toBe('chunk=2');
  });

  test('the others where one was left out, which is told; nothing where all were', () => {
    const leftOut = [{ settings: 'chunk=9', reason: 'wrong' }];
    const found = adopt({ ...compared([-3, -6]), leftOut }, 'chunk=9');
    expect([found.settings, found.leftOut]).toEqual(['chunk=2', leftOut]);
    const none = adopt({ ...compared([]), leftOut });
    expect([none.settings, none.comparison, none.leftOut]).toEqual(['chunk=0', undefined, leftOut]);
  });
});
