/** One chunk, step by step: GPU time by kernel beside the peaks of the GPU. */
import { type Experiment, formatExperiment, parseExperiment } from '../../experiment/experiment';
import { controls, type KindDescriptor, runsOf } from './kind';

export interface Profile {
  kind: 'profile';
  experiment: Experiment;
}

export const profile: KindDescriptor<'profile', Profile> = {
  numbers: {},
  controls: controls({ hides: ['samples', 'warmup', 'decode'] }),
  starter: (software) => `prefill=${software ? 32 : 512}\n`,
  read: (text, catalogue) => ({ kind: 'profile', experiment: parseExperiment(text, catalogue) }),
  print: ({ experiment }, catalogue) => formatExperiment(experiment, 'lines', catalogue),
  experiments: ({ experiment }) => [experiment],
  runs: ({ experiment }, catalogue) => runsOf(experiment, catalogue),
  results: { profiled: true },
};
