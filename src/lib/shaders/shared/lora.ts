// A layer's four LoRAs together: decay, learning rate, value mix and gate; the twin of lora.wgsl.
import type { Arrays, Random, Sizes } from '../kernel';
import { f16 } from '../formats/f16';
import { f32 } from '../formats/f32';

/** Planes of `shifted` (r k v w a g) that the LoRAs read, and of `inputs` (r k v w a b) that they write; the gate has a buffer. */
const FROM = [3, 4, 2, 5];
const TO = [3, 4, 5];
/** The activation between the down and the up projection. */
const INNER = [Math.tanh, identity, identity, (x: number) => 1 / (1 + Math.exp(-x))];

const ranksOf = ({ decay, learning_rate, value, gate }: Sizes) => [decay, learning_rate, value, gate];
/** Bit i of `wide`: the i-th LoRA has f32 weights; else f16, two a word. */
const isWide = ({ wide }: Sizes, i: number) => Math.floor(wide / 2 ** i) % 2 === 1;

export const allRanks = (sizes: Sizes) => ranksOf(sizes).reduce((sum, rank) => sum + rank, 0);

/** Words of the weights of one way: for each LoRA rank × columns (down), or columns × rank (up). */
export const loraWayWords = (sizes: Sizes) =>
  ranksOf(sizes).reduce((sum, rank, i) => sum + ((isWide(sizes, i) ? 2 : 1) * sizes.columns * rank) / 2, 0);

/** hidden (tokens × all ranks) = inner(down · x), for each LoRA and token. */
export function loraDown({ weight, shifted, hidden }: Arrays, sizes: Sizes, tokens: number) {
  const { columns } = sizes;
  eachLora(weight as Uint32Array, sizes, ({ i, rank, before, matrix }) => {
    for (let token = 0; token < tokens; token++) {
      const at = (FROM[i] * tokens + token) * columns;
      const sums = multiply(matrix, shifted.subarray(at, at + columns), rank);
      hidden.set(sums.map(INNER[i]), token * allRanks(sizes) + before);
    }
  });
}

/** inputs and gate (tokens × columns each plane) = up · hidden, for each LoRA and token. */
export function loraUp({ weight, hidden, inputs, gate }: Arrays, sizes: Sizes, tokens: number) {
  const { columns } = sizes;
  eachLora(weight as Uint32Array, sizes, ({ i, rank, before, matrix }) => {
    for (let token = 0; token < tokens; token++) {
      const at = token * allRanks(sizes) + before;
      const out = multiply(matrix, hidden.subarray(at, at + rank), columns);
      if (i < 3) inputs.set(out, (TO[i] * tokens + token) * columns);
      else gate.set(out, token * columns);
    }
  });
}

/** Both ways: `weight` has all LoRAs' way down, then all their way up. */
export function lora(arrays: Arrays, sizes: Sizes, tokens: number) {
  const words = loraWayWords(sizes);
  const hidden = new Float32Array(tokens * allRanks(sizes));
  loraDown({ ...arrays, hidden, weight: arrays.weight.subarray(0, words) }, sizes, tokens);
  loraUp({ ...arrays, hidden, weight: arrays.weight.subarray(words) }, sizes, tokens);
}

interface Way {
  i: number;
  rank: number;
  /** Ranks of the LoRAs before it. */
  before: number;
  /** Its weights of this way. */
  matrix: Float32Array;
}

function eachLora(weight: Uint32Array, sizes: Sizes, use: (way: Way) => void) {
  let word = 0;
  let before = 0;
  ranksOf(sizes).forEach((rank, i) => {
    const format = isWide(sizes, i) ? f32 : f16;
    const matrix = new Float32Array(sizes.columns * rank);
    for (let k = 0; k < matrix.length; k += format.elements, word++)
      format.dequantise(weight, word, matrix, k);
    if (rank > 0) use({ i, rank, before, matrix });
    before += rank;
  });
}

function multiply(matrix: Float32Array, x: ArrayLike<number>, rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < x.length; k++) sum += matrix[row * x.length + k] * x[k];
    return sum;
  });
}

/** Weights for a check, of one way or of both: f32 and f16 where `wide` says so. */
export function loraWeights(length: number, random: Random, sizes: Sizes): Uint32Array {
  const words = new Uint32Array(length);
  for (let word = 0; word < length;)
    ranksOf(sizes).forEach((rank, i) => {
      const format = isWide(sizes, i) ? f32 : f16;
      const end = word + (sizes.columns * rank) / format.elements;
      for (; word < end; word++) format.randomise(words, word, random);
    });
  return words;
}

/** Operations of one projection, for one token. */
export const loraWayFlop = (sizes: Sizes) => 2 * sizes.columns * allRanks(sizes);

function identity(x: number) {
  return x;
}
