/** What the lab's words mean: shown where the pointer or the focus rests on one. */

export const terms = {
  prefill:
    'Prefill: reading the prompt, many tokens at once. Its speed decides how long one waits for the first word.',
  decode: 'Decode: writing one token after another, each needing all weights once.',
  chunk:
    'Chunk: how many tokens go through all layers together. Larger chunks use each weight more often and take more memory.',
  samples: 'Samples: how often a run is timed. Shown is their median.',
  warmup: 'Warm-up: repetitions before the timed ones, so that the GPU has reached its clock.',
  target:
    'Target: the line to reach. 700 tokens per second is about what native llama.cpp does with 2.9 B on an M2 Max.',
  steps_per_submit:
    'Steps per submit: how many dispatches go to the GPU in one command buffer; 0: few at first, then twice as many each time, so that the GPU starts early.',
  seed: 'Seed: of a synthetic model’s weights; the same seed makes the same weights.',
  kernel: 'Kernel: what is computed, such as a matrix product of one weight format.',
  variant: 'Variant: how a kernel is computed; one WGSL file each.',
  knob: 'Knob: a number in a variant’s text that may be turned, such as a tile’s width.',
  wkv: 'WKV: RWKV’s recurrence over tokens, one matrix of 64 × 64 a head.',
  model: 'Model: the demo, a synthetic one with a published geometry, a GGUF file of yours or an address.',
  reference: 'Reference: published figures drawn beside yours.',
  median: 'Median: half of the samples are slower, half are faster.',
  spread: 'Spread: how far samples lie from their median (MAD × 1.4826), in percent of it.',
  error:
    'Error: normalised mean squared difference from a plain reference on this GPU; the largest of all kernels.',
  peak: 'Peak: the most that this GPU does of something, measured here.',
  stale: 'Stale: the text, or a shader it uses, has changed since this was run.',
  fit: 'Fit: t(N) = N/R + c. R is what ever larger chunks would reach, c what every chunk costs however few tokens it holds.',
  dispatch: 'Dispatch: one start of a kernel on the GPU.',
  baseline: 'Baseline: an earlier run kept to compare with.',
};
export type Term = keyof typeof terms;
