import type { Kernel } from '../kernel';
import type { Format } from '../formats/format';
import { EPILOGUE } from '../shared/epilogue';
import { MOST_SEQUENCES } from '../shared/sequences';
import matmul from '../matmul/reference';

/** The product of matmul for at most MOST_SEQUENCES tokens, for which each weight is read once. */
export default (format: Format): Kernel => {
  const { reference, lengths, inputs, outputs, tolerance, flop, keeps } = matmul(format);
  const columns = 2 * Math.max(format.elements, 48);
  const manyColumns = 17 * 256; // more than a variant keeps of x at a time
  const { store, add, reluSquared } = EPILOGUE;
  return {
    about: `Matrix product with ${format.name} weights, a token of each of several sequences (decode)`,
    ...{ reference, lengths, inputs, outputs, tolerance, flop, keeps },
    cases: [
      { rows: 128, columns, tokens: 2, batch: 3, stride: 128, epilogue: store },
      { rows: 65, columns: manyColumns, tokens: MOST_SEQUENCES, batch: 1, stride: 65, epilogue: reluSquared },
      { rows: 39, columns, tokens: 5, batch: 2, stride: 43, epilogue: add },
    ],
    default: 'lanes',
    plain: 'naive',
  };
};
