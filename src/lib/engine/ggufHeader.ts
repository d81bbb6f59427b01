/** Reads the header of a GGUF file, metadata and tensor table, and checks that it is complete. */
import type { ByteSource } from './bytes';

/** Metadata values by key as the parser returns them: numbers, bigints, strings, booleans and lists. */
export type Metadata = Record<string, unknown>;

export interface Header {
  metadata: Metadata;
  tensorInfos: { name: string; shape: bigint[]; dtype: number; offset: bigint }[];
  /** GGML's type names by number, for messages about unsupported types. */
  typeNames: Record<number, string | undefined>;
  /** File position of the tensor data; the tensors' offsets are relative to it. */
  tensorDataOffset: bigint;
}

/** Size of the fixed part of the header: magic, version, number of tensors, number of keys. */
const START_BYTES = 24;
/** Bytes per request of the parser, which reads 50 MB at most. */
const PARSER_STEP = 2_000_000;

/** Checks the fixed part of the header, because the parser trusts its counts and reads zeros past the end. */
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
  // Smallest entries: 24 bytes for a tensor with no name and no dimensions, 13 for a key with no name and one byte.
  if (tensors * 24n + keys * 13n > BigInt(size - START_BYTES)) {
    const claim = `${tensors} tensors and ${keys} metadata keys`;
    throw new Error(`${name} is damaged or cut short: ${claim} do not fit in its ${size} bytes`);
  }
}

/**
 * Parses the header of a GGUF file with @huggingface/gguf. That library expects a URL, so its requests are answered
 * from the source. Throws an Error that begins with the source's name when the file is not GGUF, truncated or damaged.
 */
export async function readHeader(source: ByteSource): Promise<Header> {
  await checkStart(source);
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
    // Cast: the parser's types only cover the architectures that Hugging Face knows, and rwkv7 is not one of them.
    const { metadata, tensorInfos, tensorDataOffset } = parsed as unknown as Header;
    checkAlignment(metadata['general.alignment']);
    return { metadata, tensorInfos, tensorDataOffset, typeNames: GGMLQuantizationType };
  } catch (error) {
    if (failed) throw failed;
    const reason = messageOf(error).replace(/\s+/g, ' ').slice(0, 200); // the message may quote much of the file
    throw new Error(
      `${source.name} (${source.size} bytes) is cut short or its header is damaged: ${reason}`,
      {
        cause: error,
      },
    );
  }
}

/** Answers a Range request from the source. Throws beyond one step past the end: the parser would never stop. */
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
  // The parser rounds up with a bit mask, which is only correct for powers of two.
  if (![8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].includes(bytes)) {
    throw new Error(`general.alignment is ${shown(alignment)}; possible: powers of two from 8 to 4096`);
  }
}

/** The integer value of a metadata key. Throws when it is missing or not an integer from `least` to `most`. */
export function wholeNumber(metadata: Metadata, key: string, least: number, most: number): number {
  const value = metadata[key];
  if (value === undefined) throw new Error(`metadata key ${key} is missing`);
  const number = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(
    `metadata key ${key} is ${shown(value)}; possible: a whole number from ${least} to ${most}`,
  );
}

/** A value from the file as short text on one line, for messages. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return typeof value === 'object' ? 'a list' : String(value);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
