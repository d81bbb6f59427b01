/** Counts the zeros that variants leave out: in the activations as they are when the steps run. */
import { readBuffer, storageBuffer } from './buffers';
import { encode, type Step } from './encode';

/** Counts in the x of one or more uses. */
export interface Zeros {
  columns: number;
  nonzero: number;
  /** Groups of 32 columns of which any is not zero. */
  nonzeroGroups: number;
}

const GROUP = 32;

/** Runs the steps in order, and counts in the x of each that reads only what is not multiplied by zero. */
export async function countZeros(device: GPUDevice, steps: readonly Step[]): Promise<Map<Step, Zeros>> {
  const found = new Map<Step, Zeros>();
  const counting = steps.filter(({ sparse }) => sparse);
  if (counting.length === 0) return found;
  // The buffer has room for a chunk, of which one token is used.
  const lengths = counting.map(({ sizes: { batch, columns } }) => 4 * batch * columns);
  const copies = storageBuffer(
    device,
    'zeros',
    lengths.reduce((sum, length) => sum + length, 0),
  );
  try {
    let [from, at] = [0, 0];
    for (const [index, step] of counting.entries()) {
      const upTo = steps.indexOf(step);
      const { buffer, offset = 0 } = step.sparse!;
      const place = at;
      const copy = (encoder: GPUCommandEncoder) =>
        encoder.copyBufferToBuffer(buffer, offset, copies, place, lengths[index]);
      device.queue.submit([encode(device, steps.slice(from, upTo), { after: copy })]);
      from = upTo;
      at += lengths[index];
    }
    device.queue.submit([encode(device, steps.slice(from))]);
    const all = new Uint32Array(await readBuffer(device, copies));
    let word = 0;
    for (const [index, step] of counting.entries()) {
      found.set(step, zerosIn(all.subarray(word, (word += lengths[index] / 4))));
    }
  } finally {
    copies.destroy();
  }
  return found;
}

/** Numbers are zero if all their bits but the sign are. */
function zerosIn(bits: Uint32Array): Zeros {
  const counts = { columns: bits.length, nonzero: 0, nonzeroGroups: 0 };
  for (let first = 0; first < bits.length; first += GROUP) {
    const group = bits.subarray(first, first + GROUP).filter((word) => (word & 0x7fffffff) !== 0);
    counts.nonzero += group.length;
    counts.nonzeroGroups += Number(group.length > 0);
  }
  return counts;
}

/** The sum of several. */
export function totalZeros(each: readonly Zeros[]): Zeros {
  const sum = (key: keyof Zeros) => each.reduce((total, zeros) => total + zeros[key], 0);
  return { columns: sum('columns'), nonzero: sum('nonzero'), nonzeroGroups: sum('nonzeroGroups') };
}

/** Their share, from 0 to 1. */
export const shareOfZeros = ({ columns, nonzero }: Zeros): number => (columns - nonzero) / columns;
