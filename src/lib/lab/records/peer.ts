/** A run of the lab beside another program on the same model, as plain data, and its CSV. */
import { COLUMNS } from './columns';
import type { PairComparison } from './comparison';
import { formatCsv } from './csv';
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

/**
 * Two rows, the other program's first, in the columns of every CSV of the lab, which begin with llama-bench's. The last columns of
 * the lab's row compare it with the other.
 */
export function besideToCsv({ peer, own, against, prompts, agreeing }: BesidePeer, header = true): string {
  const { verdict, ratio, low, high, values } = against;
  const interval = hasInterval(against) ? [low, high] : ['', ''];
  const versus = [verdict, ratio, ...interval, values.length, agreeing / prompts];
  const rowOf = (record: RunRecord) => COLUMNS.map(({ value }) => value(record));
  const rows = [
    [...rowOf(peer), ...VERSUS.map(() => '')],
    [...rowOf(own), ...versus],
  ];
  return formatCsv(header ? [[...COLUMNS.map(({ name }) => name), ...VERSUS], ...rows] : rows);
}
