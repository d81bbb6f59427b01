/**
 * Speed and text quality of runs, beside the exact kernels. The text follows the settings after a line `---`; without one it is
 * the built-in one for a model with a vocabulary, and random tokens for a synthetic one.
 */
import { NUMBERS } from '../../experiment/descriptors';
import { type Experiment, formatExperiment } from '../../experiment/experiment';
import { promptOf, splitAtRule } from '../../experiment/settings';
import { type CellNumber, controls, type KindDescriptor, printOwn, readBlock, runsOf } from './kind';

export interface Evaluate {
  kind: 'evaluate';
  experiment: Experiment;
  /** Empty for the built-in text. */
  text: string;
  /** Tokens of the text that are predicted, at most. */
  evaluate: number;
}

const { about, largest, aliases } = NUMBERS.evaluate;
const numbers = {
  evaluate: { about, smallest: 1, largest, whole: true, default: Number(aliases.on) } satisfies CellNumber,
};

export const evaluate: KindDescriptor<'evaluate', Evaluate, keyof typeof numbers> = {
  numbers,
  controls: controls({ hides: ['evaluate', 'target'] }),
  starter: (software) =>
    software
      ? 'prefill=32\nsamples=3\nmatmul_q4_k=block8,dot4\nevaluate=64\n'
      : 'prefill=512\nmatmul_q4_k=block8,tiled,dot4\n',
  read(text, catalogue) {
    const { own, experiment } = readBlock(numbers, splitAtRule(text).settings, catalogue);
    return { kind: 'evaluate', experiment, text: promptOf(text), ...own };
  },
  print: (cell, catalogue) =>
    printOwn(numbers, cell) +
    formatExperiment(cell.experiment, 'lines', catalogue) +
    (cell.text ? `---\n${cell.text}\n` : ''),
  experiments: ({ experiment }) => [experiment],
  runs: (cell, catalogue) => runsOf({ ...cell.experiment, evaluate: [String(cell.evaluate)] }, catalogue),
  results: { record: true },
};
