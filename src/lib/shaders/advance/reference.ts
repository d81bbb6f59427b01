import type { Arrays, Kernel, Sizes } from '../kernel';

/**
 * The end of a chunk: the token-shift vectors of its last token become the previous ones, the cursor moves past its
 * tokens, and as many argmaxes as `feed` says are written behind them, to be the next tokens.
 */
function advance({ last, previous, best, ids, cursor }: Arrays, { values, tokens, feed }: Sizes) {
  previous.set(last.subarray(0, values));
  cursor[0] += tokens;
  ids.set(best.subarray(0, feed), cursor[0]);
}

export default {
  about: 'The end of a chunk: state and cursor move on, the argmax may become the next token',
  reference: advance,
  lengths: ({ values, tokens, feed }) => ({
    ...{ last: values, previous: values, best: Math.max(1, feed) },
    ...{ ids: 63 + tokens + Math.max(1, feed), cursor: 1 },
  }),
  inputs: {
    best: (length, random) => Uint32Array.from({ length }, () => Math.floor(65536 * random())),
    ids: (length) => new Uint32Array(length).fill(7),
    cursor: (_, random) => Uint32Array.of(Math.floor(64 * random())),
  },
  outputs: ['previous', 'cursor', 'ids'],
  // Several argmaxes only at shapes: shaders of older notebooks know one.
  cases: [
    { values: 512, tokens: 16, feed: 1 },
    { values: 130, tokens: 5, feed: 0 },
  ],
  tolerance: 0,
  default: 'copy',
  plain: 'copy',
  keeps: () => ['ids', 'cursor'],
} satisfies Kernel;
