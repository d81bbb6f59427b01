import type { Kernel } from '../kernel';
import { lora, loraWayFlop, loraWayWords, loraWeights } from '../shared/lora';

/** The four LoRAs of a layer, many tokens at once: see shared/lora.ts. A rank is a multiple of 16; value may be 0. */
export default {
  about: "A layer's four LoRAs, many tokens at once (prefill)",
  reference: (arrays, sizes) => lora(arrays, sizes, sizes.tokens),
  lengths: (sizes) => ({
    weight: 2 * loraWayWords(sizes),
    shifted: 6 * sizes.tokens * sizes.columns,
    inputs: 6 * sizes.tokens * sizes.columns,
    gate: sizes.tokens * sizes.columns,
  }),
  inputs: { weight: loraWeights },
  outputs: ['inputs', 'gate'],
  cases: [
    { columns: 128, tokens: 64, decay: 32, learning_rate: 32, value: 16, gate: 80, wide: 0 },
    { columns: 192, tokens: 37, decay: 16, learning_rate: 48, value: 0, gate: 160, wide: 1 },
    { columns: 320, tokens: 3, decay: 96, learning_rate: 16, value: 32, gate: 16, wide: 10 },
    // Without a LoRA of the value, whose plane of `inputs` stays as it is; and ranks that a variant may split.
    { columns: 512, tokens: 3, decay: 160, learning_rate: 160, value: 0, gate: 160, wide: 1 },
  ],
  tolerance: 1e-10,
  flop: (sizes) => 2 * loraWayFlop(sizes) * sizes.tokens,
  default: 'tiled',
  plain: 'naive',
  keeps: () => ['inputs'],
} satisfies Kernel;
