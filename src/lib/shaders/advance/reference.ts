import type { Arrays, Kernel, Sizes } from '../kernel';

/**
 * The end of a chunk: the token-shift vectors of its last token become the previous ones, the cursor moves past its
 * tokens, and (feed = 1) the argmax is written behind them, to be the next token.
 */
function advance({ last, previous, best, ids, cursor }: Arrays, { values, tokens, feed }: Sizes) {
  previous.set(last.subarray(0, values));
  cursor[0] += tokens;
  if (feed === 1) ids[cursor[0]] = best[0];
}

export default {
  about: 'The end of a chunk: state and cursor move on, the argmax may become the next token',
  reference: advance,
  lengths: ({ values, tokens }) => ({ last: values, previous: values, best: 1, ids: 64 + tokens, cursor: 1 }),
  inputs: {
    best: (_, random) => Uint32Array.of(Math.floor(65536 * random())),
    ids: (length) => new Uint32Array(length).fill(7),
    cursor: (_, random) => Uint32Array.of(Math.floor(64 * random())),
  },
  outputs: ['previous', 'cursor', 'ids'],
  cases: [
    { values: 512, tokens: 16, feed: 1 },
    { values: 130, tokens: 5, feed: 0 },
  ],
  tolerance: 0,
  default: 'copy',
  plain: 'copy',
  keeps: () => ['ids', 'cursor'],
} satisfies Kernel;
