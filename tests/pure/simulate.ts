// Simulated comparisons and series: the machines that mislead a measurement, each with its own kind of disturbance.
import { logRatio } from '../../src/lib/lab/measure/blocks';
import type { Random } from '../../src/lib/shaders/kernel';
import { judgeBlocks, type Verdict } from '../../src/lib/lab/statistics/verdict';

/** A machine to simulate. All effects are logarithms of factors of a sample's time. */
export interface Machine {
  name: string;
  /** Noise of a sample. */
  noise: (normal: () => number, random: Random) => number;
  /** Slower by this much at a share (0 to 1) of the comparison; `turn` is drawn once for each comparison. */
  clock?: (share: number, turn: number) => number;
  /** Every 4th sample is slower by this much. */
  hiccup?: number;
  /** Standard deviation of the effect that a preparation has on all its samples. */
  preparation?: number;
  /** The side that is prepared later is slower by this much. */
  second?: number;
  /** Tick of the clock in seconds; a sample is repeated until it lasts 10 ms and 100 ticks. */
  tick?: number;
}

/** Polar normal numbers from a source of even ones (Marsaglia). */
export function normalFrom(random: Random): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const [x, y] = [2 * random() - 1, 2 * random() - 1];
      const square = x ** 2 + y ** 2;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  };
}

/** Student's t with 2 degrees of freedom, × 1 %: no variance at all, as of a machine with other work. */
export const heavyTails: Machine['noise'] = (normal, random) =>
  (0.01 * normal()) / Math.sqrt(-Math.log(1 - random()));

export const gaussian =
  (deviation: number): Machine['noise'] =>
  (normal) =>
    deviation * normal();

const quiet = gaussian(0.01);

/** One sample of 30 takes eight times as long, as during a garbage collection. */
const pauses: Machine['noise'] = (normal, random) => 0.01 * normal() + (random() < 1 / 30 ? Math.log(8) : 0);

/** The scenarios of the protocol. */
export const MACHINES: Machine[] = [
  { name: 'noise 1 %', noise: quiet },
  { name: 'noise 2 %', noise: gaussian(0.02) },
  { name: 'noise 5 %', noise: gaussian(0.05) },
  { name: 'heavy tails', noise: heavyTails },
  { name: 'pause in one sample of 30', noise: pauses },
  { name: 'clock drifts by 15 %', noise: quiet, clock: (share) => 0.14 * share },
  { name: 'clock steps by 15 %', noise: quiet, clock: (share, turn) => (share > turn ? 0.14 : 0) },
  { name: 'hiccup at every 4th sample', noise: quiet, hiccup: 0.1 },
  { name: 'preparation effect 0.5 %', noise: quiet, preparation: 0.005 },
  { name: 'preparation effect 1 %', noise: quiet, preparation: 0.01 },
  { name: 'preparation effect 2 %', noise: quiet, preparation: 0.02 },
  { name: 'second plan 1.5 % slower', noise: quiet, second: 0.015 },
  { name: 'tick of 65.5 µs', noise: quiet, tick: 65.536e-6 },
  { name: 'tick of 100 µs', noise: quiet, tick: 100e-6 },
];

const SAMPLE_SECONDS = 0.01;
/** Quads after each preparation, the fewest of short samples. */
const QUADS = 2;
/** Samples of a block: two preparations of one untimed sample of either side and the quads. */
const BLOCK_SAMPLES = 2 * (2 + 4 * QUADS);

/**
 * The value of each block of one comparison, ln(first ÷ second): two preparations in opposite orders, the first by coin;
 * in each, one untimed sample of either side, then quads ABBA or BAAB by coin. `effect`: the second is faster by this much.
 */
function simulateBlocks(machine: Machine, effect: number, count: number, random: Random): number[] {
  const normal = normalFrom(random);
  const turn = random();
  const sampleAt = Math.floor(4 * random()); // where in the rhythm of hiccups the comparison begins
  let taken = 0;
  const time = (arm: number) => {
    const share = taken / (BLOCK_SAMPLES * count);
    const hiccup = (taken + sampleAt) % 4 === 0 ? (machine.hiccup ?? 0) : 0;
    taken++;
    const log = arm + hiccup + (machine.clock?.(share, turn) ?? 0) + machine.noise(normal, random);
    return readSeconds(SAMPLE_SECONDS * Math.exp(log), machine.tick ?? 0, random);
  };
  const half = (arms: [first: number, second: number]) => {
    taken += 2; // untimed
    const seconds: [number[], number[]] = [[], []];
    for (let quad = 0; quad < QUADS; quad++)
      for (const arm of random() < 0.5 ? [0, 1, 1, 0] : [1, 0, 0, 1]) seconds[arm].push(time(arms[arm]));
    return seconds;
  };
  return Array.from({ length: count }, () => {
    const firstEarlier = random() < 0.5;
    const halves = [firstEarlier, !firstEarlier].map((earlier) => {
      const later = machine.second ?? 0;
      const own = () => (machine.preparation ?? 0) * normal();
      return half([own() + (earlier ? 0 : later), own() + (earlier ? later : 0) - effect]);
    });
    const [first, second] = [0, 1].map((arm) => halves.flatMap((seconds) => seconds[arm]));
    return logRatio(first, second);
  });
}

/** A duration as a clock reads it: both ends are rounded down to its ticks. */
export function readSeconds(seconds: number, tick: number, random: Random): number {
  if (tick === 0) return seconds;
  const start = random();
  return tick * Math.floor(start + seconds / tick);
}

/** The verdicts of many comparisons of at most `most` blocks, looked at after every block as a running comparison is. */
export function simulateVerdicts(
  machine: Machine,
  effect: number,
  { most = 16, runs, random, floor = 0 }: { most?: number; runs: number; random: Random; floor?: number },
): Record<Verdict, number> {
  const counts = { faster: 0, slower: 0, same: 0, 'cannot tell': 0 };
  for (let run = 0; run < runs; run++) {
    const values = simulateBlocks(machine, effect, most, random);
    let verdict: Verdict = 'cannot tell';
    for (let taken = 8; taken <= most && verdict === 'cannot tell'; taken += 4)
      verdict = judgeBlocks(values.slice(0, taken), { floor }).verdict;
    counts[verdict]++;
  }
  return counts;
}
