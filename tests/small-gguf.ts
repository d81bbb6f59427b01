// Test helper: writes valid and invalid GGUF files, the smallest RWKV-7 model, and models with random weights.
import type { Geometry } from '../src/lib/engine/gguf';
import { nameNumber, pieceSizes, statisticsOf } from '../src/lib/engine/synthetic';
import { kernels } from '../src/lib/shaders';
import {
  dequantise,
  f16ToNumber,
  type Format,
  formatOfGgmlType,
  formats,
  numberToF16,
} from '../src/lib/shaders/formats/formats';
import { seeded } from '../src/lib/shaders/kernel';

/**
 * A metadata value: its GGUF type number; for a list (type 9), `of` is the type of its elements and `length` overrides
 * the stored length.
 */
export interface Entry {
  type: number;
  value: string | number | boolean | string[] | number[] | Uint8Array[];
  of?: number;
  length?: bigint;
}

/** Description of a GGUF file. Tensors without an offset follow one another. */
export interface SmallGguf {
  version: number;
  metadata: Map<string, Entry>;
  tensors: { name: string; shape: number[]; type: number; offset?: number }[];
}

/** Sets a metadata key, or deletes it if `entry` is omitted. */
export function key(gguf: SmallGguf, name: string, entry?: Entry): void {
  if (entry) gguf.metadata.set(name, entry);
  else gguf.metadata.delete(name);
}

/** Tensors of types that the engine does not know are written like f32. */
const formatOf = (type: number) => formatOfGgmlType(type) ?? formats.f32;
const elementsOf = (shape: number[]) => shape.reduce((product, size) => product * size, 1);

function byteLength(shape: number[], type: number): number {
  const { elements, fileBytes } = formatOf(type);
  return (elementsOf(shape) / elements) * fileBytes;
}

const encoder = new TextEncoder();

