import type { Arrays, Kernel, Sizes } from '../kernel';

/** out[t] = (x[first + t] − mean) / √(variance + ε) · weight + bias, population variance, ε = 1 / inverse_epsilon. */
function layerNorm(
  { x, norm_weight, norm_bias, out }: Arrays,
  { columns, tokens, first, inverse_epsilon }: Sizes,
) {
  for (let t = 0; t < tokens; t++) {
    const from = (first + t) * columns;
    let mean = 0;
    for (let c = 0; c < columns; c++) mean += x[from + c] / columns;
    let variance = 0;
    for (let c = 0; c < columns; c++) variance += (x[from + c] - mean) ** 2 / columns;
    const scale = 1 / Math.sqrt(variance + 1 / inverse_epsilon);
    for (let c = 0; c < columns; c++)
      out[t * columns + c] = (x[from + c] - mean) * scale * norm_weight[c] + norm_bias[c];
  }
}

export default {
  about: 'Layer norm of the embedding and before the head',
  reference: layerNorm,
  lengths: ({ columns, tokens, first }) => ({
    x: (first + tokens) * columns,
    norm_weight: columns,
    norm_bias: columns,
    out: tokens * columns,
  }),
  outputs: ['out'],
  cases: [
    { columns: 256, tokens: 4, first: 0, inverse_epsilon: 1e5 },
    { columns: 1000, tokens: 3, first: 5, inverse_epsilon: 1e5 },
  ],
  tolerance: 1e-10,
  default: 'spread',
  plain: 'naive',
} satisfies Kernel;
