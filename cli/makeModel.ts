// Writes a model file of random weights in any published geometry, to measure how fast files load.
import { open } from 'node:fs/promises';
import { SYNTHETIC, syntheticFormat } from '../src/lib/engine/geometries';
import type { Geometry } from '../src/lib/engine/geometry';
import { arrange } from '../src/lib/engine/arrangement';
import { formats } from '../src/lib/shaders/formats/formats';
import { seeded } from '../src/lib/shaders/kernel';

const ALIGNMENT = 32;
const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

interface Planned {
  name: string;
  shape: number[];
  format: string;
}

/** Writes a file of a synthetic model's geometry, its tensors typed as in Q4_K_M. Throws for an unknown model. */
export async function makeModel(path: string, model: string): Promise<void> {
  if (!Object.hasOwn(SYNTHETIC, model))
    throw new Error(`There is no geometry "${model}"; there are: ${Object.keys(SYNTHETIC).join(', ')}`);
  const geometry = SYNTHETIC[model];
  const tensors = planned(geometry);
  const file = await open(path, 'w');
  try {
    const header = headerOf(geometry, tensors);
    await file.write(header, 0, header.byteLength, 0);
    let at = align(header.byteLength);
    for (const { shape, format } of tensors) {
      const byteLength = bytesOf(shape, format);
      const pattern = patternOf(format);
      for (let done = 0; done < byteLength; done += pattern.byteLength)
        await file.write(pattern, 0, Math.min(pattern.byteLength, byteLength - done), at + done);
      at += align(byteLength);
    }
  } finally {
    await file.close();
  }
}

/** Every tensor of the geometry: those that the engine arranges, with the shapes of a file. */
function planned(geometry: Geometry): Planned[] {
  const sizes = new Map<string, number>();
  const roomy = { maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 40 };
  arrange(geometry, syntheticFormat, roomy, ({ pieces }) => {
    for (const { tensor, elements } of pieces) sizes.set(tensor, (sizes.get(tensor) ?? 0) + elements);
  });
  return [...sizes].map(([name, elements]) => ({
    name,
    shape: shapeOf(name, elements, geometry),
    format: syntheticFormat(name),
  }));
}

function shapeOf(name: string, elements: number, { embedding, hidden }: Geometry): number[] {
  const columns = /time_mix_[wavg]2\.weight$/.test(name)
    ? elements / embedding
    : name.endsWith('channel_mix_value.weight')
      ? hidden
      : embedding;
  return elements === columns ? [columns] : [columns, elements / columns];
}

const bytesOf = (shape: number[], format: string) =>
  (shape.reduce((product, size) => product * size, 1) / formats[format].elements) * formats[format].fileBytes;

/** About a megabyte of whole blocks. */
function patternOf(name: string): Uint8Array {
  const format = formats[name];
  const blocks = Math.floor(2 ** 20 / format.fileBytes);
  const words = new Uint32Array(format.words);
  const bytes = new Uint8Array(blocks * format.fileBytes);
  const random = seeded(5);
  for (let block = 0; block < blocks; block++) {
    words.fill(0);
    format.randomise(words, 0, random);
    bytes.set(new Uint8Array(words.buffer, 0, format.fileBytes), block * format.fileBytes);
  }
  return bytes;
}

function headerOf({ layers, embedding, hidden, vocabulary }: Geometry, tensors: Planned[]): Uint8Array {
  const parts: Buffer[] = [];
  const u32 = (value: number) => parts.push(Buffer.from(Uint32Array.of(value).buffer));
  const u64 = (value: number) => parts.push(Buffer.from(BigUint64Array.of(BigInt(value)).buffer));
  const text = (value: string) => {
    u64(Buffer.byteLength(value));
    parts.push(Buffer.from(value));
  };
  const numbers = {
    'rwkv7.block_count': layers,
    'rwkv7.embedding_length': embedding,
    'rwkv7.feed_forward_length': hidden,
    'rwkv7.wkv.head_size': 64,
  };
  parts.push(Buffer.from('GGUF'));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(numbers).length + 2);
  text('general.architecture');
  u32(8);
  text('rwkv7');
  for (const [key, value] of Object.entries(numbers)) {
    text(key);
    u32(4);
    u32(value);
  }
  text('tokenizer.ggml.tokens');
  u32(9);
  u32(8);
  u64(vocabulary);
  for (let id = 0; id < vocabulary; id++) text(`token ${id}`);
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
