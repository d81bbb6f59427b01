// The command repeat: runs the compare cells of a notebook many times, to see how often a machine gives which verdict.
import { appendFile, writeFile } from 'node:fs/promises';
import { runCell } from '../src/lib/lab/cells/run';
import { contentOf, shadersOf } from '../src/lib/lab/notebook/notebook';
import type { Comparison } from '../src/lib/lab/records/comparison';
import { formatCsv } from '../src/lib/lab/records/csv';
import { standardDeviation } from '../src/lib/lab/statistics/descriptive';
import { type Arguments, numberOption } from './arguments';
import { print, tell, withSession } from './host';
import { readNotebook } from './notebook';

const COLUMNS = [
  ...['session', 'cell', 'first', 'second', 'verdict', 'ratio', 'low', 'high', 'blocks', 'deviation'],
  ...[
    'floor',
    'sample_ms',
    'repetitions',
    'seconds',
    'answer_error',
    'check_seconds',
    'clock',
    'warnings',
    'adapter',
  ],
];

const SAMPLE_COLUMNS = ['session', 'cell', 'run', 'block', 'sample', 'seconds'];

/**
 * Runs every compare cell `--times` times, cell by cell in turn, and prints a CSV row for each pair; with
 * `--samples FILE` every sample is written to that file. Resolves to true when none
 * failed. Throws when the notebook cannot be read or has no compare cell.
 */
export async function repeat(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const [path] = words.words;
  if (!path) throw new Error('repeat takes a notebook, a Markdown file with compare cells');
  const times = numberOption(words, 'times', { smallest: 1, largest: 1000, whole: true, default: 10 });
  const cells = await readNotebook(path);
  const compares = cells.filter(({ kind }) => kind === 'compare');
  if (compares.length === 0) throw new Error(`${path} has no compare cell`);
  const variants = shadersOf(cells);
  const samples = words.options.get('samples');
  if (samples) await writeFile(samples, formatCsv([SAMPLE_COLUMNS]));
  let failures = 0;
  await withSession(async (session) => {
    print(formatCsv([COLUMNS]));
    for (let time = 1; time <= times; time++)
      for (const [cell, each] of compares.entries()) {
        const from = performance.now();
        for await (const event of runCell(
          { kind: 'compare', text: contentOf(each), variants },
          session,
          signal,
        )) {
          if (event.type === 'compared') {
            print(rowsOf(event.compared, [time, cell + 1], (performance.now() - from) / 1e3));
            if (samples) await appendFile(samples, samplesOf(event.compared, [time, cell + 1]));
          }
          if (event.type !== 'failed') continue;
          failures++;
          tell(`lab: session ${time} of cell ${cell + 1} failed: ${event.reason}\n`);
        }
      }
  });
  return failures === 0;
}

function rowsOf(compared: Comparison, place: number[], seconds: number): string {
  const { runs, against, floor, repetitions, sentinelSeconds = [], warnings = [], adapter } = compared;
  // How far the GPU's clock moved, by the longest and the shortest time of the sentinel.
  const clock = sentinelSeconds.length
    ? Math.max(...sentinelSeconds) / Math.min(...sentinelSeconds)
    : undefined;
  return formatCsv(
    against.map(({ verdict, ratio, low, high, values }, at) => {
      const figures = [ratio, low, high].map((value) => value.toPrecision(6));
      const answers = Math.max(...runs.map(({ checks }) => checks?.answerError ?? NaN)).toExponential(1);
      const checking = runs.reduce((sum, { checks }) => sum + (checks?.seconds ?? 0), 0).toFixed(2);
      const sampleMs = (1e3 * runs[0].tokens) / runs[0].tokensPerSecond;
      return [
        ...[...place, runs[0].settings, runs[at + 1].settings, verdict, ...figures, values.length],
        ...[standardDeviation(values).toPrecision(3), floor?.toPrecision(3), sampleMs.toPrecision(4)],
        ...[
          repetitions,
          seconds.toFixed(2),
          answers,
          checking,
          clock?.toPrecision(4),
          warnings.join(' '),
          adapter,
        ],
      ];
    }),
  );
}

/** A row for each sample of each run: its block, from 1, and its place in the block. */
function samplesOf({ runs, blocks = 1 }: Comparison, place: number[]): string {
  return formatCsv(
    runs.flatMap(({ sampleSeconds }, run) => {
      const each = sampleSeconds.length / blocks;
      return sampleSeconds.map((seconds, at) => [
        ...[...place, run + 1, Math.floor(at / each) + 1, (at % each) + 1],
        seconds.toPrecision(6),
      ]);
    }),
  );
}
