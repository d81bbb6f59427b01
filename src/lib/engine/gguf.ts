// Opens a GGUF file as an RWKV-7 model. Checks sizes, tensor table and vocabulary before any weight is read.
import { dequantise, formats, repack } from '../shaders/formats/formats';
import type { ByteSource } from './bytes';
import type { Geometry } from './geometry';
import { messageOf, type Metadata, shown, wholeNumber } from './ggufHeader';
import { completed, joinedParts, readParts } from './ggufParts';
import { checkTensors, requireTensor, type Tensor, tensorTable } from './ggufTensors';
import { type TokenTable, unescapeToken } from './tokenizer';

export type { Geometry };

/** An open file that holds a complete, well-formed RWKV-7 model. */
export interface ModelFile {
  /** The bytes that the tensors' offsets refer to: the file, or all parts of a split one. */
  source: ByteSource;
  /** The model's name in the metadata, or the source's name if it has none. */
  name: string;
  geometry: Geometry;
  tensors: Map<string, Tensor>;
  tokens: TokenTable;
}

/**
 * Reads a file's header and checks everything that needs no weights: the file is a complete GGUF of the rwkv7
 * architecture, has a vocabulary, and has every tensor with the right shape and a known type, without overlaps. Of a split
 * file any part may be given; the others are asked of the source. Files of older converters are completed (ggufParts.ts).
 * Throws an Error that begins with the source's name and says what is wrong.
 */
export async function openGguf(source: ByteSource): Promise<ModelFile> {
  const parts = await readParts(source);
  try {
    const { metadata } = parts[0].header;
    checkArchitecture(metadata);
    const tensors = tensorTable(parts);
    const sizes = readSizes(metadata);
    const all = completed(tensors, joinedParts(parts), sizes.layers, sizes.embedding);
    const geometry = readGeometry(sizes, tensors);
    checkTensors(tensors, geometry);
    const tokens = readTokens(metadata, geometry.vocabulary);
    const name = metadata.get('general.name');
    return {
      source: all,
      name: typeof name === 'string' && name ? name : parts[0].source.name,
      geometry,
      tensors,
      tokens,
    };
  } catch (error) {
    throw new Error(`${source.name}: ${messageOf(error)}`, { cause: error });
  }
}

function checkArchitecture(metadata: Metadata): void {
  const architecture = metadata.get('general.architecture');
  if (architecture === 'arwkv7')
    throw new Error(
      'the model\'s architecture is "arwkv7": the time mixing of RWKV-7 with the feed-forward layers of Qwen, which this lab does not compute; only "rwkv7" can be run',
    );
  if (architecture === undefined)
    throw new Error(
      'its metadata does not name an architecture (general.architecture); only "rwkv7" can be run',
    );
  if (architecture !== 'rwkv7') {
    throw new Error(`the model's architecture is ${shown(architecture)}; only "rwkv7" can be run`);
  }
  const shifts = metadata.get('rwkv7.token_shift_count') ?? 2;
  if (shifts !== 2) throw new Error(`rwkv7.token_shift_count is ${shown(shifts)}; only 2 can be run`);
}

type MainSizes = Pick<Geometry, 'layers' | 'embedding' | 'headSize' | 'hidden' | 'normEpsilon'>;

/** The sizes that the metadata state. */
function readSizes(metadata: Metadata): MainSizes {
  const headSize = wholeNumber(metadata, 'rwkv7.wkv.head_size', 1, 65536);
  if (headSize !== 64) throw new Error(`the model's head size is ${headSize}; only 64 can be run`);
  const embedding = wholeNumber(metadata, 'rwkv7.embedding_length', 64, 65536);
  if (embedding % headSize) {
    throw new Error(`rwkv7.embedding_length is ${embedding}, no multiple of the head size ${headSize}`);
  }
  const layers = wholeNumber(metadata, 'rwkv7.block_count', 1, 1024);
  const hidden = wholeNumber(metadata, 'rwkv7.feed_forward_length', 16, 2 ** 20);
  const normEpsilon = Number(metadata.get('rwkv7.attention.layer_norm_epsilon') ?? 1e-5);
  if (!(normEpsilon > 0 && normEpsilon < 0.1)) {
    throw new Error(
      `rwkv7.attention.layer_norm_epsilon is ${normEpsilon}; possible: more than 0, less than 0.1`,
    );
  }
  return { layers, embedding, headSize, hidden, normEpsilon };
}

