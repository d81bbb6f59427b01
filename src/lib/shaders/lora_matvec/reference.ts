import type { Kernel } from '../kernel';
import { allRanks, loraDown, loraWayFlop, loraWayWords, loraWeights } from '../shared/lora';

/** The way down of a layer's four LoRAs, one token; the way up is wkv_token's. See shared/lora.ts. */
export default {
  about: "The way down of a layer's four LoRAs, one token (decode)",
  reference: (arrays, sizes) => loraDown(arrays, sizes, 1),
  lengths: (sizes) => ({
    weight: loraWayWords(sizes),
    shifted: 6 * sizes.columns,
    hidden: allRanks(sizes),
  }),
  inputs: { weight: loraWeights },
  outputs: ['hidden'],
  cases: [
    { columns: 128, decay: 32, learning_rate: 32, value: 16, gate: 80, wide: 0 },
    { columns: 192, decay: 16, learning_rate: 48, value: 0, gate: 160, wide: 1 },
    { columns: 576, decay: 96, learning_rate: 16, value: 32, gate: 16, wide: 10 },
  ],
  tolerance: 1e-10,
  flop: loraWayFlop,
  default: 'lanes',
  plain: 'naive',
} satisfies Kernel;
