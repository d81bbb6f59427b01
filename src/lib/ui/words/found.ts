/** The words for results of comparisons, peaks and tuning. Loaded when such a cell is opened. */
import type { Peaks } from '../../lab/records/profile';
import type { PairComparison } from '../../lab/records/comparison';

export default {
  verdicts: {
    faster: 'Faster',
    slower: 'Slower',
    same: 'Same within 1 %',
    'cannot tell': 'Inconclusive',
  } satisfies Record<PairComparison['verdict'], string>,
  /** `−22 % (95 % CI −35 to +38 %, 3 blocks)` */
  ratio: (percent: string, low: string, high: string, blocks: number) =>
    blocks === 1 ? `${percent} (1 block)` : `${percent} (95 % CI ${low} to ${high}, ${blocks} blocks)`,
  against: (name: string, other: string) => `${name} against ${other}`,
  comparePlan: (blocks: number, findable: string | undefined) =>
    findable
      ? `The budget allows about ${blocks} blocks: enough to find a difference of ${findable} in 9 of 10 comparisons.`
      : `The budget allows about ${blocks} blocks; a verdict needs at least 8. Raise the budget or lower prefill.`,
  compareFloor: (percent: string) =>
    `On this machine, identical settings are told apart by up to ${percent}; nothing below that is called faster.`,
  compareMore: (count: number) => `About ${count} more blocks would settle it: raise the budget.`,
  compareNever:
    'No budget would settle it: the difference is too close to what is called the same, or the noise too large.',
  compareInexact: 'A variant states an error above 1e-3, so there is no verdict.',
  peaks: {
    f32: 'Multiply-adds in f32',
    f16: 'Multiply-adds in f16',
    dot4: 'Dot products of 8-bit integers (dot4I8Packed)',
    matrix: 'Matrix units, f16 summed in f32',
    read: 'Memory reads',
    dispatch: 'A dispatch that waits for the one before',
    pass: 'Extra cost of a pass',
  } satisfies Record<keyof Peaks, string>,
  notThere: 'not on this GPU',
  peaksTitle: 'Peaks of this GPU',
  // Profile
  perfettoTrace: 'Trace for Perfetto',
  kernelsCsv: 'Kernels CSV',
  profileTitle: 'Where a chunk’s time goes',
  profileColumns: {
    kernel: 'Kernel',
    ms: 'GPU time (ms)',
    share: 'Share (%)',
    uses: 'Uses',
    dispatches: 'Dispatches',
    tflops: 'TFLOPS',
    computeShare: 'Of peak (%)',
    gbs: 'GB/s',
    bandwidthShare: 'Of peak bandwidth (%)',
    beyond: 'Over the target (ms)',
  },
  profileChunk: (tokens: string, wall: string, rate: string) =>
    `A chunk of ${tokens} tokens takes ${wall} ms of wall time: ${rate} tokens/s.`,
  profileGpu: (milliseconds: string, dispatches: string) =>
    `Its ${dispatches} dispatches, each in a pass of its own, take ${milliseconds} ms of GPU time.`,
  profileByWall:
    'No timestamps here: each kernel is repeated and timed by the wall clock, with what its submission takes.',
  profileBudget: (target: string, budget: string, over: string) =>
    `At ${target} tokens/s it may take ${budget} ms: ${over} ms over the target.`,
  profileWithin: (target: string, budget: string) =>
    `At ${target} tokens/s it may take ${budget} ms: within the target.`,
  splitLine: (inference: string, softmax: string, readback: string) =>
    `inference ${inference} ms · softmax ${softmax} ms · readback ${readback} ms`,
  matmuls: (layer: string, pass: string) => `${layer} matrix products per layer, ${pass} per pass`,
  total: 'Total',
  // Tune
  tuneTitle: 'Fastest settings',
  milliseconds: 'ms',
  microseconds: 'µs',
  tuneKernel: 'Kernel',
  tuneBefore: 'Before (ms)',
  tuneVariant: 'Fastest variant',
  tuneBest: 'Now (ms)',
  tuneGain: 'Gain',
  tuneTrials: (count: number) => `What was tried (${count})`,
  tuneTried: 'Tried',
  tuneTime: 'All uses',
  tuneReason: 'Left out because',
  tuneSlower: 'slower than the best so far',
  tuneResumed: (kernels: number) =>
    `Goes on with the same search, which was stopped after ${kernels} ${kernels === 1 ? 'kernel' : 'kernels'}.`,
  tuneNothing: 'No faster settings found.',
  tuneRefused: (why: string) => `What was found cannot be used: ${why}`,
  tuneWhole: (count: number) => `Compared in the whole model (${count})`,
  tuneChanged: 'Changed settings',
  tuneOutcome: 'Outcome',
  useSettings: 'Use these settings in a new sweep',
  useEverywhere: 'Use them in all cells',
  copySettings: 'Copy settings',
  // The offer to tune a GPU without measured defaults
  notMeasuredHere:
    'No defaults were measured on a GPU like this one. A search of about a minute finds its fastest settings; it can be stopped at any time.',
  tuneHere: 'Tune for this GPU',
  tuningHere: 'Tuning for this GPU, in the last cell …',
  stopTuning: 'Stop',
  tunedHere: (day: string, percent: string) =>
    `Tuned for this GPU on ${day}: ${percent} faster. Its defaults here are`,
  tunedNothing: (day: string) => `Tuned on ${day}: nothing was found that is faster than the defaults.`,
  contribute: 'Copy as a contribution',
  contributed: 'Copied: paste it into an issue',
  forgetTuning: 'Forget',
};
