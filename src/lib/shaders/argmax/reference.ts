import type { Arrays, Kernel, Sizes } from '../kernel';

/** best[i] = the first place of the largest of row i's logits. */
function argmax({ logits, best }: Arrays, { vocabulary, rows }: Sizes) {
  for (let i = 0; i < rows; i++) {
    const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary);
    best[i] = 0;
    for (let token = 1; token < vocabulary; token++) if (row[token] > row[best[i]]) best[i] = token;
  }
}

export default {
  about: 'The most likely next token',
  reference: argmax,
  lengths: ({ vocabulary, rows }) => ({ logits: rows * vocabulary, best: rows }),
  inputs: {
    // Half of the time few different values, so that ties are common, and the largest twice in a row, anywhere; else numbers
    // as in a model, and the largest once.
    logits(length, random, { vocabulary }) {
      const real = random() < 0.5;
      const value = real ? () => 16 * (random() + random()) - 20 : () => Math.floor(64 * random()) - 40;
      const logits = Float32Array.from({ length }, value);
      for (let row = 0; row < length; row += vocabulary)
        for (let i = 0; i < (real ? 1 : 2); i++)
          logits[row + Math.floor(random() * vocabulary)] = 24 + Number(real) * random();
      return logits;
    },
    best: (length) => new Uint32Array(length),
  },
  outputs: ['best'],
  cases: [
    { vocabulary: 4096, rows: 1 },
    { vocabulary: 1001, rows: 3 },
    { vocabulary: 5, rows: 2 },
  ],
  tolerance: 0,
  default: 'slices',
  plain: 'naive',
  // A search that leaves out the second half of the vocabulary passes one of 80,000 checks; one that leaves out the last quarter, one of 60.
  rounds: 24,
} satisfies Kernel;
