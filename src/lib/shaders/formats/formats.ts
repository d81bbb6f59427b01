/** The weight formats by name, and how a tensor goes from its file layout to the GPU's and to plain numbers. */
import type { Format } from './format';

export { bf16ToNumber, f16ToNumber, numberToBf16, numberToF16, numberToF32 } from './bits';
export type { Format } from './format';

const files = import.meta.glob<Record<string, Format>>(
  ['./*.ts', '!./bits.ts', '!./format.ts', '!./formats.ts', '!./nibbles.ts'],
  { eager: true },
);

/** Every format of this folder, by name; those with smaller blocks first, then by GGML's type number. */
export const formats: Record<string, Format> = Object.fromEntries(
  Object.entries(files)
    .map(([path, exports]) => exports[path.slice('./'.length, -'.ts'.length)])
    .sort((a, b) => a.elements - b.elements || a.ggmlType - b.ggmlType)
    .map((format) => [format.name, format]),
);

/** The format with GGML's type number, or undefined where the engine has none. */
export function formatOfGgmlType(ggmlType: number): Format | undefined {
  return Object.values(formats).find((format) => format.ggmlType === ggmlType);
}

/** The weight format of one format's kernel, matmul_q4_k → q4_k; undefined for a kernel that exists once. */
export const formatNameOf = (kernel: string): string | undefined =>
  Object.keys(formats).find((name) => kernel.endsWith(`_${name}`));

/** The family of a kernel, matmul_q4_k → matmul; a kernel that exists once is its own family. */
export function familyOf(kernel: string): string {
  const format = formatNameOf(kernel);
  return format ? kernel.slice(0, -format.length - 1) : kernel;
}

/** Words from one row of a matrix to the next on the GPU; `columns` a multiple of the format's block. */
export function rowWords(format: Format, columns: number): number {
  return (columns / format.elements) * format.words;
}

/**
 * Whole blocks as the file has them, made into words as the GPU has them: each block filled up with zero bytes to its
 * last word. Where the two are the same and the bytes start on a word, the words are a view of the bytes, not a copy.
 */
export function repack(format: Format, bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  const blocks = bytes.byteLength / format.fileBytes;
  if (!Number.isInteger(blocks)) {
    throw new Error(
      `${format.name}: ${bytes.byteLength} bytes are no whole number of ${format.fileBytes}-byte blocks`,
    );
  }
  const gpuBytes = format.words * 4;
  const own = bytes.buffer instanceof ArrayBuffer && bytes.byteOffset % 4 === 0;
  if (gpuBytes === format.fileBytes && own) {
    return new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, blocks * format.words);
  }
  const words = new Uint32Array(blocks * format.words);
  repackInto(format, bytes, new Uint8Array(words.buffer));
  return words;
}

/** Writes whole blocks of a file to `out` as the GPU has them; see `repack`. `out` has room for them and begins on a word. */
export function repackInto(format: Format, bytes: Uint8Array, out: Uint8Array): void {
  const gpuBytes = format.words * 4;
  if (gpuBytes === format.fileBytes) return out.set(bytes);
  const blocks = bytes.byteLength / format.fileBytes;
  if (bytes.byteOffset % 2 || format.fileBytes % 2) {
    out.fill(0, 0, blocks * gpuBytes);
    for (let block = 0; block < blocks; block++) {
      const start = block * format.fileBytes;
      out.set(bytes.subarray(start, start + format.fileBytes), block * gpuBytes);
    }
    return;
  }
  // By halves of a word: several times faster than a call for each block.
  const from = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const to = new Uint16Array(out.buffer, out.byteOffset, (blocks * gpuBytes) / 2);
  const [own, padded] = [format.fileBytes / 2, gpuBytes / 2];
  for (let block = 0, read = 0, write = 0; block < blocks; block++) {
    for (let i = 0; i < own; i++) to[write++] = from[read++];
    for (let i = own; i < padded; i++) to[write++] = 0;
  }
}

/** All the weights of `words` (GPU layout, whole blocks) as numbers. */
export function dequantise(format: Format, words: Uint32Array): Float32Array<ArrayBuffer> {
  const blocks = words.length / format.words;
  const out = new Float32Array(blocks * format.elements);
  for (let block = 0; block < blocks; block++) format.dequantise(words, block, out, block * format.elements);
  return out;
}
