import type { Arrays, Kernel, Sizes } from '../kernel';
import { LAYER_VECTORS } from '../shared/layer_vectors';
import wkv from '../wkv/reference';
import wkvInputs from '../wkv_inputs/reference';

const HEAD = 64;

/** What wkv_inputs and then wkv make of one token; of `inputs` nothing is written. */
function wkvToken(arrays: Arrays, { columns, first_layer }: Sizes) {
  const inputs = arrays.inputs.slice();
  wkvInputs.reference({ ...arrays, inputs }, { columns, tokens: 1, first_layer });
  wkv.reference({ ...arrays, inputs }, { columns, tokens: 1 });
}

export default {
  about: 'What comes between the matrices of time mix, for one token (decode): wkv_inputs and wkv together',
  reference: wkvToken,
  lengths: ({ columns }) => ({
    inputs: 6 * columns,
    gate: columns,
    vectors: LAYER_VECTORS.length * columns,
    first_value: columns,
    state: columns * HEAD,
    out: columns,
  }),
  outputs: ['first_value', 'state', 'out'],
  cases: [
    { columns: 192, first_layer: 0 },
    { columns: 64, first_layer: 1 },
  ],
  tolerance: 1e-9,
  flop: ({ columns }) => wkv.flop({ columns, tokens: 1 }),
  default: 'fused',
} satisfies Kernel;
