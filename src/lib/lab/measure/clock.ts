/** The clocks that measure: their ticks, how long a sample must be for them, and whether the computer slept meanwhile. */
import { MOST_TOKENS } from '../../engine/limits';
import { tickOf } from '../statistics/tick';

/** A sample lasts at least this many ticks, so that the clock's rounding is at most 1 % of it, and this many seconds. */
export const SAMPLE_TICKS = 100;
const SAMPLE_SECONDS = 0.01;

/** Changes of the clock's reading to wait for, and the fewest that will do after LONGEST_SECONDS. */
const CHANGES = 50;
const FEWEST_CHANGES = 5;
const LONGEST_SECONDS = 0.05;
const MOST_READINGS = 1e7;

/**
 * The tick of a clock in seconds, from readings in milliseconds: browsers round performance.now() to 5 µs, 100 µs or 1 ms. A
 * clock finer than a reading takes has that time as its tick. Reads until the clock has changed 50 times, or 5 times in 50
 * ms. 0 if it stands still.
 */
export function measureTick(now: () => number): number {
  const readings = [now()];
  for (let taken = 0; taken < MOST_READINGS && readings.length <= CHANGES; taken++) {
    const reading = now();
    if (reading !== readings[readings.length - 1]) readings.push(reading);
    if (readings.length > FEWEST_CHANGES && reading - readings[0] > 1e3 * LONGEST_SECONDS) break;
  }
  return (tickOf(readings) ?? 0) / 1e3;
}

let tick: number | undefined;

/** The tick of performance.now() in seconds, measured at the first call (in a few milliseconds). */
export const clockTick = (): number => (tick ??= measureTick(() => performance.now()));

/**
 * How many prefills a sample needs to last SAMPLE_TICKS ticks and 10 ms, if one takes `seconds`: a fifth more than that, as the
 * GPU may become faster. At least 1, and no more prompts of `tokens` tokens than a model's list of ids holds. `tick` in
 * seconds.
 */
export function repetitionsFor(seconds: number, tick: number, tokens: number): number {
  const wanted = Math.max(SAMPLE_SECONDS, SAMPLE_TICKS * tick);
  if (seconds >= wanted) return 1;
  const most = Math.max(1, Math.floor((MOST_TOKENS - 1) / tokens));
  return Math.min(most, Math.ceil((1.2 * wanted) / Math.max(seconds, 1e-6)));
}

/** Two clocks, in milliseconds: one that counts the seconds of a sleeping computer, and one that may not. */
export interface ClockReading {
  wall: number;
  running: number;
}

export const readClocks = (): ClockReading => ({ wall: Date.now(), running: performance.now() });

/** Larger disagreement of the two clocks, in seconds, than corrections of the time of day cause. */
const SLEPT_SECONDS = 1;

/** True when Date.now() and performance.now() disagree by over a second about the time since `from`: the computer slept. */
export function resumedSince(from: ClockReading, to = readClocks()): boolean {
  return Math.abs(to.wall - from.wall - (to.running - from.running)) > 1e3 * SLEPT_SECONDS;
}
