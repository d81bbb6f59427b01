import type { Arrays, Kernel, Sizes } from '../kernel';
import { EPILOGUE, finish } from '../shared/epilogue';
import type { Format } from '../formats/format';

/** out[b, t, r] = epilogue(Σ_k weight[b, r, k] · x[b, t, k]); a token's results lie `stride` apart. */
function matmul(
  format: Format,
  { weight, x, out }: Arrays,
  { rows, columns, tokens, batch, stride, epilogue }: Sizes,
) {
  const row = new Float32Array(columns);
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < rows; r++) {
      const firstBlock = ((b * rows + r) * columns) / format.elements;
      for (let k = 0; k < columns; k += format.elements)
        format.dequantise(weight as Uint32Array, firstBlock + k / format.elements, row, k);
      for (let t = 0; t < tokens; t++) {
        const first = (b * tokens + t) * columns;
        const at = (b * tokens + t) * stride + r;
        let sum = 0;
        for (let k = 0; k < columns; k++) sum += row[k] * x[first + k];
        out[at] = finish(epilogue, sum, out[at]);
      }
    }
  }
}

/** A batch of matrices of one weight format, each with its own tokens: prefill. */
export default (format: Format): Kernel => {
  const columns = 2 * Math.max(format.elements, 48); // for small blocks, a ragged end of the K step too
  return {
    about: `Matrix product with ${format.name} weights, many tokens at once (prefill)`,
    reference: (arrays, sizes) => matmul(format, arrays, sizes),
    lengths: ({ rows, columns, tokens, batch, stride }) => ({
      weight: ((batch * rows * columns) / format.elements) * format.words,
      x: batch * tokens * columns,
      out: batch * tokens * stride,
    }),
    inputs: {
      weight: (length, random) => {
        const words = new Uint32Array(length);
        for (let block = 0; block < length / format.words; block++) format.randomise(words, block, random);
        return words;
      },
    },
    outputs: ['out'],
    cases: [
      { rows: 128, columns, tokens: 64, batch: 1, stride: 128, epilogue: EPILOGUE.store },
      { rows: 65, columns, tokens: 37, batch: 2, stride: 70, epilogue: EPILOGUE.add },
      { rows: 33, columns, tokens: 3, batch: 1, stride: 33, epilogue: EPILOGUE.reluSquared },
    ],
    tolerance: 1e-10,
    flop: ({ rows, columns, tokens, batch }) => 2 * batch * rows * columns * tokens,
    default: 'tiled',
    plain: 'naive',
    keeps: ({ rows, stride, epilogue }) => (stride > rows || epilogue === EPILOGUE.add ? ['out'] : []),
  };
};
