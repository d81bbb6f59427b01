/** A grid of runs: one for each combination of the settings, with a chart and a table. */
import { type Experiment, formatExperiment, parseExperiment } from '../../experiment/experiment';
import { controls, type KindDescriptor, runsOf } from './kind';

export interface Sweep {
  kind: 'sweep';
  experiment: Experiment;
}

const QUESTION = 'prefill=512\nchunk=64,128,256,512\nmatmul_q4_k=block8,tiled\n';
const SMALL_QUESTION = 'prefill=32\nchunk=8,16,32\nsamples=3\nmatmul_q4_k=block8,tiled\n';

export const sweep: KindDescriptor<'sweep', Sweep> = {
  numbers: {},
  controls: controls({}),
  starter: (software) => (software ? SMALL_QUESTION : QUESTION),
  read: (text, catalogue) => ({ kind: 'sweep', experiment: parseExperiment(text, catalogue) }),
  print: ({ experiment }, catalogue) => formatExperiment(experiment, 'lines', catalogue),
  experiments: ({ experiment }) => [experiment],
  runs: ({ experiment }, catalogue) => runsOf(experiment, catalogue),
  results: { record: true },
};
