/** The results of a comparison, as plain data, and their CSV. */
import type { Verdict } from '../statistics/verdict';
import { formatCsv } from './csv';
import type { Checks, Warning } from './record';

/** A run compared with the first. Times are those of whole samples: prefill plus decoding, if any. */
export interface PairComparison {
  verdict: Verdict;
  /** First time ÷ second time, the Hodges-Lehmann estimate: 1.1 means 10 % faster. */
  ratio: number;
  /** Bounds of the ratio's interval. Over all looks of a comparison they hold the true ratio in at least 95 %. */
  low: number;
  high: number;
  /** ln(first ÷ second) of each block. */
  values: number[];
  /** How many more blocks would settle it: 0 with a verdict, undefined if even the most blocks would not. */
  more?: number | undefined;
  /** The variants that state an error above 1e-3, for which there is no verdict. */
  inexact?: boolean;
}

/** One of several compared runs. */
export interface ComparedRun {
  /** Settings that reproduce the run. */
  settings: string;
  /** Tokens of one sample: prompt and decoded. */
  tokens: number;
  /** Wall seconds of prefill plus decoding, the same number of samples for each block. */
  sampleSeconds: number[];
  tokensPerSecond: number;
  kernelHash: string;
  /** The checks of this run; undefined in comparisons of version 0.2 and older. */
  checks?: Checks;
}

/** A run that was refused while others were compared. Plain data. */
export interface LeftOut {
  settings: string;
  /** The message of the check that refused it. */
  reason: string;
}

/** The result of a compare cell. Plain data. */
export interface Comparison {
  /** The first run is the baseline of the others. */
  runs: ComparedRun[];
  /** Runs that were refused, before or after their timing; only where a comparison goes on without them (tune). */
  leftOut?: LeftOut[];
  /** Each run after the first, compared with the first. */
  against: PairComparison[];
  /** How far apart identical settings were found on this machine, as a log-ratio; undefined if that is not known yet. */
  floor?: number;
  /** ln(first ÷ first) of each block in which the first run was also compared with itself. */
  control?: number[];
  /** Number of blocks; a run whose verdict came earlier was judged by the first of them. */
  blocks?: number;
  /** Prefills of each sample. */
  repetitions?: number;
  /** Seed of the orders and the prompts. */
  seed?: number;
  /** Seconds of the sentinel's fixed work before each block; none on a CPU that emulates a GPU. */
  sentinelSeconds?: number[];
  warnings?: Warning[];
  adapter: string;
  software: boolean;
  /** ISO 8601, UTC. */
  startedAt: string;
  agent: string;
  /** Absent in comparisons of version 0.2 and older. */
  labVersion?: string;
}

/** The smallest difference that a comparison's budget finds, told while it runs. */
export interface ComparisonPlan {
  /** Blocks that fit into the budget. */
  blocks: number;
  /** Smallest ratio, above 1, that so many blocks tell from 1 in 9 of 10 comparisons; undefined if they are too few. */
  findable: number | undefined;
}

const COLUMNS = ['settings', 'tokens', 'tokens_per_second', 'verdict', 'ratio', 'low', 'high', 'blocks'];

/** CSV with one row per run; verdict, ratio and interval compare it with the first run, whose own are empty. */
export function comparisonToCsv({ runs, against }: Comparison): string {
  const lines = runs.map(({ settings, tokens, tokensPerSecond }, index) => {
    const { verdict, ratio, low, high, values } = against[index - 1] ?? {};
    const figures = [ratio, low, high].map((value) => value?.toPrecision(4));
    return [settings, tokens, tokensPerSecond.toPrecision(4), verdict, ...figures, values?.length];
  });
  return formatCsv([COLUMNS, ...lines]);
}
