// A layer's four LoRAs together: decay, learning rate, value mix and gate; the twin of lora.wgsl.
import type { Arrays, Random, Sizes } from '../kernel';
import { f16 } from './f16';
import { f32 } from './f32';

/** Planes of `shifted` (r k v w a g) that the LoRAs read, and of `inputs` (r k v w a b) that they write; the gate has a buffer. */
const FROM = [3, 4, 2, 5];
const TO = [3, 4, 5];
/** What happens inside, between the way down and the way up. */
const INNER = [Math.tanh, identity, identity, (x: number) => 1 / (1 + Math.exp(-x))];

const ranksOf = ({ decay, learning_rate, value, gate }: Sizes) => [decay, learning_rate, value, gate];
/** Bit i of `wide`: the i-th LoRA has f32 weights; else f16, two a word. */
const isWide = ({ wide }: Sizes, i: number) => Math.floor(wide / 2 ** i) % 2 === 1;

/** Words of all weights: for each LoRA rank × columns (down), then columns × rank (up). */
export const loraWords = (sizes: Sizes) =>
  ranksOf(sizes).reduce((sum, rank, i) => sum + (isWide(sizes, i) ? 2 : 1) * sizes.columns * rank, 0);

/** out = up · inner(down · x), for each LoRA and token. */
export function lora({ weight, shifted, inputs, gate }: Arrays, sizes: Sizes, tokens: number) {
  const { columns } = sizes;
  const plane = tokens * columns;
  let word = 0;
  ranksOf(sizes).forEach((rank, i) => {
    const format = isWide(sizes, i) ? f32 : f16;
    const matrix = new Float32Array(2 * columns * rank);
    for (let k = 0; k < matrix.length; k += format.elements, word++)
      format.dequantise(weight as Uint32Array, word, matrix, k);
    const down = matrix.subarray(0, columns * rank);
    const up = matrix.subarray(columns * rank);
    if (rank === 0) return;
    for (let token = 0; token < tokens; token++) {
      const x = shifted.subarray(FROM[i] * plane + token * columns, FROM[i] * plane + (token + 1) * columns);
      const hidden = multiply(down, x, rank).map(INNER[i]);
      const out = multiply(up, hidden, columns);
      if (i < 3) inputs.set(out, TO[i] * plane + token * columns);
      else gate.set(out, token * columns);
    }
  });
}

function multiply(matrix: Float32Array, x: ArrayLike<number>, rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < x.length; k++) sum += matrix[row * x.length + k] * x[k];
    return sum;
  });
}

/** Weights for a check: f32 and f16 where `wide` says so. */
export function loraWeights(length: number, random: Random, sizes: Sizes): Uint32Array {
  const words = new Uint32Array(length);
  let word = 0;
  ranksOf(sizes).forEach((rank, i) => {
    const format = isWide(sizes, i) ? f32 : f16;
    const end = word + (2 * sizes.columns * rank) / format.elements;
    for (; word < end; word++) format.randomise(words, word, random);
  });
  return words;
}

export const loraFlop = (sizes: Sizes) =>
  4 * sizes.columns * ranksOf(sizes).reduce((sum, rank) => sum + rank, 0);

function identity(x: number) {
  return x;
}
