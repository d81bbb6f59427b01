/** Searches for the fastest variants and knobs of this GPU, among those that the settings name, or all. */
import { isKernelKey } from '../../experiment/descriptors';
import { type Experiment, formatExperiment } from '../../experiment/experiment';
import { budget, controls, type KindDescriptor, printOwn, readBlock, runsOf } from './kind';

export interface Tune {
  kind: 'tune';
  experiment: Experiment;
  /** Time limit for the search, in seconds. */
  budget: number;
  /** Variants that state a larger error are left out. */
  error: number;
}

const numbers = {
  budget: budget(180, 'seconds to search in'),
  error: { about: 'largest error a variant may state', smallest: 0, largest: 1, default: 1e-3 },
};

export const tune: KindDescriptor<'tune', Tune, keyof typeof numbers> = {
  numbers,
  controls: controls({ hides: ['samples', 'warmup', 'target'], fields: ['decode'] }),
  starter: (software) => `prefill=${software ? 32 : 512}\nbudget=60\n`,
  read(text, catalogue) {
    const { own, experiment } = readBlock(numbers, text, catalogue);
    return { kind: 'tune', experiment, ...own };
  },
  print: (cell, catalogue) => printOwn(numbers, cell) + formatExperiment(cell.experiment, 'lines', catalogue),
  experiments: ({ experiment }) => [experiment],
  /** The run that the search starts from: kernels and knobs in the settings are choices of the search. */
  runs: ({ experiment }, catalogue) =>
    runsOf(
      Object.fromEntries(Object.entries(experiment).filter(([key]) => !isKernelKey(key))),
      catalogue,
    ).slice(0, 1),
  searches: true,
  results: { tuning: true, tuned: true },
};
