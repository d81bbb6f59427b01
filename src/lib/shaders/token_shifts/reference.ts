import type { Arrays, Kernel, Sizes } from '../kernel';
import { MOST_SEQUENCES } from '../shared/sequences';
import tokenShift from '../token_shift/reference';

/** token_shift of one token of each of several sequences, each with a row of its own in `previous` and `last`. */
function tokenShifts({ x, previous, shifted, last, ...vectors }: Arrays, sizes: Sizes) {
  const { columns, tokens, lerps } = sizes;
  for (let t = 0; t < tokens; t++) {
    const row = (array: Arrays[string]) => array.subarray(t * columns, (t + 1) * columns);
    const own = new Float32Array(lerps * columns);
    const arrays = { ...vectors, x: row(x), previous: row(previous), last: row(last), shifted: own };
    tokenShift.reference(arrays, { ...sizes, tokens: 1 });
    for (let i = 0; i < lerps; i++)
      shifted.set(own.subarray(i * columns, (i + 1) * columns), (i * tokens + t) * columns);
  }
}

export default {
  about: 'Layer norm, then mixing with the token before: a token of each of several sequences (decode)',
  reference: tokenShifts,
  lengths: ({ columns, tokens, lerps }) => ({
    x: tokens * columns,
    norm_weight: columns,
    norm_bias: columns,
    lerp: lerps * columns,
    previous: tokens * columns,
    shifted: lerps * tokens * columns,
    last: tokens * columns,
  }),
  outputs: ['shifted', 'last'],
  cases: [
    { columns: 256, tokens: 2, lerps: 6, inverse_epsilon: 1e5 },
    { columns: 1000, tokens: MOST_SEQUENCES, lerps: 1, inverse_epsilon: 1e5 },
    { columns: 320, tokens: 3, lerps: 6, inverse_epsilon: 1e5 },
  ],
  tolerance: 1e-10,
  default: 'spread',
  plain: 'naive',
} satisfies Kernel;
