import type { Arrays, Kernel, Sizes } from '../kernel';

/**
 * n[t] = layer norm of x[t]; the token before the first is `previous`, a normalised vector kept from the last chunk.
 * shifted[i, t] = n[t] + (n[t − 1] − n[t]) · lerp[i]; last = n of the last token, to be the next chunk's `previous`.
 */
function tokenShift(
  { x, norm_weight, norm_bias, lerp, previous, shifted, last }: Arrays,
  { columns, tokens, lerps, inverse_epsilon }: Sizes,
) {
  let before = Float64Array.from(previous);
  for (let t = 0; t < tokens; t++) {
    const row = Float64Array.from(x.subarray(t * columns, (t + 1) * columns));
    const mean = row.reduce((sum, value) => sum + value, 0) / columns;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns;
    const scale = 1 / Math.sqrt(variance + 1 / inverse_epsilon);
    const normed = row.map((value, c) => (value - mean) * scale * norm_weight[c] + norm_bias[c]);
    for (let i = 0; i < lerps; i++)
      for (let c = 0; c < columns; c++)
        shifted[(i * tokens + t) * columns + c] = normed[c] + (before[c] - normed[c]) * lerp[i * columns + c];
    before = normed;
  }
  last.set(before);
}

export default {
  about: 'Layer norm, then mixing with the token before: six lerps in time mix, one in channel mix',
  reference: tokenShift,
  lengths: ({ columns, tokens, lerps }) => ({
    x: tokens * columns,
    norm_weight: columns,
    norm_bias: columns,
    lerp: lerps * columns,
    previous: columns,
    shifted: lerps * tokens * columns,
    last: columns,
  }),
  outputs: ['shifted', 'last'],
  cases: [
    { columns: 256, tokens: 16, lerps: 6, inverse_epsilon: 1e5 },
    { columns: 1000, tokens: 7, lerps: 1, inverse_epsilon: 1e5 },
    { columns: 320, tokens: 1, lerps: 6, inverse_epsilon: 1e5 },
  ],
  tolerance: 1e-10,
  default: 'spread',
  plain: 'separate',
} satisfies Kernel;
