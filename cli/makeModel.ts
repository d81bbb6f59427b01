// Writes a synthetic model as a file, to measure how fast files load, and for programs that read only files.
import { open } from 'node:fs/promises';
import { type Synthetic, syntheticFormat } from '../src/lib/engine/geometries';
import type { Geometry } from '../src/lib/engine/geometry';
import { pieceSizes } from '../src/lib/engine/synthetic';
import { arrange } from '../src/lib/engine/arrangement';
import { kernels } from '../src/lib/shaders';
import { formats } from '../src/lib/shaders/formats/formats';

const ALIGNMENT = 32;
const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Types of metadata values in a GGUF file. */
const [U32, F32, TEXT, TEXTS] = [4, 6, 8, 9];
type Entry = [key: string, type: number, value: number | string | string[]];

interface Planned {
  name: string;
  shape: number[];
  format: string;
}

/** Writes the weights that the synthetic model has with seed 1 to a file, its tensors typed as in Q4_K_M. */
export async function makeModel(path: string, model: Synthetic): Promise<void> {
  const { geometry } = model;
  const tensors = planned(model);
  const file = await open(path, 'w');
  try {
    const header = headerOf(geometry, tensors);
    await file.write(header, 0, header.byteLength, 0);
    let at = align(header.byteLength);
    for (const tensor of tensors) {
      let done = 0;
      for (const bytes of weightsOf(tensor, model)) {
        await file.write(bytes, 0, bytes.byteLength, at + done);
        done += bytes.byteLength;
      }
      at += align(done);
    }
    await file.truncate(at);
  } finally {
    await file.close();
  }
}

/**
 * Every tensor of the geometry: those that the engine arranges, with the shapes of a file, and the value residual of block 0,
 * which the converter writes and llama.cpp wants, although nothing uses it.
 */
function planned(model: Synthetic): Planned[] {
  const { geometry } = model;
  const { embedding, ranks } = geometry;
  const formatOf = (tensor: string) => syntheticFormat(tensor, model);
  const sizes = new Map<string, number>();
  const roomy = { maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 40 };
  arrange(geometry, formatOf, roomy, ({ pieces }) => {
    for (const { tensor, elements } of pieces) sizes.set(tensor, (sizes.get(tensor) ?? 0) + elements);
  });
  const unused = { 0: embedding, 1: embedding * ranks.learningRate, 2: embedding * ranks.learningRate };
  for (const [part, elements] of Object.entries(unused))
    sizes.set(`blk.0.time_mix_v${part}.weight`, elements);
  return [...sizes].map(([name, elements]) => ({
    name,
    shape: shapeOf(name, elements, geometry),
    format: formatOf(name),
  }));
}

function shapeOf(name: string, elements: number, { embedding, hidden }: Geometry): number[] {
  if (name.endsWith('time_mix_lerp_fused.weight')) return [embedding, 1, 1, elements / embedding];
  const columns = /time_mix_[wavg]2\.weight$/.test(name)
    ? elements / embedding
    : name.endsWith('channel_mix_value.weight')
      ? hidden
      : embedding;
  return elements === columns ? [columns] : [columns, elements / columns];
}

const bytesOf = (shape: number[], format: string) =>
  (elementsOf(shape) / formats[format].elements) * formats[format].fileBytes;
const elementsOf = (shape: number[]) => shape.reduce((product, size) => product * size, 1);

/** Blocks that are made at a time: a few megabytes. */
const BATCH = 2 ** 15;

/** The bytes of a tensor as the page generates them for the synthetic model with seed 1, in order. */
function* weightsOf({ name, shape, format }: Planned, model: Synthetic): Generator<Uint8Array> {
  const { elements, words, fileBytes } = formats[format];
  const blocks = elementsOf(shape) / elements;
  for (let first = 0; first < blocks; first += BATCH) {
    const count = Math.min(BATCH, blocks - first);
    const weight = new Uint32Array(count * words);
    const range = { firstElement: first * elements, elements: count * elements, word: 0 };
    const piece = { tensor: name, format, held: format, ...range };
    kernels[`synthesise_${format}`].reference({ weight }, pieceSizes(piece, model, 1));
    const bytes = new Uint8Array(weight.buffer);
    // Blocks are padded to whole words on the GPU, but not in a file.
    if (fileBytes < 4 * words)
      for (let block = 1; block < count; block++)
        bytes.copyWithin(fileBytes * block, 4 * words * block, 4 * words * block + fileBytes);
    yield bytes.subarray(0, count * fileBytes);
  }
}

/** An end of text, every byte as RWKV files write them, so that all text can be read, and words that do not occur. */
function tokenOf(id: number): string {
  if (id === 0) return '<s>';
  return id <= 256 ? `\\x${(id - 1).toString(16).padStart(2, '0')}` : `token ${id}`;
}

/** The facts of a model that the engine and llama.cpp need; llama.cpp wants the keys that our reader takes from shapes, too. */
function metadataOf({ layers, embedding, hidden, vocabulary, ranks, normEpsilon }: Geometry): Entry[] {
  return [
    ['general.architecture', TEXT, 'rwkv7'],
    ['general.quantization_version', U32, 2],
    ['rwkv7.context_length', U32, 8192],
    ['rwkv7.block_count', U32, layers],
    ['rwkv7.embedding_length', U32, embedding],
    ['rwkv7.feed_forward_length', U32, hidden],
    ['rwkv7.wkv.head_size', U32, 64],
    ['rwkv7.attention.head_count', U32, 0],
    ['rwkv7.attention.layer_norm_epsilon', F32, normEpsilon],
    ['rwkv7.attention.decay_lora_rank', U32, ranks.decay],
    ['rwkv7.attention.iclr_lora_rank', U32, ranks.learningRate],
    ['rwkv7.attention.value_residual_mix_lora_rank', U32, ranks.value],
    ['rwkv7.attention.gate_lora_rank', U32, ranks.gate],
    ['tokenizer.ggml.model', TEXT, 'rwkv'],
    ['tokenizer.ggml.tokens', TEXTS, Array.from({ length: vocabulary }, (_, id) => tokenOf(id))],
    ['tokenizer.ggml.eos_token_id', U32, 0],
  ];
}

function headerOf(geometry: Geometry, tensors: Planned[]): Uint8Array {
  const parts: Buffer[] = [];
  const u32 = (value: number) => parts.push(Buffer.from(Uint32Array.of(value).buffer));
  const u64 = (value: number) => parts.push(Buffer.from(BigUint64Array.of(BigInt(value)).buffer));
  const text = (value: string) => {
    u64(Buffer.byteLength(value));
    parts.push(Buffer.from(value));
  };
  const metadata = metadataOf(geometry);
  parts.push(Buffer.from('GGUF'));
  u32(3);
  u64(tensors.length);
  u64(metadata.length);
  for (const [key, type, value] of metadata) {
    text(key);
    u32(type);
    if (typeof value === 'string') text(value);
    else if (typeof value === 'object') {
      u32(TEXT);
      u64(value.length);
      value.forEach(text);
    } else if (type === F32) parts.push(Buffer.from(Float32Array.of(value).buffer));
    else u32(value);
  }
  let offset = 0;
  for (const { name, shape, format } of tensors) {
    text(name);
    u32(shape.length);
    shape.forEach(u64);
    u32(formats[format].ggmlType);
    u64(offset);
    offset += align(bytesOf(shape, format));
  }
  return Buffer.concat(parts);
}
