import type { Kernel } from '../kernel';
import { allRanks, loraDown, loraWayFlop, loraWayWords, loraWeights } from '../shared/lora';
import { MOST_SEQUENCES } from '../shared/sequences';

/** lora_matvec for a token of each of several sequences, for which each weight is read once. */
export default {
  about: "The way down of a layer's four LoRAs, a token of each of several sequences (decode)",
  reference: (arrays, sizes) => loraDown(arrays, sizes, sizes.tokens),
  lengths: (sizes) => ({
    weight: loraWayWords(sizes),
    shifted: 6 * sizes.tokens * sizes.columns,
    hidden: sizes.tokens * allRanks(sizes),
  }),
  inputs: { weight: loraWeights },
  outputs: ['hidden'],
  cases: [
    { columns: 128, tokens: 2, decay: 32, learning_rate: 32, value: 16, gate: 80, wide: 0 },
    { columns: 192, tokens: 3, decay: 16, learning_rate: 48, value: 0, gate: 160, wide: 1 },
    { columns: 576, tokens: MOST_SEQUENCES, decay: 96, learning_rate: 16, value: 32, gate: 16, wide: 10 },
  ],
  tolerance: 1e-10,
  flop: (sizes) => sizes.tokens * loraWayFlop(sizes),
  default: 'lanes',
  plain: 'lanes',
} satisfies Kernel;
