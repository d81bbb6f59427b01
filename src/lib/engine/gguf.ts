// A GGUF file as an RWKV-7 model: sizes, tensor table and vocabulary, all of it checked before a weight is read.
// The tensors' names and shapes are those of llama.cpp's converter (src/models/rwkv7.cpp).
import { dequantise, formatOfGgmlType, formats, repack } from '../shaders/formats/formats';
import type { ByteSource } from './bytes';
import { unescapeToken, type TokenTable } from './tokenizer';

/** The sizes of a model. */
export interface Geometry {
  layers: number;
  /** Width of the residual stream, C. */
  embedding: number;
  heads: number;
  /** Only 64. */
  headSize: number;
  /** Width inside channel mix. */
  hidden: number;
  /** Rows of the embedding and of the head. */
  vocabulary: number;
  /** LoRA ranks; `value` is 0 in a model of one layer, which has no value residual. */
  ranks: { decay: number; learningRate: number; value: number; gate: number };
  /** ε of the layer norms (the group norm's is 64e-5). */
  normEpsilon: number;
}

/** One entry of the tensor table. */
export interface Tensor {
  name: string;
  /** GGML order: columns (contiguous), rows, … */
  shape: number[];
  /** Name of a weight format of the engine. */
  format: string;
  /** First byte in the file. */
  offset: number;
  byteLength: number;
}

/** A file that holds a whole, well-formed RWKV-7 model. */
export interface ModelFile {
  source: ByteSource;
  /** What the file calls the model. */
  name: string;
  geometry: Geometry;
  tensors: Map<string, Tensor>;
  tokens: TokenTable;
}

type Metadata = Record<string, unknown>;
interface Header {
  metadata: Metadata;
  tensorInfos: { name: string; shape: bigint[]; dtype: number; offset: bigint }[];
  /** GGML's name of a type number, for messages about types that the engine has no format for. */
  typeNames: Record<number, string | undefined>;
  tensorDataOffset: bigint;
}

/**
 * Reads a file's header and checks everything that can be checked without reading weights: that it is a GGUF of the
 * rwkv7 architecture, whole, with every tensor that the model needs, of the right shape and of a known type, none
 * overlapping, and with a vocabulary. Throws an Error that begins with the source's name and says what is wrong.
 */
export async function openGguf(source: ByteSource): Promise<ModelFile> {
  await checkStart(source);
  const header = await parseHeader(source);
  try {
    checkArchitecture(header.metadata);
    const tensors = tensorTable(header);
    const geometry = readGeometry(header.metadata, tensors);
    for (const expected of expectedTensors(geometry)) checkTensor(tensors, expected);
    checkLayerCount(tensors, geometry.layers);
    checkPlaces(tensors, Number(header.tensorDataOffset), source.size);
    const tokens = readTokens(header.metadata, geometry.vocabulary);
    const name = header.metadata['general.name'];
    return { source, name: typeof name === 'string' && name ? name : source.name, geometry, tensors, tokens };
  } catch (error) {
    throw new Error(`${source.name}: ${messageOf(error)}`, { cause: error });
  }
}

// ---- the header ----

/** Bytes before the first key: magic, version, number of tensors, number of keys. */
const START_BYTES = 24;
/** The parser reads so much at a time, and at most 50 MB. */
const PARSER_STEP = 2_000_000;

