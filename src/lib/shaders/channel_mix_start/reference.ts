import type { Arrays, Kernel, Sizes } from '../kernel';
import type { Format } from '../formats/format';
import { EPILOGUE } from '../shared/epilogue';
import { weightsOf } from '../shared/weights';
import { JOINED_FORMATS, shiftedBy } from '../shared/shifted';
import matvec from '../matvec/reference';

/** out = relu²(weight · shifted x), with layer norm and token shift as in token_shift, one lerp. */
function channelMixStart(format: Format, arrays: Arrays, { rows, columns, inverse_epsilon }: Sizes) {
  const x = shiftedBy(arrays, { columns, lerps: 1, inverse_epsilon });
  const sizes = { rows, columns, batch: 1, epilogue: EPILOGUE.reluSquared };
  matvec(format).reference({ weight: arrays.weight, x, out: arrays.out }, sizes);
}

export default (format: Format): Kernel | undefined =>
  JOINED_FORMATS.includes(format.name)
    ? {
        about: 'One token (decode): layer norm, token shift and the key of channel mix',
        instead: ['token_shift', 'matvec'],
        reference: (arrays, sizes) => channelMixStart(format, arrays, sizes),
        lengths: ({ rows, columns }) => ({
          weight: ((rows * columns) / format.elements) * format.words,
          x: columns,
          vectors: 3 * columns,
          previous: columns,
          out: rows,
          last: columns,
        }),
        inputs: { weight: weightsOf(format) },
        outputs: ['out', 'last'],
        cases: [
          { rows: 128, columns: 512, inverse_epsilon: 1e5 },
          { rows: 39, columns: 17 * 256, inverse_epsilon: 1e5 }, // more columns than a variant keeps at a time
        ],
        tolerance: 1e-10,
        flop: ({ rows, columns }) => 2 * rows * columns,
        default: 'apart',
        plain: 'naive',
      }
    : undefined;
