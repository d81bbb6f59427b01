// For tests: writes GGUF files, good and bad, and the smallest RWKV-7 model there can be.

/** A metadata value: GGUF's type number, and for a list (type 9) that of its elements; `length` is what a list claims. */
export interface Entry {
  type: number;
  value: string | number | string[] | number[];
  of?: number;
  length?: bigint;
}

/** A GGUF file before it is written. Offsets that are not given follow one another. */
export interface SmallGguf {
  version: number;
  metadata: Map<string, Entry>;
  tensors: { name: string; shape: number[]; type: number; offset?: number }[];
}

/** Sets a metadata key, or takes it out. */
export function key(gguf: SmallGguf, name: string, entry?: Entry): void {
  if (entry) gguf.metadata.set(name, entry);
  else gguf.metadata.delete(name);
}

/** [elements, bytes] of a block; anything else is written as if it were f32. */
const BLOCKS: Record<number, [number, number]> = { 1: [1, 2], 30: [1, 2], 8: [32, 34], 12: [256, 144] };

function byteLength(shape: number[], type: number): number {
  const [elements, bytes] = BLOCKS[type] ?? [1, 4];
  return (shape.reduce((product, size) => product * size, 1) / elements) * bytes;
}

/** The file; every weight in it is zero. */
export function writeGguf({ version, metadata, tensors }: SmallGguf): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  const u32 = (value: number) => out.push(...new Uint8Array(Uint32Array.of(value).buffer));
  const u64 = (value: number | bigint) =>
    out.push(...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  const bytes = (more: Uint8Array) => more.forEach((byte) => out.push(byte));
  const string = (text: string) => {
    const utf8 = new TextEncoder().encode(text);
    u64(utf8.length);
    bytes(utf8);
  };
  const scalar = (type: number, value: string | number) =>
    type === 8 ? string(value as string) : u32(value as number);

  bytes(new TextEncoder().encode('GGUF'));
  u32(version);
  u64(tensors.length);
  u64(metadata.size);
  for (const [name, { type, value, of, length }] of metadata) {
    string(name);
    u32(type);
    if (Array.isArray(value)) {
      u32(of!);
      u64(length ?? value.length);
      for (const element of value) scalar(of!, element);
    } else scalar(type, value);
  }
  const alignment = Number(metadata.get('general.alignment')?.value) || 32;
  const align = (value: number) => Math.ceil(value / alignment) * alignment;
  let next = 0;
  for (const { name, shape, type, offset } of tensors) {
    string(name);
    u32(shape.length);
    shape.forEach(u64);
    u32(type);
    u64(offset ?? next);
    next = align(next + byteLength(shape, type));
  }
  // Shapes that nothing can have would make files that nothing can hold.
  const file = new Uint8Array(align(out.length) + Math.min(next, 2 ** 26));
  file.set(out);
  return file;
}

/** Two layers of 64 channels, 260 tokens, ranks 16 32 48 64, f32 and f16: what openGguf accepts with nothing to spare. */
export function smallModel(): SmallGguf {
  const [width, hidden, vocabulary] = [64, 128, 260];
  const tensors: SmallGguf['tensors'] = [];
  const add = (name: string, shape: number[], type = 0) =>
    tensors.push({ name: `${name}.weight`, shape, type });
  const norm = (name: string) => {
    add(name, [width]);
    tensors.push({ name: `${name}.bias`, shape: [width], type: 0 });
  };
  add('token_embd', [width, vocabulary]);
  norm('token_embd_norm');
  norm('output_norm');
  add('output', [width, vocabulary], 1);
  for (let layer = 0; layer < 2; layer++) {
    const mix = `blk.${layer}.time_mix_`;
    norm(`blk.${layer}.attn_norm`);
    norm(`blk.${layer}.attn_norm_2`);
    add(`${mix}lerp_fused`, [width, 1, 1, 6]);
    for (const [letter, rank] of Object.entries({ w: 16, a: 32, v: 48, g: 64 })) {
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
  const tokens = Array.from({ length: vocabulary }, (_, id) => `t${id}`);
  const metadata = new Map<string, Entry>([
    ['general.architecture', { type: 8, value: 'rwkv7' }],
    ['rwkv7.block_count', { type: 4, value: 2 }],
    ['rwkv7.embedding_length', { type: 4, value: width }],
    ['rwkv7.feed_forward_length', { type: 4, value: hidden }],
    ['rwkv7.wkv.head_size', { type: 4, value: 64 }],
    ['tokenizer.ggml.model', { type: 8, value: 'rwkv' }],
    ['tokenizer.ggml.tokens', { type: 9, of: 8, value: tokens }],
  ]);
  return { version: 3, metadata, tensors };
}
