// Warnings of a run, on constructed samples: each warning on both sides of its limit.
import { describe, expect, test } from 'vitest';
import { warningsOf } from '../../src/lib/lab/measure/measure';
import { WARNINGS } from '../../src/lib/lab/records/record';

/** Samples without any warning: six of 100 ms within 1 %, one warm-up, on a real GPU in a visible tab. */
const SOUND = {
  prefillSeconds: [0.1, 0.1005, 0.0995, 0.1, 0.1005, 0.0995],
  warmupSeconds: [0.2],
  software: false,
};

const warnings = (others: Partial<typeof SOUND> = {}, hidden = false) =>
  warningsOf({ ...SOUND, ...others }, hidden);

test('sound samples are warned of nothing', () => {
  expect(warnings()).toEqual([]);
});

describe('few', () => {
  test.each([
    [1, ['few']],
    [4, ['few']],
    [5, []],
    [6, []],
  ])('%i samples: %j', (count, expected) => {
    expect(warnings({ prefillSeconds: SOUND.prefillSeconds.slice(0, count) })).toEqual(expected);
  });
});

describe('spread', () => {
  test('samples further apart than 5 % of the median', () => {
    expect(warnings({ prefillSeconds: [0.1, 0.108, 0.108, 0.108, 0.1, 0.1] })).toEqual(['spread']);
    expect(warnings({ prefillSeconds: [0.1, 0.102, 0.102, 0.102, 0.1, 0.1] })).toEqual([]);
  });

  test('is of the samples’ size, not of seconds', () => {
    const slow = [0.1, 0.108, 0.108, 0.108, 0.1, 0.1].map((seconds) => 50 * seconds);
    expect(warnings({ prefillSeconds: slow })).toEqual(['spread']);
  });
});

describe('short', () => {
  test('a median below 5 ms', () => {
    const scaled = (factor: number) => SOUND.prefillSeconds.map((seconds) => factor * seconds);
    expect(warnings({ prefillSeconds: scaled(0.049) })).toEqual(['short']);
    expect(warnings({ prefillSeconds: scaled(0.051) })).toEqual([]);
  });
});

describe('cold', () => {
  test('no warm-up, however short the one that there is', () => {
    expect(warnings({ warmupSeconds: [] })).toEqual(['cold']);
    expect(warnings({ warmupSeconds: [1e-6] })).toEqual([]);
  });
});

describe('drift', () => {
  const halves = (first: number, second: number, size = 4) => [
    ...Array<number>(size).fill(first),
    ...Array<number>(size).fill(second),
  ];

  test('a second half slower by more than 5 %, as on a GPU that heats up', () => {
    expect(warnings({ prefillSeconds: halves(0.1, 0.106) })).toContain('drift');
    expect(warnings({ prefillSeconds: halves(0.1, 0.104) })).not.toContain('drift');
  });

  test('is no matter of samples that become faster', () => {
    expect(warnings({ prefillSeconds: halves(0.106, 0.1) })).not.toContain('drift');
  });

  test('is not told of by fewer than three samples a half', () => {
    expect(warnings({ prefillSeconds: halves(0.1, 0.2, 2) })).not.toContain('drift');
    expect(warnings({ prefillSeconds: halves(0.1, 0.2, 3) })).toContain('drift');
  });

  test('is of the halves’ medians: one slow sample at the end is none', () => {
    expect(warnings({ prefillSeconds: [...SOUND.prefillSeconds, 0.5] })).not.toContain('drift');
  });

  test('leaves out the middle of an odd number', () => {
    expect(warnings({ prefillSeconds: [0.1, 0.1, 0.1, 9, 0.1, 0.1, 0.1] })).not.toContain('drift');
  });
});

test('software and hidden are passed on', () => {
  expect(warnings({ software: true })).toEqual(['software']);
  expect(warnings({}, true)).toEqual(['hidden']);
});

test('several at once, in the order in which they are explained', () => {
  const found = warnings({ prefillSeconds: [1e-3, 2e-3], warmupSeconds: [], software: true }, true);
  expect(found).toEqual(['software', 'hidden', 'few', 'spread', 'short', 'cold']);
  const order = Object.keys(WARNINGS);
  expect(found.map((warning) => order.indexOf(warning))).toEqual([0, 1, 2, 3, 4, 5]);
});
