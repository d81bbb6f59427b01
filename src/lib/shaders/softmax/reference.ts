import type { Arrays, Kernel, Sizes } from '../kernel';

/** probabilities = exp(logits − largest) / Σ exp(logits − largest) */
function softmax({ logits, probabilities }: Arrays, { vocabulary }: Sizes) {
  const row = Float64Array.from(logits.subarray(0, vocabulary));
  const largest = row.reduce((a, b) => Math.max(a, b));
  const powers = row.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b);
  probabilities.set(powers.map((power) => power / sum));
}

export default {
  about: 'Logits of the last token to probabilities',
  reference: softmax,
  lengths: ({ vocabulary }) => ({ logits: vocabulary, probabilities: vocabulary }),
  inputs: { logits: (length, random) => Float32Array.from({ length }, () => 30 * random() - 10) },
  outputs: ['probabilities'],
  cases: [{ vocabulary: 4096 }, { vocabulary: 1001 }, { vocabulary: 5 }],
  tolerance: 1e-10,
  default: 'slices',
  plain: 'naive',
} satisfies Kernel;