/** What must hold before the parser sees the file: it believes the counts, and reads zeros past the end. */
async function checkStart(source: ByteSource): Promise<void> {
  const { name, size } = source;
  const bytes = await source.read(0, Math.min(size, START_BYTES));
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (!'GGUF'.startsWith(magic) || size === 0) {
    const found = size ? `its first bytes are ${JSON.stringify(magic)}, not "GGUF"` : 'it is empty';
    throw new Error(`${name} is not a GGUF file: ${found}`);
  }
  if (size < START_BYTES) throw new Error(`${name} is cut short: its header ends at byte ${size}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint32(4, true);
  if (version === 0x02000000 || version === 0x03000000) {
    throw new Error(`${name} is a big-endian GGUF file; only little-endian ones can be read`);
  }
  if (version !== 2 && version !== 3) {
    throw new Error(`${name} is a GGUF file of version ${version}; versions 2 and 3 can be read`);
  }
  const tensors = view.getBigUint64(8, true);
  const keys = view.getBigUint64(16, true);
  // The shortest entries possible: a name of no bytes, no dimensions, type, offset; a name of no bytes, type, one byte.
  if (tensors * 24n + keys * 13n > BigInt(size - START_BYTES)) {
    const claim = `${tensors} tensors and ${keys} metadata keys`;
    throw new Error(`${name} is damaged or cut short: ${claim} do not fit in its ${size} bytes`);
  }
}

/** Parses the header with @huggingface/gguf, which wants a URL: its requests are answered from the source. */
async function parseHeader(source: ByteSource): Promise<Header> {
  const { gguf, GGMLQuantizationType } = await import('@huggingface/gguf');
  let failed: unknown;
  const answer = async (_url: unknown, request?: { headers?: unknown }) => {
    const range = (request?.headers as Record<string, string>).Range;
    try {
      return await answerRange(source, range);
    } catch (error) {
      failed = error;
      throw error;
    }
  };
  try {
    const parsed = await gguf('https://file.invalid/model.gguf', { fetch: answer as typeof fetch });
    if (parsed.tensorInfoByteRange[1] > source.size) throw new Error('the header goes on past the end');
    // The parser's types know the architectures of Hugging Face's list; rwkv7 is not among them.
    const { metadata, tensorInfos, tensorDataOffset } = parsed as unknown as Header;
    checkAlignment(metadata['general.alignment']);
    return { metadata, tensorInfos, tensorDataOffset, typeNames: GGMLQuantizationType };
  } catch (error) {
    if (failed) throw failed;
    const reason = messageOf(error).replace(/\s+/g, ' ').slice(0, 200); // it may quote the file at length
    throw new Error(
      `${source.name} (${source.size} bytes) is cut short or its header is damaged: ${reason}`,
      {
        cause: error,
      },
    );
  }
}

/** What a server would answer. The parser may prefetch one step past the end, but no more: it would go on for ever. */
async function answerRange(source: ByteSource, range: string): Promise<Response> {
  const [first, last] = range.replace('bytes=', '').split('-').map(Number);
  if (first >= source.size + PARSER_STEP) {
    throw new Error(`${source.name} (${source.size} bytes) is cut short: its header goes on past the end`);
  }
  const end = Math.min(last + 1, source.size);
  const bytes = first < end ? await source.read(first, end - first) : new Uint8Array(0);
  const headers = { 'Content-Range': `bytes ${first}-${last}/${source.size}` };
  return new Response(bytes, { status: 206, headers });
}

function checkAlignment(alignment: unknown): void {
  const bytes = Number(alignment ?? 32);
  // The parser rounds up with a mask, which is right for powers of two only.
  if (![8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].includes(bytes)) {
    throw new Error(`general.alignment is ${shown(alignment)}; possible: powers of two from 8 to 4096`);
  }
}

function checkArchitecture(metadata: Metadata): void {
  const architecture = metadata['general.architecture'];
  if (architecture !== 'rwkv7') {
    throw new Error(`the model's architecture is ${shown(architecture)}; only "rwkv7" can be run`);
  }
  const shifts = metadata['rwkv7.token_shift_count'] ?? 2;
  if (Number(shifts) !== 2) throw new Error(`rwkv7.token_shift_count is ${shown(shifts)}; only 2 can be run`);
}

/** A metadata key's whole number, between the limits. */
function wholeNumber(metadata: Metadata, key: string, least: number, most: number): number {
  const value = metadata[key];
  if (value === undefined) throw new Error(`metadata key ${key} is missing`);
  const number = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(
    `metadata key ${key} is ${shown(value)}; possible: a whole number from ${least} to ${most}`,
  );
}

// ---- the tensors ----

/** GGML's names are shorter than 64 bytes. */
const TENSOR_NAME = /^[\x21-\x7e]{1,63}$/;

