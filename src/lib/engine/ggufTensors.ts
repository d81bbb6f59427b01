/**
 * The tensor table of a GGUF file, and checks that it has all tensors of an RWKV-7 model with the right shapes, types
 * and positions. Names and shapes are those of llama.cpp's converter (src/models/rwkv7.cpp).
 */
import { type Format, formatOfGgmlType, formats } from '../shaders/formats/formats';
import type { Geometry } from './geometry';
import type { ByteSource } from './bytes';
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

/** A file of a model, and its first byte in the joined source. */
export interface Part {
  source: ByteSource;
  header: Header;
  base: number;
}

/** Printable ASCII; GGML limits names to 63 bytes. */
const TENSOR_NAME = /^[\x21-\x7e]{1,63}$/;

/** GGML's names of the weight types by number; those that it has removed since, behind a minus. */
const TYPE_NAMES =
  'f32 f16 q4_0 q4_1 -q4_2 -q4_3 q5_0 q5_1 q8_0 q8_1 q2_k q3_k q4_k q5_k q6_k q8_k iq2_xxs iq2_xs iq3_xxs iq1_s iq4_nl iq3_s ' +
  'iq2_s iq4_xs i8 i16 i32 i64 f64 iq1_m bf16 -q4_0_4_4 -q4_0_4_8 -q4_0_8_8 tq1_0 tq2_0 -iq4_nl_4_4 -iq4_nl_4_8 -iq4_nl_8_8 ' +
  'mxfp4 nvfp4';

/** A type by GGML's number, for messages. */
function typeName(number: number): string {
  const name = TYPE_NAMES.split(' ')[number];
  if (name === undefined) return `number ${number}, which GGML does not know`;
  return name.startsWith('-') ? `${name.slice(1)}, which GGML has removed: the file must be made anew` : name;
}

/**
 * The tensors of all parts by name; offsets are in the joined source. Throws for an unknown type, an impossible shape, an
 * invalid or repeated name, and for tensors that overlap or lie outside their file.
 */
export function tensorTable(parts: Part[]): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const { header, source, base } of parts) {
    const own = header.tensors.map((info): Tensor => {
      const format = checkedFormat(info.name, info.type);
      const { shape, blocks } = checkedShape(info.name, info.shape, format);
      if (info.offset % BigInt(header.alignment))
        throw new Error(
          `tensor ${info.name} begins at byte ${info.offset} of the data, no multiple of the alignment ${header.alignment}`,
        );
      const offset = base + header.dataOffset + Number(info.offset);
      return { name: info.name, shape, format: format.name, offset, byteLength: blocks * format.fileBytes };
    });
    for (const tensor of own) {
      if (tensors.has(tensor.name)) throw new Error(`tensor ${tensor.name} appears twice`);
      tensors.set(tensor.name, tensor);
    }
    checkPlaces(own, base + header.dataOffset, base + source.size, base);
  }
  return tensors;
}

function checkedFormat(name: string, type: number): Format {
  if (!TENSOR_NAME.test(name)) throw new Error(`a tensor has the invalid name ${shown(name)}`);
  const format = formatOfGgmlType(type);
  if (format) return format;
  throw new Error(`tensor ${name} has type ${typeName(type)}; possible: ${Object.keys(formats).join(' ')}`);
}

function checkedShape(name: string, sizes: bigint[], format: Format) {
  const shape = sizes.map(Number);
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!shape.length || !Number.isSafeInteger(elements) || elements === 0)
    throw new Error(`tensor ${name} has shape ${shape.join(' × ') || '(none)'}, which is impossible`);
  if (elements % format.elements)
    throw new Error(
      `tensor ${name} has ${elements} elements, no multiple of ${format.name}'s block of ${format.elements}`,
    );
  return { shape, blocks: elements / format.elements };
}

/** A tensor that the model needs. */
interface Expected {
  name: string;
  /** A vector's is compared without sizes of 1: [C, 1, 1, 6] and [C, 6] have the same bytes. */
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

/**
 * Throws unless the table has every tensor of this geometry, with valid shape and type, and no other: a tensor that the
 * engine does not compute with belongs to another model, whose results it would miss.
 */
export function checkTensors(tensors: Map<string, Tensor>, geometry: Geometry): void {
  const known = new Set(UNUSED);
  for (const expected of expectedTensors(geometry)) {
    checkTensor(tensors, expected);
    known.add(expected.name);
  }
  checkLayerCount(tensors, geometry.layers);
  const others = [...tensors.keys()].filter((name) => !known.has(name));
  if (others.length === 0) return;
  const more = others.length > 1 ? ` (nor are ${others.length - 1} others)` : '';
  throw new Error(
    `tensor ${others[0]} is not part of an RWKV-7 model${more}: results without it would be wrong`,
  );
}

/** Tensors that may be there and are not used: layer 0 has no value residual, but the converter writes placeholders. */
const UNUSED = [0, 1, 2].map((part) => `blk.0.time_mix_v${part}.weight`);

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

/** Throws unless the tensor exists with the expected shape, in whole blocks of its type. */
function checkTensor(tensors: Map<string, Tensor>, { name, shape, matrix }: Expected): void {
  const tensor = requireTensor(tensors, name);
  const sized = (sizes: number[]) => sizes.filter((size) => size !== 1).join();
  const heads = name.endsWith('time_mix_r_k.weight') && sized(tensor.shape) === `64,${shape[0] / 64}`;
  const right = matrix ? tensor.shape.join() === shape.join() : sized(tensor.shape) === sized(shape);
  if (!right && !heads) {
    const is = tensor.shape.join(' × ');
    throw new Error(`tensor ${name} has shape ${is}; it should have ${shape.join(' × ')} (columns × rows)`);
  }
  const { elements } = formats[tensor.format];
  const step = matrix ? Math.max(16, elements) : elements;
  if (shape[0] % step)
    throw new Error(`tensor ${name} has ${shape[0]} columns; ${tensor.format} needs a multiple of ${step}`);
}

/** Throws when there are tensors of more layers than the metadata states. */
function checkLayerCount(tensors: Map<string, Tensor>, layers: number): void {
  for (const name of tensors.keys()) {
    const layer = Number(name.match(/^blk\.(\d+)\./)?.[1] ?? 0);
    if (layer >= layers) throw new Error(`rwkv7.block_count is ${layers}, but there is a tensor ${name}`);
  }
}

/** Throws unless every tensor of a file lies within it and overlaps no other; positions are in the joined source. */
function checkPlaces(tensors: Tensor[], dataStart: number, fileEnd: number, base: number): void {
  const inOrder = [...tensors].sort((a, b) => a.offset - b.offset);
  let end = dataStart;
  let before = 'the header';
  for (const { name, offset, byteLength } of inOrder) {
    if (offset < end)
      throw new Error(
        `tensor ${name} begins at byte ${offset - base}, but ${before} ends at byte ${end - base}`,
      );
    end = offset + byteLength;
    before = name;
    if (end <= fileEnd) continue;
    const missing = Math.min(byteLength, end - fileEnd);
    const last = inOrder[inOrder.length - 1];
    throw new Error(
      `the file is cut short: ${missing} of ${byteLength} bytes of tensor ${name} are missing ` +
        `(it has ${fileEnd - base} bytes and should have ${last.offset + last.byteLength - base})`,
    );
  }
}