/** All sizes: those of the metadata, and vocabulary and LoRA ranks from the tensor shapes. */
function readGeometry(sizes: MainSizes, tensors: Map<string, Tensor>): Geometry {
  const rows = (name: string) => requireTensor(tensors, name).shape[1] ?? 1;
  return {
    ...sizes,
    heads: sizes.embedding / sizes.headSize,
    vocabulary: rows('token_embd.weight'),
    ranks: {
      decay: rows('blk.0.time_mix_w1.weight'),
      learningRate: rows('blk.0.time_mix_a1.weight'),
      // Layer 0 has no value residual; if it has such a tensor, that is a placeholder written by the converter.
      value: sizes.layers > 1 ? rows('blk.1.time_mix_v1.weight') : 0,
      gate: rows('blk.0.time_mix_g1.weight'),
    },
  };
}

/** The bytes and the type of every token. A file without types gets type 1 (normal) for all. */
function readTokens(metadata: Metadata, vocabulary: number): TokenTable {
  const kind = metadata.get('tokenizer.ggml.model');
  if (kind !== undefined && kind !== 'rwkv') {
    throw new Error(`the tokenizer is of kind ${shown(kind)}; only "rwkv" can be used`);
  }
  const spellings = metadata.get('tokenizer.ggml.tokens');
  if (spellings === undefined || (Array.isArray(spellings) && spellings.length === 0)) {
    throw new Error('the vocabulary has no tokens (metadata key tokenizer.ggml.tokens)');
  }
  if (!isTexts(spellings)) throw new Error('token 0 of the vocabulary is not a string');
  if (spellings.length !== vocabulary) {
    throw new Error(
      `the vocabulary has ${spellings.length} tokens, but token_embd.weight has ${vocabulary} rows`,
    );
  }
  const types = metadata.get('tokenizer.ggml.token_type') ?? spellings.map(() => 1);
  if (!Array.isArray(types) || types.length !== spellings.length) {
    throw new Error(`tokenizer.ggml.token_type should be a list of ${spellings.length} numbers`);
  }
  return { bytes: tokenBytes(spellings), types: types.map(Number) };
}

const isTexts = (value: unknown): value is Uint8Array[] =>
  Array.isArray(value) && value.every((each) => each instanceof Uint8Array);

/**
 * The bytes of each token. Converters write them escaped, so that no control character occurs; some write the bytes
 * themselves, which is known by the control characters that are tokens of every RWKV vocabulary.
 */
function tokenBytes(spellings: Uint8Array[]): Uint8Array[] {
  if (spellings.some((bytes) => bytes.some((byte) => byte < 32)))
    return spellings.map((bytes) => bytes.slice());
  const decoder = new TextDecoder();
  return spellings.map((bytes, id) => {
    const spelling = decoder.decode(bytes);
    try {
      return unescapeToken(spelling);
    } catch (error) {
      throw new Error(`token ${id} of the vocabulary, ${shown(spelling)}: ${messageOf(error)}`);
    }
  });
}

/** Reads a tensor of any format as f32, row by row as in the file. Throws when there is no such tensor. */
export async function readNumbers(file: ModelFile, name: string): Promise<Float32Array<ArrayBuffer>> {
  const { format, offset, byteLength } = requireTensor(file.tensors, name);
  const bytes = await file.source.read(offset, byteLength);
  return dequantise(formats[format], repack(formats[format], bytes));
}
