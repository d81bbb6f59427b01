import type { Arrays, Kernel, Sizes } from '../kernel';
import { EPILOGUE, finish } from '../shared/epilogue';
import type { Format } from '../formats/format';
import { weightsOf } from '../shared/weights';

/** out[b, r] = epilogue(Σ_k weight[b, r, k] · x[b, k]) */
function matvec(format: Format, { weight, x, out }: Arrays, { rows, columns, batch, epilogue }: Sizes) {
  const row = new Float32Array(columns);
  for (let r = 0; r < batch * rows; r++) {
    for (let k = 0; k < columns; k += format.elements)
      format.dequantise(weight as Uint32Array, (r * columns + k) / format.elements, row, k);
    const first = Math.floor(r / rows) * columns;
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += row[k] * x[first + k];
    out[r] = finish(epilogue, sum, out[r]);
  }
}

/** A batch of matrices of one weight format, each with one vector: decode. */
export default (format: Format): Kernel => {
  const columns = 2 * Math.max(format.elements, 48);
  const manyColumns = 17 * 256; // more than a variant keeps of x at a time
  return {
    about: `Matrix product with ${format.name} weights, one token (decode)`,
    reference: (arrays, sizes) => matvec(format, arrays, sizes),
    lengths: ({ rows, columns, batch }) => ({
      weight: ((batch * rows * columns) / format.elements) * format.words,
      x: batch * columns,
      out: batch * rows,
    }),
    inputs: { weight: weightsOf(format) },
    sparse: ['x'],
    outputs: ['out'],
    cases: [
      { rows: 128, columns, batch: 3, epilogue: EPILOGUE.store },
      { rows: 65, columns: manyColumns, batch: 1, epilogue: EPILOGUE.reluSquared },
      { rows: 7, columns, batch: 2, epilogue: EPILOGUE.add },
    ],
    tolerance: 1e-10,
    flop: ({ rows, columns, batch }) => 2 * batch * rows * columns,
    default: { q4_k: 'staged', q6_k: 'words' }[format.name] ?? 'lanes',
    plain: 'naive',
    keeps: ({ epilogue }) => (epilogue === EPILOGUE.add ? ['out'] : []),
  };
};
