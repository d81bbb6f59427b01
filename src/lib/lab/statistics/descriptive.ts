/** Statistics of samples: robust estimates, intervals, outliers, and the fit of a chunk sweep. */
import { seeded } from '../../shaders/kernel';

/** An interval that contains the true value with the probability `coverage`. */
export interface Interval {
  low: number;
  high: number;
  /** 0.95, or less when there are too few samples for that. */
  coverage: number;
}

/** Numbers of samples beyond Tukey's fences. */
export interface Outliers {
  /** Beyond 1.5 interquartile ranges but within 3. */
  mild: number;
  /** Beyond 3 interquartile ranges. */
  severe: number;
}

/** With fewer samples the exact interval is used, as the bootstrap's is too narrow. */
const BOOTSTRAP_FROM = 12;
const RESAMPLES = 2000;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which this share (0 to 1) of the values lies, interpolated linearly (Hyndman and Fan's type 7, as in R). */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('A quantile needs at least one value');
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation (n − 1); 0 for a single value, as llama-bench writes it. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** Median absolute deviation × 1.4826. */
export function spread(values: readonly number[]): number {
  const centre = median(values);
  return 1.4826 * median(values.map((value) => Math.abs(value - centre)));
}

/** A 95 % interval of the median: exact below twelve samples, bootstrapped from there on. */
export function medianInterval(values: readonly number[]): Interval {
  return values.length < BOOTSTRAP_FROM ? orderInterval(values) : bootstrapInterval(values);
}

/**
 * The narrowest pair of order statistics that contains the median with the wanted probability (distribution-free: each
 * sample is above the median with probability ½). Fewer than six samples cannot give 95 %: then the interval spans all of
 * them, and its coverage is 1 − 2^(1 − n).
 */
export function orderInterval(values: readonly number[], wanted = 0.95): Interval {
  if (values.length === 0) throw new Error('An interval needs at least one value');
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  let from = 0;
  let tail = 2 ** -count; // P(Binomial(n, ½) ≤ from)
  let term = tail;
  for (let next = 1; next < count - next; next++) {
    term *= (count - next + 1) / next;
    if (1 - 2 * (tail + term) < wanted) break;
    tail += term;
    from = next;
  }
  return { low: sorted[from], high: sorted[count - 1 - from], coverage: Math.max(0, 1 - 2 * tail) };
}

/** Percentile bootstrap of the median; the same samples give the same interval. */
export function bootstrapInterval(
  values: readonly number[],
  wanted = 0.95,
  resamples = RESAMPLES,
  seed = 1,
): Interval {
  if (values.length === 0) throw new Error('An interval needs at least one value');
  const random = seeded(seed);
  const draw = () => values[Math.floor(random() * values.length)];
  const medians = Array.from({ length: resamples }, () => median(Array.from(values, draw)));
  const tail = (1 - wanted) / 2;
  return { low: quantile(medians, tail), high: quantile(medians, 1 - tail), coverage: wanted };
}

/** Samples outside Tukey's fences: counted and shown, never dropped. */
export function outliers(values: readonly number[]): Outliers {
  const [lower, upper] = [quantile(values, 0.25), quantile(values, 0.75)];
  const range = upper - lower;
  const beyond = (fences: number) =>
    values.filter((value) => value < lower - fences * range || value > upper + fences * range).length;
  return { mild: beyond(1.5) - beyond(3), severe: beyond(3) };
}

/** The model t(N) = N / tokensPerSecond + secondsPerChunk, where t is the time of a chunk of N tokens. */
export interface ChunkFit {
  /** R: the speed that ever larger chunks would approach. */
  tokensPerSecond: number;
  /** c: the cost of every chunk, however few tokens it holds. */
  secondsPerChunk: number;
}

/**
 * Least squares fit of a chunk's seconds over its tokens. Undefined when fewer than two sizes were measured, or when
 * larger chunks did not take longer, which no such line describes.
 */
export function fitChunks(points: readonly { tokens: number; seconds: number }[]): ChunkFit | undefined {
  const centre = mean(points.map(({ tokens }) => tokens));
  const middle = mean(points.map(({ seconds }) => seconds));
  let covariance = 0;
  let variance = 0;
  for (const { tokens, seconds } of points) {
    covariance += (tokens - centre) * (seconds - middle);
    variance += (tokens - centre) ** 2;
  }
  if (!(variance > 0 && covariance > 0)) return undefined;
  const slope = covariance / variance;
  return { tokensPerSecond: 1 / slope, secondsPerChunk: middle - slope * centre };
}
