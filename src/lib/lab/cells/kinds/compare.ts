/** Times several runs interleaved and compares each with the first: blocks of settings, or the runs of one block. */
import { fieldOf, NUMBERS, RUN_NAMES } from '../../experiment/descriptors';
import { type Experiment, formatExperiment, parseExperiment } from '../../experiment/experiment';
import type { Run } from '../../experiment/expand';
import { joinBlocks, splitBlocks } from '../../experiment/settings';
import { budget, type KindDescriptor, printOwn, readBlock, runsOf } from './kind';

export interface Compare {
  kind: 'compare';
  experiments: Experiment[];
  /** Time limit for the blocks, in seconds. */
  budget: number;
}

/** Largest number of runs: a chart shows no more side by side, and the GPU's memory holds no more of their buffers. */
const MOST_RUNS = 8;

const numbers = { budget: budget(20, 'seconds that the blocks may take') };

export const compare: KindDescriptor<'compare', Compare, keyof typeof numbers> = {
  numbers,
  starter(software) {
    const prefill = software ? 32 : 512;
    return `prefill=${prefill}\nmatmul_q4_k=block8\n---\nprefill=${prefill}\nmatmul_q4_k=tiled\n`;
  },
  read(text, catalogue) {
    const [first, ...blocks] = splitBlocks(text);
    const { own, experiment } = readBlock(numbers, first, catalogue);
    const others = blocks.map((block) => parseExperiment(block, catalogue));
    return { kind: 'compare', experiments: [experiment, ...others], budget: own.budget };
  },
  print: (cell, catalogue) =>
    printOwn(numbers, cell) +
    joinBlocks(cell.experiments.map((each) => formatExperiment(each, 'lines', catalogue))),
  experiments: ({ experiments }) => experiments,
  runs: ({ experiments }, catalogue) => comparable(experiments.flatMap((each) => runsOf(each, catalogue))),
  results: { planned: true, compared: true },
};

/** Throws unless the runs can be timed interleaved: two to eight of one model, over the same tokens. */
function comparable(runs: Run[]): Run[] {
  if (runs.length < 2)
    throw new Error(
      'A comparison needs two settings: part them by a line ---, or give one setting two values, matmul_q4_k=block8,tiled',
    );
  if (runs.length > MOST_RUNS)
    throw new Error(`A comparison has at most ${MOST_RUNS} runs; these settings are ${runs.length}`);
  for (const key of ['model', ...RUN_NAMES.filter((name) => NUMBERS[name].sameInComparison)] as const) {
    const [first, ...others] = new Set(runs.map((run) => String(run[fieldOf(key)])));
    if (others.length)
      throw new Error(
        `All runs of a comparison have the same ${key}; these have ${[first, ...others].join(', ')}. A sweep can vary it`,
      );
  }
  return runs;
}
