// The tick of made-up clocks.
import { describe, expect, test } from 'vitest';
import { tickOf } from '../../src/lib/lab/statistics/tick';
import { seeded } from '../../src/lib/shaders/kernel';

/** Readings of a clock that rounds down to `tick`, taken at random intervals of at most `apart`, in the same unit. */
function readings(tick: number, apart: number, count = 60): number[] {
  const random = seeded(9);
  let now = 1e6 * random();
  return Array.from({ length: count }, () => {
    now += apart * random();
    return tick * Math.floor(now / tick);
  });
}

describe('the tick', () => {
  test.each([
    ['a clock of 65.536 µs, read often', 65.536, 5],
    ['a clock of 65.536 µs, read every few ticks', 65.536, 300],
    ['a clock of 100 µs', 100, 40],
    ['a clock of 100 µs, read every few ticks', 100, 900],
    ['a clock of 5 µs', 5, 1],
    ['a clock of 1 ms', 1000, 30],
  ])('of %s', (_, tick, apart) => {
    expect(tickOf(readings(tick, apart, 400))).toBeCloseTo(tick, 6);
  });

  test('where the smallest difference is several ticks', () => {
    expect(tickOf([0, 200, 500, 700, 1000, 1500, 1800])).toBeCloseTo(100, 9);
  });

  test('whatever the last bits of the readings are', () => {
    const blurred = readings(0.1, 0.3, 200).map((each, index) => each + 1e-7 * (index % 3));
    expect(
      tickOf(blurred.filter((each, index) => index === 0 || each - blurred[index - 1] > 0.01)),
    ).toBeCloseTo(0.1, 4);
  });

  test('of one late reading among many: it is left out', () => {
    expect(tickOf([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1137, 1200])).toBeCloseTo(100, 0);
  });

  test('of a clock that is finer than the time between its readings is no more than that', () => {
    const fine = readings(1e-6, 1, 400);
    const smallest = Math.min(...fine.slice(1).map((each, index) => each - fine[index]));
    expect(tickOf(fine)).toBeLessThanOrEqual(smallest * 1.1);
  });

  test('of a clock that stood still, stepped back or ticked once', () => {
    expect(tickOf([])).toBeUndefined();
    expect(tickOf([5, 5, 5, 4])).toBeUndefined();
    expect(tickOf([5, 5, 5.1])).toBeCloseTo(0.1, 12);
  });
});
