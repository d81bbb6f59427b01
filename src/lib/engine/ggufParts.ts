/**
 * Makes one byte source of the pieces that a model may come in: the parts of a split file, and tensors that older
 * converters wrote differently or not at all.
 */
import type { ByteSource } from './bytes';
import { messageOf, readHeader, wholeNumber } from './ggufHeader';
import type { Part, Tensor } from './ggufTensors';

/** The end of a part's name, as llama-gguf-split writes it: -00002-of-00005.gguf */
const PART_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;
const MOST_PARTS = 99_999;

/**
 * Reads the headers of all files of a model: usually one, or those of a split file, of which any part may be given. The
 * others are asked of `source.sibling`. Throws an Error that begins with the source's name and names the parts that are needed.
 */
export async function readParts(source: ByteSource): Promise<Part[]> {
  const header = await readHeader(source);
  const { metadata } = header;
  const count = metadata.has('split.count') ? wholeNumber(metadata, 'split.count', 0, MOST_PARTS) : 1;
  if (count <= 1) return [{ source, header, base: 0 }];
  const number = wholeNumber(metadata, 'split.no', 0, count - 1);
  const names = partNames(source.name, number, count);
  const part = `${source.name} is part ${number + 1} of ${count} of a model`;
  if (!names)
    throw new Error(
      `${part}, but its name does not end with ${nameEnd(number, count)}: the other parts cannot be found`,
    );
  const others = names.filter((_, i) => i !== number).slice(0, 10);
  if (!source.sibling) throw new Error(`${part}; open it together with ${others.join(', ')}`);
  const parts: Part[] = [];
  for (const [i, name] of names.entries()) {
    const base = parts.reduce((sum, each) => sum + each.source.size, 0);
    if (i === number) {
      parts.push({ source, header, base });
      continue;
    }
    const other = await source.sibling(name).catch((error: unknown) => {
      throw new Error(`${part}; it needs ${others.join(', ')}: ${messageOf(error)}`, { cause: error });
    });
    parts.push({ source: other, header: await readHeader(other), base });
  }
  parts.forEach((each, i) => requirePart(each, i, count));
  requireAllTensors(parts);
  return parts;
}

const nameEnd = (number: number, count: number) =>
  `-${String(number + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.gguf`;

/** The names of all parts, or undefined if the name of this one does not say which it is. */
function partNames(name: string, number: number, count: number): string[] | undefined {
  const found = PART_NAME.exec(name);
  if (!found || Number(found[2]) !== number + 1 || Number(found[3]) !== count) return undefined;
  return Array.from({ length: count }, (_, i) => `${found[1]}${nameEnd(i, count)}`);
}

function requirePart({ source, header }: Part, number: number, count: number): void {
  const [own, all] = [header.metadata.get('split.no'), header.metadata.get('split.count')];
  if (own === number && all === count) return;
  throw new Error(
    `${source.name}: by its metadata it is part ${Number(own) + 1} of ${Number(all)}, by its name part ${number + 1} of ${count}`,
  );
}

function requireAllTensors(parts: Part[]): void {
  const stated = parts[0].header.metadata.get('split.tensors.count');
  const found = parts.reduce((sum, { header }) => sum + header.tensors.length, 0);
  if (stated === undefined || Number(stated as number) === found) return;
  throw new Error(
    `${parts[0].source.name}: its ${parts.length} parts have ${found} tensors, but there should be ${Number(stated as number)}`,
  );
}

/** A range of a source. */
interface Segment {
  source: Pick<ByteSource, 'read' | 'readNow' | 'readWith'>;
  offset: number;
  byteLength: number;
}

/** One source of several ranges of files, one behind the other. A read may span them. */
function joined(name: string, segments: readonly Segment[], files: readonly ByteSource[]): ByteSource {
  const size = segments.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    name,
    size,
    async whole() {
      for (const file of files) await file.whole?.();
    },
    async close() {
      for (const file of files) await file.close?.();
    },
    read: (offset, length) => readJoined(partsOf(segments, offset, length)),
    async readWith(offset, length, memory) {
      const parts = partsOf(segments, offset, length);
      const [{ source, at }] = parts;
      return parts.length === 1 && source.readWith ? source.readWith(at, length, memory) : readJoined(parts);
    },
    ...(segments.every(({ source }) => source.readNow) && {
      readNow(offset: number, target: Uint8Array<ArrayBuffer>) {
        let done = 0;
        for (const { source, at, size } of partsOf(segments, offset, target.byteLength)) {
          source.readNow!(at, target.subarray(done, done + size));
          done += size;
        }
      },
    }),
  };
}

/** A range of a source: a part of a read. */
interface ReadPart {
  source: Segment['source'];
  at: number;
  size: number;
}

/** The parts of a range of joined segments, each within one source. */
function partsOf(segments: readonly Segment[], offset: number, length: number): ReadPart[] {
  const parts: ReadPart[] = [];
  let start = 0;
  for (const { source, offset: own, byteLength } of segments) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + length, start + byteLength);
    if (from < to) parts.push({ source, at: own + from - start, size: to - from });
    start += byteLength;
  }
  return parts;
}

