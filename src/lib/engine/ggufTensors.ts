/**
 * The tensor table of a GGUF file, and checks that it has all tensors of an RWKV-7 model with the right shapes, types
 * and positions. Names and shapes are those of llama.cpp's converter (src/models/rwkv7.cpp).
 */
import { formatOfGgmlType, formats } from '../shaders/formats/formats';
import type { Geometry } from './geometry';
import { type Header, shown } from './ggufHeader';

/** One entry of the tensor table. */
export interface Tensor {
  name: string;
  /** Sizes in GGML's order: columns (contiguous in memory), rows, … */
  shape: number[];
  /** Name of a weight format in shaders/formats. */
  format: string;
  /** Position of the tensor's first byte in the file. */
  offset: number;
  byteLength: number;
}

/** Printable ASCII; GGML limits names to 63 bytes. */
const TENSOR_NAME = /^[\x21-\x7e]{1,63}$/;

/** The tensors by name. Throws for an unknown type, an impossible shape, and an invalid or repeated name. */
export function tensorTable({ tensorInfos, tensorDataOffset, typeNames }: Header): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, dtype, offset } of tensorInfos) {
    if (!TENSOR_NAME.test(name)) throw new Error(`a tensor has the invalid name ${shown(name)}`);
    if (tensors.has(name)) throw new Error(`tensor ${name} appears twice`);
    const format = formatOfGgmlType(dtype);
    if (!format) {
      const type = typeNames[dtype]?.toLowerCase() ?? `number ${dtype}, which GGML does not know`;
      throw new Error(`tensor ${name} has type ${type}; possible: ${Object.keys(formats).join(' ')}`);
    }
    const sizes = shape.map(Number);
    const elements = sizes.reduce((product, size) => product * size, 1);
    if (!sizes.length || !Number.isSafeInteger(elements) || elements === 0) {
      throw new Error(`tensor ${name} has shape ${sizes.join(' × ') || '(none)'}, which is impossible`);
    }
    if (elements % format.elements) {
      throw new Error(
        `tensor ${name} has ${elements} elements, no multiple of ${format.name}'s block of ${format.elements}`,
      );
    }
    const byteLength = (elements / format.elements) * format.fileBytes;
    const start = Number(tensorDataOffset + offset);
    tensors.set(name, { name, shape: sizes, format: format.name, offset: start, byteLength });
  }
  return tensors;
}

/** A tensor that the model needs. */
interface Expected {
  name: string;
  /** Compared without sizes of 1: [C, 1, 1, 6] and [C, 6] have the same bytes. */
  shape: number[];
  matrix: boolean;
}

const matrix = (name: string, columns: number, rows: number): Expected => {
  return { name: `${name}.weight`, shape: [columns, rows], matrix: true };
};
const vector = (name: string, ...shape: number[]): Expected => {
  return { name: `${name}.weight`, shape, matrix: false };
};
const norm = (name: string, length: number): Expected[] => [
  vector(name, length),
  { name: `${name}.bias`, shape: [length], matrix: false },
];

/** Throws unless the table has every tensor of this geometry, with valid shape and type, and no further layers. */
export function checkTensors(tensors: Map<string, Tensor>, geometry: Geometry): void {
  for (const expected of expectedTensors(geometry)) checkTensor(tensors, expected);
  checkLayerCount(tensors, geometry.layers);
}

/** Every tensor that a model of this geometry needs, layer by layer. */
function* expectedTensors(geometry: Geometry): Generator<Expected> {
  const { embedding, vocabulary, layers } = geometry;
  yield matrix('token_embd', embedding, vocabulary);
  yield* norm('token_embd_norm', embedding);
  yield* norm('output_norm', embedding);
  yield matrix('output', embedding, vocabulary);
  for (let layer = 0; layer < layers; layer++) yield* expectedLayer(geometry, layer);
}

