// embed: the embedding rows of a run of tokens, dequantised; the first step of the model.
import type { Arrays, Kernel, Sizes } from '../kernel';
import type { Format } from '../formats/format';

/** x[t, :] = weight[ids[cursor + t] − first_row, :], where that row is in this part of the table; other x stay. */
function embed(
  format: Format,
  { weight, ids, cursor, x }: Arrays,
  { tokens, columns, first_row, rows }: Sizes,
) {
  for (let t = 0; t < tokens; t++) {
    const row = ids[cursor[0] + t] - first_row;
    if (row < 0 || row >= rows) continue;
    for (let k = 0; k < columns; k += format.elements) {
      const block = (row * columns + k) / format.elements;
      format.dequantise(weight as Uint32Array, block, x as Float32Array, t * columns + k);
    }
  }
}

/** The cursor is below this. */
const CURSORS = 64;

/** The table may be cut into parts of `rows` rows from `first_row` on: one dispatch a part fills the tokens it has. */
export default (format: Format): Kernel => {
  const columns = 3 * Math.max(format.elements, 16);
  return {
    about: `Embedding rows of ${format.name} weights for a run of token ids`,
    reference: (arrays, sizes) => embed(format, arrays, sizes),
    lengths: ({ tokens, columns, rows }) => ({
      weight: ((rows * columns) / format.elements) * format.words,
      ids: CURSORS + tokens,
      cursor: 1,
      x: tokens * columns,
    }),
    inputs: {
      weight: (length, random) => {
        const words = new Uint32Array(length);
        for (let block = 0; block < length / format.words; block++) format.randomise(words, block, random);
        return words;
      },
      // From a little before the part to a little behind it.
      ids: (length, random, { first_row, rows }) =>
        Uint32Array.from({ length }, () => Math.max(0, first_row - 5 + Math.floor(random() * (rows + 10)))),
      cursor: (_, random) => Uint32Array.of(Math.floor(CURSORS * random())),
    },
    outputs: ['x'],
    cases: [
      { tokens: 16, columns, first_row: 0, rows: 64 },
      { tokens: 7, columns, first_row: 64, rows: 5 },
    ],
    tolerance: 1e-12,
    default: 'gather',
    plain: 'gather',
    keeps: () => ['x'],
  };
};
