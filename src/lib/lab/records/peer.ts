/** A run of the lab beside another program on the same model, as plain data, and its CSV. */
import { COLUMNS } from './columns';
import type { PairComparison } from './comparison';
import { type Cell, formatCsv } from './csv';
import { LLAMA_BENCH } from './llamaBench';
import type { RunRecord } from './record';

export interface BesidePeer {
  /** The other program's run. */
  peer: RunRecord;
  own: RunRecord;
  /** The lab against the other program: a ratio of 2 means that the lab takes half its time. */
  against: PairComparison;
  /** Prompts that both were given after the timing, and those to which both gave the same next token. */
  prompts: number;
  agreeing: number;
}

/** With fewer blocks, no interval of signed ranks holds 95 %: even that of all five would be 1 − 2/2⁵. */
const FEWEST_BLOCKS = 6;

/** True if `low` and `high` of a comparison hold the ratio with 95 %. */
export const hasInterval = ({ values }: Pick<PairComparison, 'values'>) => values.length >= FEWEST_BLOCKS;

const VERSUS = ['x_vs_verdict', 'x_vs_ratio', 'x_vs_low', 'x_vs_high', 'x_vs_blocks', 'x_vs_same_token'];

/** Columns of llama-bench that say what a row measured, and not on what and with what. */
const MEASURED = /^(build_number|model_size|model_n_params|test_time|avg_ns|stddev_ns|avg_ts|stddev_ts)$/;
const SETUP = new Set(LLAMA_BENCH.map(({ name }) => name).filter((name) => !MEASURED.test(name)));

/**
 * Cells of llama-bench's columns as both rows have them. compare-llama-bench.py compares two builds where all else is equal, so each row says
 * what both ran on, `AMD EPYC | NVIDIA H200`, with the other program's numbers, and builds are as long as the shorter. What a row is itself is in columns of the lab.
 */
function shared(name: string, own: Cell, other: Cell, peerFirst: readonly [Cell, Cell]): Cell {
  if (!SETUP.has(name)) return own;
  if (name === 'build_commit') return String(own).slice(0, String(other).length);
  const told = [...new Set(peerFirst.map((cell) => String(cell ?? '')).filter((text) => text !== ''))];
  return told.every((text) => /^\d+$/.test(text)) ? told[0] : told.join(' | '); // a column of numbers takes no words
}

/**
 * Two rows, the other program's first, in the columns of every CSV of the lab, which begin with llama-bench's. The last columns of
 * the lab's row compare it with the other.
 */
export function besideToCsv({ peer, own, against, prompts, agreeing }: BesidePeer, header = true): string {
  const { verdict, ratio, low, high, values } = against;
  const interval = hasInterval(against) ? [low, high] : ['', ''];
  const versus = [verdict, ratio, ...interval, values.length, agreeing / prompts];
  const rowOf = (record: RunRecord, other: RunRecord) =>
    COLUMNS.map(({ name, value }) => shared(name, value(record), value(other), [value(peer), value(own)]));
  const rows = [
    [...rowOf(peer, own), ...VERSUS.map(() => '')],
    [...rowOf(own, peer), ...versus],
  ];
  return formatCsv(header ? [[...COLUMNS.map(({ name }) => name), ...VERSUS], ...rows] : rows);
}