async function readJoined(parts: ReadPart[]): Promise<Uint8Array<ArrayBuffer>> {
  const reads = parts.map(({ source, at, size }) => source.read(at, size));
  if (reads.length === 1) return reads[0];
  const bytes = new Uint8Array(parts.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const part of await Promise.all(reads)) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** All files of a model as one source. */
export function joinedParts(parts: Part[]): ByteSource {
  if (parts.length === 1) return parts[0].source;
  const segments = parts.map(({ source }) => ({ source, offset: 0, byteLength: source.size }));
  const files = parts.map(({ source }) => source);
  return joined(files[0].name, segments, files);
}

/** The order of the lerps in `time_mix_lerp_fused`. */
const LERPS = ['r', 'w', 'k', 'v', 'a', 'g'];
/** Rank of the gate that stands for a missing one: the smallest that the kernels take. */
const GATE_RANK = 16;
/** 16 · sigmoid(0) · 0.125 = 1 exactly; these are the bits of 0.125 as f16. */
const EIGHTH_F16 = 0x3000;

/**
 * Completes the table of a model whose converter wrote less than today's, and returns the source that its tensors lie in:
 *
 * - without `output.weight`, the head is the embedding;
 * - six lerps stored one by one become one `time_mix_lerp_fused`;
 * - without the gate's matrices, a gate of rank 16 is made that is exactly 1; a sixth lerp, which only it would use, is zero.
 */
export function completed(
  tensors: Map<string, Tensor>,
  source: ByteSource,
  layers: number,
  embedding: number,
): ByteSource {
  const segments: Segment[] = [{ source, offset: 0, byteLength: source.size }];
  let size = source.size;
  const put = (name: string, shape: number[], format: string, pieces: Segment[]) => {
    const byteLength = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    tensors.set(name, { name, shape, format, offset: size, byteLength });
    segments.push(...pieces);
    size += byteLength;
  };
  const head = tensors.get('token_embd.weight');
  if (head && !tensors.has('output.weight')) tensors.set('output.weight', { ...head, name: 'output.weight' });
  const gated = Array.from({ length: layers }, (_, i) => `blk.${i}.time_mix_g`).some(
    (gate) => tensors.has(`${gate}1.weight`) || tensors.has(`${gate}2.weight`),
  );
  const zeros = filled(embedding * GATE_RANK, 0);
  const eighths = filled(embedding * GATE_RANK, EIGHTH_F16);
  for (let layer = 0; layer < layers; layer++) {
    const mix = `blk.${layer}.time_mix_`;
    const lerps = lerpsOf(tensors, source, mix, embedding, gated);
    if (lerps) put(`${mix}lerp_fused.weight`, [embedding, 6], lerps.format, lerps.pieces);
    if (gated) continue;
    put(`${mix}g1.weight`, [embedding, GATE_RANK], 'f16', [zeros]);
    put(`${mix}g2.weight`, [GATE_RANK, embedding], 'f16', [eighths]);
  }
  return segments.length === 1 ? source : joined(source.name, segments, [source]);
}

/** The pieces of a layer's fused lerps if the file has them in another form; removes that form from the table. */
function lerpsOf(
  tensors: Map<string, Tensor>,
  source: ByteSource,
  mix: string,
  embedding: number,
  gated: boolean,
) {
  const pieceOf = ({ offset, byteLength }: Tensor): Segment => ({ source, offset, byteLength });
  const name = `${mix}lerp_fused.weight`;
  const fused = tensors.get(name);
  if (fused) {
    const vectors = fused.shape.reduce((product, each) => product * each, 1) / embedding;
    if (gated || vectors !== 5) return undefined;
    const one = filled(fused.byteLength / 5 / 2, 0);
    return { format: fused.format, pieces: [pieceOf(fused), one] };
  }
  const names = LERPS.map((letter) => `${mix}lerp_${letter}.weight`);
  const single = names.map((each) => tensors.get(each));
  const [first] = single;
  if (!first) return undefined;
  const pieces: Segment[] = [];
  for (const [i, tensor] of single.entries()) {
    if (!tensor && gated) throw new Error(`tensor ${names[i]} is missing (lerps are stored one by one here)`);
    if (!tensor && LERPS[i] !== 'g')
      throw new Error(`tensor ${names[i]} is missing (lerps are stored one by one here)`);
    if (tensor && (tensor.format !== first.format || tensor.byteLength !== first.byteLength))
      throw new Error(
        `tensor ${names[i]} differs in type or size from ${names[0]}; the lerps of a layer should be alike`,
      );
    pieces.push(tensor ? pieceOf(tensor) : filled(first.byteLength / 2, 0));
  }
  for (const each of names) tensors.delete(each);
  return { format: first.format, pieces };
}

/** Halves of one value, in memory only while they are read. */
function filled(count: number, bits: number): Segment {
  const readNow = (offset: number, target: Uint8Array) => {
    for (let at = 0; at < target.byteLength; at++) target[at] = (offset + at) % 2 ? bits >> 8 : bits & 0xff;
  };
  const read: ByteSource['read'] = async (offset, length) => {
    const bytes = new Uint8Array(length);
    readNow(offset, bytes);
    return bytes;
  };
  return { source: { read, readNow }, offset: 0, byteLength: 2 * count };
}
