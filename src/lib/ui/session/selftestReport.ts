/** The self-test's report: Markdown for an issue, always English. What failed comes first, and what passed is folded. */
import type { CheatResult, CheckResult, Clocks, TrialResult } from '../../lab/shader/selftest';
import type { AdapterDescription } from '../../lab/cells/events';
import { LAB_VERSION } from '../../lab/version';

interface Tested {
  adapter: AdapterDescription | undefined;
  counts: Record<CheckResult['outcome'], number>;
  sorted: CheckResult[];
  cheats: CheatResult[];
  trials: TrialResult[];
  clocks: Clocks | undefined;
  problem: string | undefined;
  startedAt: string | undefined;
  total: number;
}

/** Formats a normalised mean squared error; 0 is shown as exact. */
export const showError = (error = NaN) => (error === 0 ? 'exact' : error.toExponential(1));

/** Formats seconds in microseconds. */
export const showMicroseconds = (seconds: number) => `${Number((1e6 * seconds).toPrecision(3))} µs`;

/** The clocks in one line: their ticks, and whether the GPU's timestamps can be believed. */
function describeClocks({ tick, timestamps }: Clocks): string {
  const own = `ticks of ${showMicroseconds(tick)}`;
  if (!timestamps) return `${own}; no timestamps of the GPU`;
  const { tick: gpuTick, doubled, ofWall, sound } = timestamps;
  const ticks = gpuTick === undefined ? 'stand still' : `ticks of ${showMicroseconds(gpuTick)}`;
  const test = `twice the work takes ${doubled.toFixed(2)} times as long, ${ofWall.toFixed(2)} of the wall time`;
  return `${own}; timestamps: ${ticks}, ${test}: ${sound ? 'sound' : 'not to be believed'}`;
}

/** Text that stays within a cell of a table, whatever a driver writes into its messages. */
const cell = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\\|<>`*_[\]]/g, '\\$&')
    .trim();

function table(heads: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), `|${' --- |'.repeat(heads.length)}`, ...rows.map(line)].join('\n');
}

const folded = (title: string, text: string) =>
  `<details><summary>${title}</summary>\n\n${text}\n\n</details>`;

const rowOf = ({ kernel, variant, knobs, error, reason }: CheckResult) => [
  [`${kernel}/${variant}`, knobs].filter(Boolean).join(' '),
  reason ?? showError(error),
];

/** A table for each outcome that occurs; those that need no attention are folded. */
function tables(title: string, heads: string[], rows: { outcome: string; cells: string[] }[]): string[] {
  return ['failed', 'skipped', 'passed'].flatMap((outcome) => {
    const own = rows.filter((row) => row.outcome === outcome);
    if (own.length === 0) return [];
    const text = table(
      heads,
      own.map(({ cells }) => cells),
    );
    const name = `${title}: ${own.length} ${outcome}`;
    return [outcome === 'failed' ? `### ${name}\n\n${text}` : folded(name, text)];
  });
}

export function reportOf(test: Tested, browser: string): string {
  const { adapter, counts, sorted, cheats, trials, clocks, problem, startedAt, total } = test;
  const { passed, failed, skipped } = counts;
  const limits = Object.entries(adapter?.limits ?? {});
  const facts = [
    `Lab: ${LAB_VERSION}, ${startedAt ?? 'not run yet'}`,
    `Browser: ${cell(browser)}`,
    `Adapter: ${adapter ? cell(adapter.name) + (adapter.software ? ' (software)' : '') : 'none'}`,
    `Features: ${adapter?.features.join(' ') || 'none'}`,
    `Limits: ${limits.map(([name, value]) => `${name} ${value}`).join(', ') || 'unknown'}`,
    ...(clocks ? [`Clock: ${describeClocks(clocks)}`] : []),
    `Variants: ${passed} passed, ${failed} failed, ${skipped} skipped, of ${total}`,
    ...(problem ? [`**Ended early:** ${cell(problem)}`] : []),
  ];
  return [
    '## RWKV-7 lab self-test',
    facts.map((fact) => `- ${fact}`).join('\n'),
    ...tables(
      'Parts of the lab',
      ['part', 'found'],
      trials.map(({ outcome, name, reason }) => ({ outcome, cells: [name, reason] })),
    ),
    ...tables(
      'Variants',
      ['variant', 'error or reason'],
      sorted.map((result) => ({ outcome: result.outcome, cells: rowOf(result) })),
    ),
    ...tables(
      'Dishonest shaders',
      ['shader', 'how it cheats', 'outcome'],
      cheats.map(({ outcome, name, about, reason }) => ({ outcome, cells: [name, about, reason] })),
    ),
    '',
  ].join('\n\n');
}
