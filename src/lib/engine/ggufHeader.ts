/**
 * Reads the header of a GGUF file, metadata and tensor table, and checks that it is complete.
 *
 * Our own reader, because @huggingface/gguf reads at most 50 MB of header and a million elements of a list, decodes
 * tokens that are no UTF-8, and reports the limits of its DataView. This one reads a piece at a time, keeps what a model
 * needs and steps over every other list.
 */
import type { ByteSource } from './bytes';

/** Metadata by key. Numbers beyond 2^53 are bigints; a list that no model needs is `skipped`. */
export type Metadata = Map<string, MetadataValue>;
type MetadataValue = string | number | bigint | boolean | number[] | Uint8Array[] | typeof SKIPPED;

/** Stands for a list or a text that is too long to be of use. */
const SKIPPED = Symbol('skipped');

/** One line of the tensor table, unchecked. */
interface TensorInfo {
  name: string;
  /** Sizes in GGML's order, columns first. */
  shape: bigint[];
  /** GGML's number of the weight type. */
  type: number;
  /** Position relative to `dataOffset`. */
  offset: bigint;
}

export interface Header {
  metadata: Metadata;
  tensors: TensorInfo[];
  /** Position of the first tensor in the file: the end of the table, rounded up to the alignment. */
  dataOffset: number;
  alignment: number;
}

/** Bytes per read of a header: those of a real model have 1.4 MB, so that one or two requests over a network are enough. */
const STEP_BYTES = 1_600_000;
/** Longest key and name in bytes, as in GGML. */
const LONGEST_KEY = 65_535;
/** Longest text that is kept, in bytes: chat templates are long. */
const LONGEST_TEXT = 2 ** 20;
/** Lists that are kept however long they are; of others, at most KEPT_NUMBERS numbers. */
const KEPT_LISTS = ['tokenizer.ggml.tokens', 'tokenizer.ggml.token_type'];
const KEPT_NUMBERS = 1024;
/** Most tokens of a vocabulary. */
const MOST_TOKENS = 2 ** 20;
/** Lists inside lists inside lists: deeper ones are refused. */
const DEEPEST_LIST = 4;
/** Most sizes of a tensor. */
const MOST_SIZES = 8;

/** Bytes of a value by its GGUF type; texts (8) and lists (9) have their own length. */
const VALUE_BYTES: Record<number, number> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const TEXT = 8;
const LIST = 9;

/** Reads the header. Throws an Error that begins with the source's name when it is no GGUF file, cut short or damaged. */
export async function readHeader(source: ByteSource): Promise<Header> {
  const cursor = new Cursor(source);
  const { tensors: tensorCount, keys } = await readStart(source, cursor);
  const metadata: Metadata = new Map();
  for (let i = 0; i < keys; i++) {
    const key = await readText(cursor, LONGEST_KEY, 'the name of a metadata key');
    if (metadata.has(key)) throw cursor.damaged(`metadata key ${shown(key)} appears twice`);
    await cursor.need(4);
    metadata.set(key, await readValue(cursor, key, cursor.u32()));
  }
  const tensors: TensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) tensors.push(await readTensorInfo(cursor));
  const alignment = alignmentOf(source, metadata.get('general.alignment'));
  return { metadata, tensors, dataOffset: Math.ceil(cursor.at / alignment) * alignment, alignment };
}

/** The fixed part of the header: magic, version and counts, which must be possible in a file of this size. */
async function readStart({ name, size }: ByteSource, cursor: Cursor) {
  const magic = String.fromCharCode(...(await cursor.upTo(4)));
  if (!'GGUF'.startsWith(magic) || size === 0) {
    const found = size ? `its first bytes are ${JSON.stringify(magic)}, not "GGUF"` : 'it is empty';
    throw new Error(`${name} is not a GGUF file: ${found}`);
  }
  await cursor.need(20);
  const version = cursor.u32();
  if (version === 0x02000000 || version === 0x03000000)
    throw new Error(`${name} is a big-endian GGUF file; only little-endian ones can be read`);
  if (version !== 2 && version !== 3)
    throw new Error(`${name} is a GGUF file of version ${version}; versions 2 and 3 can be read`);
  const [tensors, keys] = [cursor.u64(), cursor.u64()];
  // Smallest entries: 24 bytes for a tensor with no name and no dimensions, 13 for a key with no name and one byte.
  if (tensors * 24n + keys * 13n > BigInt(size - 24)) {
    const claim = `${tensors} tensors and ${keys} metadata keys`;
    throw new Error(`${name} is damaged or cut short: ${claim} do not fit in its ${size} bytes`);
  }
  return { tensors: Number(tensors), keys: Number(keys) };
}

