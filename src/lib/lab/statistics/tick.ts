/** The tick of a clock: the unit to which its readings are rounded. */
import { median, quantile } from './descriptive';

/** A difference is a multiple of the tick if it is within this share of the tick. */
const TOLERANCE = 0.1;
/** The smallest difference seen is at most this many ticks. */
const MOST_TICKS = 6;
/** Share of the differences that must be multiples. */
const FITTING = 0.8;
/** With fewer different readings, the smallest difference is returned as it is. */
const FEWEST = 4;

/**
 * The tick of a clock, in the unit of its readings, from readings in the order taken: the largest unit of which at least four
 * in five differences of successive readings are multiples, refined by all of them (browsers round to 5, 65.536 or 100 µs).
 * A clock finer than the time between two readings shows no such unit: then it is the smallest difference, which bounds
 * the tick from above. Repeated readings and steps back are skipped. Undefined if no two readings differ.
 */
export function tickOf(readings: readonly number[]): number | undefined {
  const differences = readings
    .slice(1)
    .map((reading, index) => reading - readings[index])
    .filter((difference) => difference > 0)
    .sort((a, b) => a - b);
  if (differences.length === 0) return undefined;
  // The last bits of the readings may differ, and the smallest difference of all may be a late reading.
  const smallest = median(differences.filter((each) => each <= differences[0] * (1 + TOLERANCE)));
  if (differences.length < FEWEST) return smallest;
  const starts = [smallest, quantile(differences, 0.25)];
  const ticks = starts.flatMap((start) =>
    Array.from({ length: MOST_TICKS }, (_, index) => refine(start / (index + 1), differences)),
  );
  const fitting = ticks.filter((tick) => shareOfMultiples(differences, tick) >= FITTING);
  return fitting.length ? Math.max(...fitting) : smallest;
}

const shareOfMultiples = (differences: readonly number[], tick: number) =>
  differences.filter((each) => isMultiple(each, tick)).length / differences.length;

const isMultiple = (difference: number, tick: number) =>
  Math.abs(difference / tick - Math.round(difference / tick)) <= TOLERANCE;

/** Least squares over the differences from small to large, each counted as the whole number of ticks that it is by then. */
function refine(tick: number, differences: readonly number[]): number {
  let product = 0;
  let squares = 0;
  for (const difference of differences) {
    const count = Math.round(difference / (squares ? product / squares : tick));
    if (count === 0 || !isMultiple(difference, squares ? product / squares : tick)) continue;
    product += difference * count;
    squares += count ** 2;
  }
  return squares ? product / squares : tick;
}
