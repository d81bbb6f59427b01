import type { Arrays, Kernel, Sizes } from '../kernel';
import { LAYER_VECTORS } from '../shared/layer_vectors';
import { allRanks, loraUp, loraWayFlop, loraWayWords, loraWeights } from '../shared/lora';
import wkv from '../wkv/reference';
import wkvInputs from '../wkv_inputs/reference';

const HEAD = 64;

/**
 * `inputs` are r, k and v from their matrices, `hidden` what the LoRAs' way down made, `weight` the LoRAs' way up: with its
 * results, what wkv_inputs and then wkv make of one token. Ranks are multiples of 16; value is 0 in the first layer.
 */
function wkvToken({ weight, hidden, ...arrays }: Arrays, sizes: Sizes) {
  const { columns, first_layer } = sizes;
  const inputs = new Float32Array(6 * columns);
  inputs.set(arrays.inputs);
  const gate = new Float32Array(columns);
  loraUp({ weight, hidden, inputs, gate }, sizes, 1);
  wkvInputs.reference({ ...arrays, inputs }, { columns, tokens: 1, first_layer });
  wkv.reference({ ...arrays, inputs, gate }, { columns, tokens: 1 });
}

export default {
  about: 'One token (decode): the way up of the LoRAs, wkv_inputs and wkv together',
  reference: wkvToken,
  lengths: (sizes) => ({
    weight: loraWayWords(sizes),
    hidden: allRanks(sizes),
    inputs: 3 * sizes.columns,
    vectors: LAYER_VECTORS.length * sizes.columns,
    first_value: sizes.columns,
    state: sizes.columns * HEAD,
    out: sizes.columns,
  }),
  inputs: { weight: loraWeights },
  outputs: ['first_value', 'state', 'out'],
  cases: [
    { columns: 192, decay: 16, learning_rate: 48, value: 32, gate: 80, wide: 0, first_layer: 0 },
    { columns: 64, decay: 32, learning_rate: 16, value: 0, gate: 160, wide: 1, first_layer: 1 },
    // Rows longer than a variant may fetch at once, in both formats.
    { columns: 128, decay: 144, learning_rate: 144, value: 96, gate: 400, wide: 5, first_layer: 0 },
    { columns: 64, decay: 144, learning_rate: 144, value: 96, gate: 400, wide: 15, first_layer: 0 },
  ],
  tolerance: 1e-9,
  flop: (sizes) => wkv.flop({ columns: sizes.columns, tokens: 1 }) + loraWayFlop(sizes),
  default: 'fused',
  plain: 'separate',
  keeps: ({ first_layer }) => (first_layer === 1 ? ['state'] : ['state', 'first_value']),
} satisfies Kernel;