async function readTensorInfo(cursor: Cursor): Promise<TensorInfo> {
  const name = await readText(cursor, LONGEST_KEY, 'the name of a tensor');
  await cursor.need(4);
  const count = cursor.u32();
  if (count > MOST_SIZES) throw cursor.damaged(`tensor ${shown(name)} has ${count} dimensions`);
  await cursor.need(8 * count + 12);
  const shape = Array.from({ length: count }, () => cursor.u64());
  return { name, shape, type: cursor.u32(), offset: cursor.u64() };
}

async function readText(cursor: Cursor, longest: number, what: string): Promise<string> {
  await cursor.need(8);
  const length = cursor.u64();
  if (length > longest) throw cursor.damaged(`${what} would have ${length} bytes`);
  await cursor.need(Number(length));
  return new TextDecoder().decode(cursor.bytes(Number(length)));
}

async function readValue(cursor: Cursor, key: string, type: number): Promise<MetadataValue> {
  if (type === LIST) return readList(cursor, key, 1);
  if (type !== TEXT) {
    await cursor.need(bytesOfType(cursor, key, type));
    return cursor.value(type);
  }
  await cursor.need(8);
  const length = cursor.u64();
  if (length > LONGEST_TEXT) {
    cursor.skip(length);
    return SKIPPED;
  }
  await cursor.need(Number(length));
  return new TextDecoder().decode(cursor.bytes(Number(length)));
}

/** A list: numbers, or texts as the bytes they are; or SKIPPED. */
async function readList(cursor: Cursor, key: string, depth: number): Promise<MetadataValue> {
  if (depth > DEEPEST_LIST)
    throw cursor.damaged(`metadata key ${shown(key)} holds lists inside lists, ${depth} deep`);
  await cursor.need(12);
  const [type, length] = [cursor.u32(), cursor.u64()];
  const least = type === TEXT ? 8 : type === LIST ? 12 : bytesOfType(cursor, key, type);
  if (length * BigInt(least) > cursor.left)
    throw cursor.cutShort(`the list ${shown(key)} has ${length} elements`);
  const count = Number(length);
  const named = KEPT_LISTS.includes(key);
  if (named && count > MOST_TOKENS) throw cursor.damaged(`${key} has ${count} elements`);
  if (type === LIST) {
    for (let i = 0; i < count; i++) await readList(cursor, key, depth + 1);
    return SKIPPED;
  }
  if (type === TEXT) return readTexts(cursor, count, named);
  if (!named && count > KEPT_NUMBERS) {
    cursor.skip(length * BigInt(least));
    return SKIPPED;
  }
  await cursor.need(count * least);
  return Array.from({ length: count }, () => Number(cursor.value(type)));
}

async function readTexts(cursor: Cursor, count: number, kept: boolean): Promise<MetadataValue> {
  const texts: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    if (cursor.ready < 8) await cursor.need(8);
    const length = cursor.u64();
    if (!kept || length > LONGEST_TEXT) cursor.skip(length);
    else {
      if (cursor.ready < Number(length)) await cursor.need(Number(length));
      texts.push(cursor.bytes(Number(length)));
    }
  }
  return kept && texts.length === count ? texts : SKIPPED;
}

function bytesOfType(cursor: Cursor, key: string, type: number): number {
  if (Object.hasOwn(VALUE_BYTES, type)) return VALUE_BYTES[type];
  throw cursor.damaged(`metadata key ${shown(key)} has type ${type}, which GGUF does not have`);
}

