// Clocks made up: their ticks, the samples that they need, and a computer that slept.
import { describe, expect, test } from 'vitest';
import { measureTick, repetitionsFor, resumedSince } from '../../src/lib/lab/measure/clock';

/** A clock in milliseconds, read every `apart`, that rounds down to its tick. */
function clock(tick: number, apart: number): () => number {
  let now = 12_345.678;
  return () => {
    now += apart;
    return tick * Math.floor(now / tick);
  };
}

describe('the tick of a clock', () => {
  test.each([
    [0.005, 0.0007],
    [0.065536, 0.0007],
    [0.1, 0.0007],
    [0.1, 0.13],
    [1, 0.0007],
    [16, 0.01],
  ])('of %d ms, read every %d ms', (tick, apart) => {
    expect(measureTick(clock(tick, apart))).toBeCloseTo(tick / 1e3, 9);
  });

  test('finer than a reading takes is the time of a reading', () => {
    expect(measureTick(clock(1e-6, 0.0007))).toBeCloseTo(0.7e-6, 7);
  });

  test('that stands still is 0', () => {
    expect(measureTick(() => 5)).toBe(0);
  });
});

describe('the prefills of a sample', () => {
  test('are one where it lasts 10 ms and 100 ticks', () => {
    expect(repetitionsFor(0.01, 1e-4, 64)).toBe(1);
    expect(repetitionsFor(0.099, 1e-3, 64)).toBe(2);
    expect(repetitionsFor(0.1, 1e-3, 64)).toBe(1);
  });

  test('are as many as that takes and a fifth more', () => {
    expect(repetitionsFor(1e-3, 1e-7, 64)).toBe(12);
    expect(repetitionsFor(1.5e-3, 65.536e-6, 64)).toBe(8);
    expect(repetitionsFor(1e-3, 1e-3, 64)).toBe(120);
  });

  test('are no more than the ids of their prompts have room for', () => {
    expect(repetitionsFor(1e-9, 1e-4, 512)).toBe(Math.floor((2 ** 20 - 1) / 512));
    expect(repetitionsFor(1e-9, 1e-4, 2 ** 20 - 1)).toBe(1);
  });
});

test('a computer that slept is found by the clock that went on, or by the one that was set', () => {
  const from = { wall: 1e12, running: 5000 };
  const after = (wall: number, running: number) =>
    resumedSince(from, { wall: from.wall + wall, running: from.running + running });
  expect(after(60_000, 60_000)).toBe(false);
  expect(after(60_400, 60_000)).toBe(false);
  expect(after(660_000, 60_000)).toBe(true);
  expect(after(58_000, 60_000)).toBe(true);
});
