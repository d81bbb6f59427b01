/** Explanations of the lab's terms, shown when a term is hovered or focused. */
import type { NumberName } from '../../lab/experiment/descriptors';

export const terms = {
  prefill:
    'Prefill: reading the prompt, many tokens at once. Its speed decides how long you wait for the first word.',
  decode: 'Decode: generating one token after another; each token reads all weights once.',
  sequences:
    'Sequences: several texts decoded together. A step makes a token of each and reads the weights once for all of them.',
  chunk:
    'Chunk: the number of tokens that go through all layers together. Larger chunks reuse each weight more and take more memory.',
  samples: 'Samples: how many times a run is timed. The median is shown.',
  warmup: 'Warm-up: untimed repetitions first, so that the GPU reaches its clock speed.',
  target:
    'Target: the speed to reach. 700 tokens per second is about what native llama.cpp reaches with the 2.9B model on an M2 Max.',
  steps_per_submit:
    'Steps per submit: how many dispatches go to the GPU in one command buffer; 0: few at first, doubled each time, so that the GPU starts early.',
  seed: 'Seed: for a synthetic model’s weights; the same seed gives the same weights.',
  evaluate:
    'Evaluate: predict a text token by token and compare each prediction with that of the exact kernels.',
  kernel: 'Kernel: an operation, such as the matrix product for one weight format.',
  variant: 'Variant: one implementation of a kernel, in one WGSL file.',
  knob: 'Knob: a tuning parameter of a variant, such as a tile’s width.',
  wkv: 'WKV: RWKV’s recurrence over tokens, with a state of 64 × 64 numbers per head.',
  model:
    'Model: the demo, a synthetic one with a published geometry, a GGUF file of yours, or the address of one.',
  reference: 'Published figures: results of others, drawn beside yours.',
  median: 'Median: half of the samples are slower, half are faster.',
  spread: 'Spread: how far samples lie from their median (MAD × 1.4826), as a percentage of it.',
  error:
    'Error: normalised mean squared error against the reference implementation on this GPU; the largest of all kernels.',
  peak: 'Peak: the most that this GPU achieves, in compute or in bandwidth, measured here.',
  stale: 'Stale: the text, or a shader it uses, has changed since the last run.',
  fit: 'Fit: t(N) = N/R + c. R is the speed that ever larger chunks would approach; c is what every chunk costs, however few tokens it holds.',
  dispatch: 'Dispatch: one launch of a shader on the GPU.',
  baseline: 'Baseline: an earlier run, kept for comparison.',
} satisfies Record<NumberName, string> & Record<string, string>;
export type Term = keyof typeof terms;
