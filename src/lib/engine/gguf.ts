// Opens a GGUF file as an RWKV-7 model. Checks sizes, tensor table and vocabulary before any weight is read.
import { dequantise, formats, repack } from '../shaders/formats/formats';
import type { ByteSource } from './bytes';
import type { Geometry } from './geometry';
import { messageOf, type Metadata, readHeader, shown, wholeNumber } from './ggufHeader';
import { checkPlaces, checkTensors, requireTensor, type Tensor, tensorTable } from './ggufTensors';
import { unescapeToken, type TokenTable } from './tokenizer';

export type { Geometry, Tensor };

/** An open file that holds a complete, well-formed RWKV-7 model. */
export interface ModelFile {
  source: ByteSource;
  /** The model's name in the metadata, or the source's name if it has none. */
  name: string;
  geometry: Geometry;
  tensors: Map<string, Tensor>;
  tokens: TokenTable;
}

/**
 * Reads a file's header and checks everything that needs no weights: the file is a complete GGUF of the rwkv7
 * architecture, has a vocabulary, and has every tensor with the right shape and a known type, without overlaps. Throws
 * an Error that begins with the source's name and says what is wrong.
 */
export async function openGguf(source: ByteSource): Promise<ModelFile> {
  const header = await readHeader(source);
  try {
    checkArchitecture(header.metadata);
    const tensors = tensorTable(header);
    const geometry = readGeometry(header.metadata, tensors);
    checkTensors(tensors, geometry);
    checkPlaces(tensors, Number(header.tensorDataOffset), source.size);
    const tokens = readTokens(header.metadata, geometry.vocabulary);
    const name = header.metadata['general.name'];
    return { source, name: typeof name === 'string' && name ? name : source.name, geometry, tensors, tokens };
  } catch (error) {
    throw new Error(`${source.name}: ${messageOf(error)}`, { cause: error });
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

/** The model's sizes: vocabulary and LoRA ranks from the tensor shapes, the others from the metadata. */
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
      // Layer 0 has no value residual; if it has such a tensor, that is a placeholder written by the converter.
      value: layers > 1 ? rows('blk.1.time_mix_v1.weight') : 0,
      gate: rows('blk.0.time_mix_g1.weight'),
    },
    normEpsilon: epsilon,
  };
}

/** The bytes and the type of every token. A file without types gets type 1 (normal) for all. */
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

/** Reads a tensor of any format as f32, row by row as in the file. Throws when there is no such tensor. */
export async function readNumbers(file: ModelFile, name: string): Promise<Float32Array<ArrayBuffer>> {
  const { format, offset, byteLength } = requireTensor(file.tensors, name);
  const bytes = await file.source.read(offset, byteLength);
  return dequantise(formats[format], repack(formats[format], bytes));
}
