/** Which parts of a model file are read at once, and where their weights go. Pure data, no GPU calls. */
import { formats } from '../shaders/formats/formats';
import type { Piece } from './arrangement';

/** Largest read from the file, and largest staging buffer, in bytes. */
const READ_BYTES = 8 * 2 ** 20;
/** Tensors that are not needed leave gaps; up to this length they are read and ignored. */
const LARGEST_GAP = 2 ** 18;

/** A range of whole blocks of one tensor in the file, and its destination. */
export interface Slice {
  tensor: string;
  offset: number;
  byteLength: number;
  format: string;
  buffer: GPUBuffer;
  /** The format in the buffer. */
  held: string;
  /** Position in the buffer, and length there, in bytes. */
  place: number;
  heldBytes: number;
}

/** One read from the file: a slice, or several neighbouring ones. */
export interface Read {
  offset: number;
  byteLength: number;
  slices: Slice[];
  /** True if the bytes go to the GPU as they are. */
  direct: boolean;
  /** Bytes that it takes in a staging buffer. */
  stagedBytes: number;
}

/** The slices of a piece whose tensor begins at `offset` in the file; none is longer than a read, in the file or on the GPU. */
export function slicesOf(piece: Piece, offset: number, buffer: GPUBuffer): Slice[] {
  const format = formats[piece.format];
  const held = formats[piece.held];
  const heldBytes = (4 * held.words * format.elements) / held.elements;
  const step = Math.floor(READ_BYTES / Math.max(format.fileBytes, heldBytes));
  const firstBlock = piece.firstElement / format.elements;
  const blocks = piece.elements / format.elements;
  return Array.from({ length: Math.ceil(blocks / step) }, (_, i) => {
    const count = Math.min(step, blocks - i * step);
    return {
      tensor: piece.tensor,
      offset: offset + (firstBlock + i * step) * format.fileBytes,
      byteLength: count * format.fileBytes,
      format: piece.format,
      buffer,
      held: piece.held,
      place: 4 * piece.word + i * step * heldBytes,
      heldBytes: count * heldBytes,
    };
  });
}

/** True if the slice's bytes are the same on the GPU and begin on a word, as copies on the GPU need. */
function isDirect({ format, held, byteLength, heldBytes, offset }: Slice): boolean {
  return format === held && byteLength === heldBytes && offset % 4 === 0;
}

/** Groups the slices into reads, in file order: neighbours of one kind are joined, which saves requests over a network. */
export function readsOf(slices: Slice[]): Read[] {
  const reads: Read[] = [];
  for (const slice of [...slices].sort((a, b) => a.offset - b.offset)) {
    const direct = isDirect(slice);
    const last = reads.at(-1);
    if (last && last.direct === direct && joins(last, slice)) continue;
    const stagedBytes = direct ? slice.byteLength : slice.heldBytes;
    reads.push({ offset: slice.offset, byteLength: slice.byteLength, slices: [slice], direct, stagedBytes });
  }
  return reads;
}

/** Adds a slice to a read if it lies near and both fit; false if not. */
function joins(read: Read, slice: Slice): boolean {
  // A tied head lies where the embedding lies, so that the slice may end before the read does.
  const byteLength = Math.max(read.byteLength, slice.offset + slice.byteLength - read.offset);
  const stagedBytes = read.direct ? byteLength : read.stagedBytes + slice.heldBytes;
  if (byteLength > READ_BYTES || stagedBytes > READ_BYTES) return false;
  if (slice.offset > read.offset + read.byteLength + LARGEST_GAP) return false;
  read.slices.push(slice);
  [read.byteLength, read.stagedBytes] = [byteLength, stagedBytes];
  return true;
}