function* expectedLayer({ embedding, hidden, ranks }: Geometry, layer: number): Generator<Expected> {
  const block = `blk.${layer}.`;
  const mix = `${block}time_mix_`;
  const lowRank = function* (letter: string, rank: number) {
    yield vector(`${mix}${letter}0`, embedding);
    yield matrix(`${mix}${letter}1`, embedding, rank);
    yield matrix(`${mix}${letter}2`, rank, embedding);
  };
  yield* norm(`${block}attn_norm`, embedding);
  yield* norm(`${block}attn_norm_2`, embedding);
  yield vector(`${mix}lerp_fused`, embedding, 6);
  yield* lowRank('w', ranks.decay);
  yield* lowRank('a', ranks.learningRate);
  if (layer > 0) yield* lowRank('v', ranks.value);
  yield matrix(`${mix}g1`, embedding, ranks.gate);
  yield matrix(`${mix}g2`, ranks.gate, embedding);
  for (const name of ['k_k', 'k_a', 'r_k']) yield vector(mix + name, embedding);
  for (const name of ['receptance', 'key', 'value', 'output']) yield matrix(mix + name, embedding, embedding);
  yield* norm(`${mix}ln`, embedding);
  yield vector(`${block}channel_mix_lerp_k`, embedding);
  yield matrix(`${block}channel_mix_key`, embedding, hidden);
  yield matrix(`${block}channel_mix_value`, hidden, embedding);
}

/** The tensor of this name. Throws when it is missing. */
export function requireTensor(tensors: Map<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`tensor ${name} is missing (there are ${tensors.size} others)`);
  return tensor;
}

/** Formats allowed for norms, biases and lerps, which are small and kept as f32 on the GPU. */
const VECTOR_FORMATS = ['f32', 'f16', 'bf16'];

/** Throws unless the tensor exists with the expected shape and a type that the engine supports in this position. */
function checkTensor(tensors: Map<string, Tensor>, { name, shape, matrix }: Expected): void {
  const tensor = requireTensor(tensors, name);
  const plain = tensor.shape.filter((size, i) => i === 0 || size !== 1);
  const wanted = shape.filter((size, i) => i === 0 || size !== 1);
  if (plain.join() !== wanted.join()) {
    const is = tensor.shape.join(' × ');
    throw new Error(`tensor ${name} has shape ${is}; it should have ${shape.join(' × ')} (columns × rows)`);
  }
  if (!matrix && !VECTOR_FORMATS.includes(tensor.format)) {
    throw new Error(`tensor ${name} has type ${tensor.format}; possible there: ${VECTOR_FORMATS.join(' ')}`);
  }
  const step = Math.max(16, formats[tensor.format].elements);
  if (matrix && shape[0] % step) {
    throw new Error(`tensor ${name} has ${shape[0]} columns; ${tensor.format} needs a multiple of ${step}`);
  }
}

/** Throws when there are tensors of more layers than the metadata states. */
function checkLayerCount(tensors: Map<string, Tensor>, layers: number): void {
  for (const name of tensors.keys()) {
    const layer = Number(name.match(/^blk\.(\d+)\./)?.[1] ?? 0);
    if (layer >= layers) throw new Error(`rwkv7.block_count is ${layers}, but there is a tensor ${name}`);
  }
}

/** Throws unless every tensor lies within the file, starts at a multiple of 4 and overlaps no other; sizes in bytes. */
export function checkPlaces(tensors: Map<string, Tensor>, dataOffset: number, size: number): void {
  const inOrder = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  let end = dataOffset;
  let before = 'the header';
  for (const tensor of inOrder) {
    const { name, offset, byteLength } = tensor;
    if (offset < end) {
      throw new Error(`tensor ${name} begins at byte ${offset}, but ${before} ends at byte ${end}`);
    }
    if (offset % 4) throw new Error(`tensor ${name} begins at byte ${offset}, no multiple of 4`);
    end = offset + byteLength;
    before = name;
    if (end > size) {
      const missing = Math.min(byteLength, end - size);
      const last = inOrder[inOrder.length - 1];
      const whole = last.offset + last.byteLength;
      throw new Error(
        `the file is cut short: ${missing} of ${byteLength} bytes of tensor ${name} are missing ` +
          `(it has ${size} bytes and should have ${whole})`,
      );
    }
  }
}
