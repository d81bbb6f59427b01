import type { Arrays, Kernel, Sizes } from '../kernel';
import type { Format } from '../formats/format';
import { EPILOGUE } from '../shared/epilogue';
import { allRanks, loraDown, loraWayFlop, loraWayWords, loraWeights } from '../shared/lora';
import { weightsOf } from '../shared/weights';
import { JOINED_FORMATS, shiftedBy } from '../shared/shifted';
import matvec from '../matvec/reference';

/**
 * Layer norm and token shift of x as in token_shift, with six lerps; then inputs = r, k and v (weight · shifted x each), and
 * hidden = the LoRAs' way down, as in lora_matvec.
 */
function timeMixStart(format: Format, arrays: Arrays, sizes: Sizes) {
  const { rows, columns, inverse_epsilon } = sizes;
  const shifted = shiftedBy(arrays, { columns, lerps: 6, inverse_epsilon });
  const product = { rows, columns, batch: 3, epilogue: EPILOGUE.store };
  matvec(format).reference({ weight: arrays.weight, x: shifted, out: arrays.inputs }, product);
  loraDown({ weight: arrays.lora_weight, shifted, hidden: arrays.hidden }, sizes, 1);
}

export default (format: Format): Kernel | undefined =>
  JOINED_FORMATS.includes(format.name)
    ? {
        about: "One token (decode): layer norm, token shift, r, k, v and the LoRAs' way down",
        instead: ['token_shift', 'matvec', 'lora_matvec'],
        reference: (arrays, sizes) => timeMixStart(format, arrays, sizes),
        lengths: (sizes) => ({
          weight: ((3 * sizes.rows * sizes.columns) / format.elements) * format.words,
          x: sizes.columns,
          vectors: 8 * sizes.columns,
          previous: sizes.columns,
          lora_weight: loraWayWords(sizes),
          inputs: 3 * sizes.rows,
          hidden: allRanks(sizes),
          last: sizes.columns,
        }),
        inputs: { weight: weightsOf(format), lora_weight: loraWeights },
        outputs: ['inputs', 'hidden', 'last'],
        cases: [
          { rows: 64, columns: 256, decay: 32, learning_rate: 32, value: 16, gate: 80, wide: 0 },
          { rows: 39, columns: 17 * 256, decay: 16, learning_rate: 48, value: 0, gate: 16, wide: 5 },
          // So many ranks that a workgroup has several at a time.
          { rows: 32, columns: 256, decay: 512, learning_rate: 256, value: 96, gate: 640, wide: 4 },
        ].map((sizes) => ({ ...sizes, inverse_epsilon: 1e5 })),
        tolerance: 1e-10,
        flop: (sizes) => 6 * sizes.rows * sizes.columns + loraWayFlop(sizes),
        default: 'apart',
        plain: 'naive',
      }
    : undefined;