/** Grows as it is written. */
class Bytes {
  #bytes = new Uint8Array(2 ** 16);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  /** Makes room for so many bytes, and returns where they belong. */
  #take(count: number): number {
    const at = this.length;
    this.length += count;
    while (this.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  put(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
  }

  u64(value: number | bigint): void {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  text(value: string | Uint8Array): void {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value;
    this.u64(bytes.length);
    this.put(bytes);
  }

  scalar(type: number, value: Entry['value'] | Uint8Array): void {
    if (type === 8) return this.text(value as string);
    const at = this.#take(type === 2 ? 2 : 4);
    if (type === 2) this.#view.setUint16(at, Number(value), true);
    else if (type === 6) this.#view.setFloat32(at, value as number, true);
    else this.#view.setUint32(at, value as number, true);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}

/** The header, and where each tensor lies in the file. */
export function writeHeader({ version, metadata, tensors }: SmallGguf) {
  const out = new Bytes();
  out.put(encoder.encode('GGUF'));
  out.u32(version);
  out.u64(tensors.length);
  out.u64(metadata.size);
  for (const [name, { type, value, of, length }] of metadata) {
    out.text(name);
    out.u32(type);
    if (Array.isArray(value)) {
      out.u32(of!);
      out.u64(length ?? value.length);
      for (const element of value) out.scalar(of!, element);
    } else out.scalar(type, value);
  }
  const alignment = Number(metadata.get('general.alignment')?.value) || 32;
  const align = (value: number) => Math.ceil(value / alignment) * alignment;
  const places: number[] = [];
  let next = 0;
  for (const { name, shape, type, offset } of tensors) {
    out.text(name);
    out.u32(shape.length);
    shape.forEach((size) => out.u64(size));
    out.u32(type);
    out.u64(offset ?? next);
    places.push(next);
    next = align(next + byteLength(shape, type));
  }
  return { header: out.bytes, dataStart: align(out.length), places, dataBytes: next };
}

/** Encodes the file. `weights` returns the bytes of a tensor; without it, all weights are zero. */
export function writeGguf(
  gguf: SmallGguf,
  weights?: (tensor: SmallGguf['tensors'][number]) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const { header, dataStart, places, dataBytes } = writeHeader(gguf);
  // Limits the file size, since some tests use impossible shapes.
  const file = new Uint8Array(dataStart + Math.min(dataBytes, 2 ** 26));
  file.set(header);
  if (weights) gguf.tensors.forEach((tensor, i) => file.set(weights(tensor), dataStart + places[i]));
  return file;
}

/** The part of a geometry that a file stores; without `normEpsilon`, the file has no epsilon. */
export type Sizes = Pick<Geometry, 'layers' | 'embedding' | 'hidden' | 'vocabulary' | 'ranks'> &
  Partial<Pick<Geometry, 'normEpsilon'>>;

const SMALLEST: Sizes = {
  layers: 2,
  embedding: 64,
  hidden: 128,
  vocabulary: 260,
  ranks: { decay: 16, learningRate: 32, value: 48, gate: 64 },
};

/** The smallest model that openGguf accepts: two layers of 64 channels, 260 tokens, ranks 16 32 48 64, f32 and f16. */
export function smallModel(): SmallGguf {
  return modelOf(SMALLEST, (name) => (name === 'output.weight' ? 'f16' : 'f32'));
}

/** A complete model of these sizes; `format` returns the weight format of each tensor. */
export function modelOf(sizes: Sizes, format: (name: string, columns: number) => string): SmallGguf {
  const { layers, embedding: width, hidden, vocabulary } = sizes;
  const tensors: SmallGguf['tensors'] = [];
  const put = (name: string, shape: number[]) =>
    tensors.push({ name, shape, type: formats[format(name, shape[0])].ggmlType });
  const add = (name: string, shape: number[]) => put(`${name}.weight`, shape);
  const norm = (name: string) => {
    add(name, [width]);
    put(`${name}.bias`, [width]);
  };
  add('token_embd', [width, vocabulary]);
  norm('token_embd_norm');
  norm('output_norm');
  add('output', [width, vocabulary]);
  for (let layer = 0; layer < layers; layer++) addLayer(layer, sizes, add, norm);
  const tokens = Array.from({ length: vocabulary }, (_, id) => `t${id}`);
  const metadata = new Map<string, Entry>([
    ['general.architecture', { type: 8, value: 'rwkv7' }],
    ['rwkv7.block_count', { type: 4, value: layers }],
    ['rwkv7.embedding_length', { type: 4, value: width }],
    ['rwkv7.feed_forward_length', { type: 4, value: hidden }],
    ['rwkv7.wkv.head_size', { type: 4, value: 64 }],
    ['tokenizer.ggml.model', { type: 8, value: 'rwkv' }],
    ['tokenizer.ggml.tokens', { type: 9, of: 8, value: tokens }],
  ]);
  if (sizes.normEpsilon !== undefined)
    metadata.set('rwkv7.attention.layer_norm_epsilon', { type: 6, value: sizes.normEpsilon });
  return { version: 3, metadata, tensors };
}

function addLayer(
  layer: number,
  { embedding: width, hidden, ranks }: Sizes,
  add: (name: string, shape: number[]) => void,
  norm: (name: string) => void,
): void {
  const mix = `blk.${layer}.time_mix_`;
  norm(`blk.${layer}.attn_norm`);
  norm(`blk.${layer}.attn_norm_2`);
  add(`${mix}lerp_fused`, [width, 1, 1, 6]);
  const letters = { w: ranks.decay, a: ranks.learningRate, v: ranks.value, g: ranks.gate };
  for (const [letter, rank] of Object.entries(letters)) {
    if (letter === 'v' && layer === 0) continue;
    if (letter !== 'g') add(`${mix}${letter}0`, [width]);
    add(`${mix}${letter}1`, [width, rank]);
    add(`${mix}${letter}2`, [rank, width]);
  }
  for (const name of ['k_k', 'k_a', 'r_k']) add(mix + name, [width]);
  for (const name of ['receptance', 'key', 'value', 'output']) add(mix + name, [width, width]);
  norm(`${mix}ln`);
  add(`blk.${layer}.channel_mix_lerp_k`, [width, 1, 1]);
  add(`blk.${layer}.channel_mix_key`, [width, hidden]);
  add(`blk.${layer}.channel_mix_value`, [hidden, width]);
}

/** The bytes of a tensor with the random weights of the synthetic models, which keep activations bounded. */
function randomWeights(sizes: Sizes, seed: number) {
  const geometry = { normEpsilon: 1e-5, ...sizes, heads: sizes.embedding / 64, headSize: 64 };
  return ({ name, shape, type }: SmallGguf['tensors'][number]) => {
    const { name: format, elements, words, fileBytes } = formatOf(type);
    const blocks = elementsOf(shape) / elements;
    const weight = new Uint32Array(blocks * words);
    const count = blocks * elements;
    const piece = { tensor: name, format, held: format, firstElement: 0, elements: count, word: 0 };
    if (formats[format].synthesis)
      kernels[`synthesise_${format}`].reference({ weight }, pieceSizes(piece, { geometry }, seed));
    else randomise(formats[format], weight, name, geometry);
    // Blocks are padded to whole words on the GPU, but not in a file.
    const bytes = new Uint8Array(blocks * fileBytes);
    for (let block = 0; block < blocks; block++)
      bytes.set(new Uint8Array(weight.buffer, 4 * words * block, fileBytes), fileBytes * block);
    return bytes;
  };
}

/** Random blocks whose scales are such that their numbers have the root mean square of a synthetic model's tensor. */
function randomise(format: Format, weight: Uint32Array, tensor: string, geometry: Geometry) {
  const blocks = weight.length / format.words;
  const random = seeded(nameNumber(tensor));
  for (let block = 0; block < blocks; block++) format.randomise(weight, block, random);
  const { mean, spread, even } = statisticsOf(tensor, { geometry });
  const numbers = dequantise(format, weight);
  const squares = numbers.reduce((sum, number) => sum + number * number, 0) / numbers.length;
  const factor = Math.sqrt((mean ** 2 + spread ** 2 / (even ? 3 : 1)) / squares);
  const halves = new Uint16Array(weight.buffer);
  const { scales } = format.floats as { scales: readonly number[] };
  for (let block = 0; block < blocks; block++)
    for (const at of scales) {
      const half = 2 * format.words * block + at / 2;
      halves[half] = numberToF16(f16ToNumber(halves[half]) * factor);
    }
}

/** The bytes of a model with random weights; `change` is applied to the description before it is written. */
export function randomModel(
  sizes: Sizes,
  format: (name: string, columns: number) => string,
  { seed = 1, change = () => undefined }: { seed?: number; change?: (gguf: SmallGguf) => void } = {},
): Uint8Array<ArrayBuffer> {
  const gguf = modelOf(sizes, format);
  change(gguf);
  return writeGguf(gguf, randomWeights(sizes, seed));
}

/** A vocabulary in which each byte is a token, and token 0 ends a text. */
const byteTokens = (count: number) =>
  Array.from({ length: count }, (_, id) =>
    id > 0 && id <= 256 ? `\\x${(id - 1).toString(16).padStart(2, '0')}` : `<${id}>`,
  );

/**
 * The small model with random weights in one format, which reads any text: of all models, the one whose kernels are compiled, checked
 * and run soonest.
 */
export const smallRandomModel = () =>
  randomModel(SMALLEST, () => 'f32', {
    change: (gguf) =>
      key(gguf, 'tokenizer.ggml.tokens', { type: 9, of: 8, value: byteTokens(SMALLEST.vocabulary) }),
  });

/** Changes a model into the form of older converters: no gate, lerps stored one by one, and no head of its own. */
export function asOlder(gguf: SmallGguf): void {
  gguf.tensors = gguf.tensors.flatMap((tensor) => {
    if (/^output\.weight$|time_mix_g[12]\.weight$/.test(tensor.name)) return [];
    if (!tensor.name.includes('lerp_fused')) return [tensor];
    const [width] = tensor.shape;
    return ['w', 'r', 'k', 'v', 'a'].map((letter) => {
      return { ...tensor, name: tensor.name.replace('fused', letter), shape: [width, 1, 1] };
    });
  });
}

/** A part of a file whose bytes are those of its number. */
const filled = ({ shape, type }: SmallGguf['tensors'][number], part: number) =>
  new Uint8Array(shape.reduce((product, each) => product * each, 1) * (type === 0 ? 4 : 2)).fill(part);

/** The small model in parts, with random weights that compute something. */
export const splitRandomModel = (boundaries: number[]) => splitModel(boundaries, randomWeights(SMALLEST, 1));

/** The small model in parts: the tensors up to each boundary; every part but the first has only the keys of the split. */
export function splitModel(
  boundaries: number[],
  weights: (tensor: SmallGguf['tensors'][number], part: number) => Uint8Array = filled,
): Map<string, Uint8Array> {
  const whole = smallModel();
  const count = boundaries.length + 1;
  const ends = [...boundaries, whole.tensors.length];
  return new Map(
    ends.map((end, i) => {
      const metadata = i === 0 ? new Map(whole.metadata) : new Map();
      metadata.set('split.no', { type: 2, value: i });
      metadata.set('split.count', { type: 2, value: count });
      metadata.set('split.tensors.count', { type: 4, value: whole.tensors.length });
      const tensors = whole.tensors.slice(i === 0 ? 0 : ends[i - 1], end);
      const name = `m-${String(i + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.gguf`;
      const part = { version: 3, metadata, tensors };
      return [name, writeGguf(part, (tensor) => weights(tensor, i + 1))] as const;
    }),
  );
}
