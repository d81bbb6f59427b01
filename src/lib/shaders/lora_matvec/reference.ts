import type { Kernel } from '../kernel';
import { lora, loraFlop, loraWeights, loraWords } from '../shared/lora';

/** The four LoRAs of a layer, one token: see shared/lora.ts. */
export default {
  about: "A layer's four LoRAs, one token (decode)",
  reference: (arrays, sizes) => lora(arrays, sizes, 1),
  lengths: (sizes) => ({
    weight: loraWords(sizes),
    shifted: 6 * sizes.columns,
    inputs: 6 * sizes.columns,
    gate: sizes.columns,
  }),
  inputs: { weight: loraWeights },
  outputs: ['inputs', 'gate'],
  cases: [
    { columns: 128, decay: 32, learning_rate: 32, value: 16, gate: 80, wide: 0 },
    { columns: 192, decay: 16, learning_rate: 48, value: 0, gate: 160, wide: 1 },
    { columns: 576, decay: 96, learning_rate: 16, value: 32, gate: 16, wide: 10 },
  ],
  tolerance: 1e-10,
  flop: loraFlop,
  default: 'lanes',
} satisfies Kernel;