function alignmentOf({ name }: ByteSource, value: MetadataValue | undefined): number {
  const bytes = Number(typeof value === 'symbol' ? NaN : (value ?? 32));
  if (bytes >= 1 && bytes <= 2 ** 30 && Number.isInteger(Math.log2(bytes))) return bytes;
  throw new Error(`${name}: general.alignment is ${shown(value)}; possible: powers of two up to 2^30`);
}

/** A position in a file, and the piece of the file that lies behind it in memory. */
class Cursor {
  #view = new DataView(new ArrayBuffer(0));
  /** Position of the piece in the file, and of the next byte in the piece. */
  #start = 0;
  #next = 0;

  constructor(readonly source: ByteSource) {}

  /** Position in the file. */
  get at(): number {
    return this.#start + this.#next;
  }

  /** Bytes from here to the end of the file. */
  get left(): bigint {
    return BigInt(this.source.size - this.at);
  }

  /** Bytes in memory. */
  get ready(): number {
    return Math.max(0, this.#view.byteLength - this.#next);
  }

  /** Reads on, unless `bytes` bytes are in memory already. Throws when the file ends before. */
  async need(bytes: number): Promise<void> {
    if (this.ready >= bytes) return;
    if (this.left < bytes) throw this.cutShort();
    const at = this.at;
    const length = Math.min(this.source.size - at, Math.max(bytes, STEP_BYTES));
    const read = await this.source.read(at, length);
    this.#view = new DataView(read.buffer, read.byteOffset, read.byteLength);
    [this.#start, this.#next] = [at, 0];
  }

  /** The next bytes, fewer where the file ends. */
  async upTo(bytes: number): Promise<Uint8Array> {
    const length = Math.min(bytes, this.source.size);
    await this.need(length);
    return this.bytes(length);
  }

  u32(): number {
    this.#next += 4;
    return this.#view.getUint32(this.#next - 4, true);
  }

  u64(): bigint {
    this.#next += 8;
    return this.#view.getBigUint64(this.#next - 8, true);
  }

  bytes(length: number): Uint8Array {
    this.#next += length;
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#next - length, length);
  }

  /** Steps over bytes without reading them. Throws when the file ends before. */
  skip(bytes: bigint): void {
    if (bytes > this.left) throw this.cutShort();
    this.#next += Number(bytes);
  }

  /** A number or a boolean by its GGUF type. */
  value(type: number): number | bigint | boolean {
    const at = this.#next;
    this.#next += VALUE_BYTES[type];
    const view = this.#view;
    if (type === 0) return view.getUint8(at);
    if (type === 1) return view.getInt8(at);
    if (type === 2) return view.getUint16(at, true);
    if (type === 3) return view.getInt16(at, true);
    if (type === 4) return view.getUint32(at, true);
    if (type === 5) return view.getInt32(at, true);
    if (type === 6) return view.getFloat32(at, true);
    if (type === 7) return view.getUint8(at) !== 0;
    if (type === 12) return view.getFloat64(at, true);
    const whole = type === 10 ? view.getBigUint64(at, true) : view.getBigInt64(at, true);
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  }

  cutShort(what = 'its header goes on past the end'): Error {
    return new Error(`${this.source.name} is cut short: ${what} (the file has ${this.source.size} bytes)`);
  }

  damaged(what: string): Error {
    return new Error(`${this.source.name}: the header is damaged near byte ${this.at}: ${what}`);
  }
}

/**
 * The integer value of a metadata key; a list whose elements are all the same counts as that number. Throws when it is
 * missing or not an integer from `least` to `most`.
 */
export function wholeNumber(metadata: Metadata, key: string, least: number, most: number): number {
  const value = metadata.get(key);
  if (value === undefined) throw new Error(`metadata key ${key} is missing`);
  const same = Array.isArray(value) && value.every((each) => each === value[0]) ? value[0] : value;
  const number = typeof same === 'number' || typeof same === 'bigint' ? Number(same) : NaN;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(
    `metadata key ${key} is ${shown(value)}; possible: a whole number from ${least} to ${most}`,
  );
}

/** A value from the file as short text on one line, for messages. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'symbol') return 'too long';
  return typeof value === 'object' ? 'a list' : String(value);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