function tensorTable({ tensorInfos, tensorDataOffset, typeNames }: Header): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, dtype, offset } of tensorInfos) {
    if (!TENSOR_NAME.test(name)) throw new Error(`a tensor is called ${shown(name)}, which none can be`);
    if (tensors.has(name)) throw new Error(`tensor ${name} is there twice`);
    const format = formatOfGgmlType(dtype);
    if (!format) {
      const type = typeNames[dtype]?.toLowerCase() ?? `number ${dtype}, which GGML does not know`;
      throw new Error(`tensor ${name} has type ${type}; possible: ${Object.keys(formats).join(' ')}`);
    }
    const sizes = shape.map(Number);
    const elements = sizes.reduce((product, size) => product * size, 1);
    if (!sizes.length || !Number.isSafeInteger(elements) || elements === 0) {
      throw new Error(`tensor ${name} has shape ${sizes.join(' × ') || '(none)'}, which nothing can have`);
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

/** The model's sizes: from the metadata, and from the tensors where the metadata only repeats them. */
function readGeometry(metadata: Metadata, tensors: Map<string, Tensor>): Geometry {
  const headSize = wholeNumber(metadata, 'rwkv7.wkv.head_size', 1, 65536);
  if (headSize !== 64) throw new Error(`the model's head size is ${headSize}; only 64 can be run`);
  const embedding = wholeNumber(metadata, 'rwkv7.embedding_length', 64, 65536);
  if (embedding % headSize) {
    throw new Error(`rwkv7.embedding_length is ${embedding}, no multiple of the head size ${headSize}`);
  }
  const layers = wholeNumber(metadata, 'rwkv7.block_count', 1, 1024);
  const hidden = wholeNumber(metadata, 'rwkv7.feed_forward_length', 16, 2 ** 20);
  const epsilon = Number(metadata['rwkv7.attention.layer_norm_epsilon'] ?? 1e-5);
  if (!(epsilon > 0 && epsilon < 0.1)) {
    throw new Error(`rwkv7.attention.layer_norm_epsilon is ${epsilon}; possible: more than 0, less than 0.1`);
  }
  const rows = (name: string) => requireTensor(tensors, name).shape[1] ?? 1;
  return {
    layers,
    embedding,
    heads: embedding / headSize,
    headSize,
    hidden,
    vocabulary: rows('token_embd.weight'),
    ranks: {
      decay: rows('blk.0.time_mix_w1.weight'),
      learningRate: rows('blk.0.time_mix_a1.weight'),
      // Layer 0 has no value residual: what it may have under that name is filled in by the converter.
      value: layers > 1 ? rows('blk.1.time_mix_v1.weight') : 0,
      gate: rows('blk.0.time_mix_g1.weight'),
    },
    normEpsilon: epsilon,
  };
}

interface Expected {
  name: string;
  /** Sizes of one are left out: [C, 1, 1, 6] and [C, 6] are the same bytes. */
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

/** Every tensor the model needs, layer by layer. */
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

function requireTensor(tensors: Map<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`tensor ${name} is missing (there are ${tensors.size} others)`);
  return tensor;
}

/** The formats of norms, biases and lerps: they are few, and kept as f32. */
const VECTOR_FORMATS = ['f32', 'f16', 'bf16'];

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

function checkLayerCount(tensors: Map<string, Tensor>, layers: number): void {
  for (const name of tensors.keys()) {
    const layer = Number(name.match(/^blk\.(\d+)\./)?.[1] ?? 0);
    if (layer >= layers) throw new Error(`rwkv7.block_count is ${layers}, but there is a tensor ${name}`);
  }
}

/** Every tensor lies within the file, on an aligned byte, and on no other tensor. */
function checkPlaces(tensors: Map<string, Tensor>, dataOffset: number, size: number): void {
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

// ---- the vocabulary ----

function readTokens(metadata: Metadata, vocabulary: number): TokenTable {
  const kind = metadata['tokenizer.ggml.model'];
  if (kind !== undefined && kind !== 'rwkv') {
    throw new Error(`the tokenizer is of kind ${shown(kind)}; only "rwkv" can be used`);
  }
  const spellings = metadata['tokenizer.ggml.tokens'];
  if (!Array.isArray(spellings) || spellings.length === 0) {
    throw new Error('the vocabulary has no tokens (metadata key tokenizer.ggml.tokens)');
  }
  if (spellings.length !== vocabulary) {
    throw new Error(
      `the vocabulary has ${spellings.length} tokens, but token_embd.weight has ${vocabulary} rows`,
    );
  }
  const types = metadata['tokenizer.ggml.token_type'] ?? spellings.map(() => 1);
  if (!Array.isArray(types) || types.length !== spellings.length) {
    throw new Error(`tokenizer.ggml.token_type should be a list of ${spellings.length} numbers`);
  }
  return { bytes: spellings.map(tokenBytes), types: types.map(Number) };
}

function tokenBytes(spelling: unknown, id: number): Uint8Array {
  if (typeof spelling !== 'string') throw new Error(`token ${id} of the vocabulary is not a string`);
  try {
    return unescapeToken(spelling);
  } catch (error) {
    throw new Error(`token ${id} of the vocabulary, ${shown(spelling)}: ${messageOf(error)}`);
  }
}

/** A value from the file as a message can show it: short, and on one line. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return typeof value === 'object' ? 'a list' : String(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// ---- the weights ----

/** All of a tensor as f32 numbers, in the order of the file (rows one after another), whatever its format. */
export async function readNumbers(file: ModelFile, name: string): Promise<Float32Array<ArrayBuffer>> {
  const { format, offset, byteLength } = requireTensor(file.tensors, name);
  const bytes = await file.source.read(offset, byteLength);
  return dequantise(formats[format], repack(formats[format], bytes));
}
