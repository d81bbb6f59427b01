/** Arrays on the GPU between guards, so that it shows when a shader writes outside its outputs or changes its inputs. */
import { Refusal, type Arrays } from '../shaders/kernel';
import { readBuffer, storageBuffer } from './buffers';
import { Digests, fillWords, POISON, type WordRange } from './words';

/**
 * Words of a guard: as many as the longest array, so more than any stride, within these limits. Beyond them a write ends
 * in the guard all the same where a GPU clamps it to the binding.
 */
const LEAST_GUARD = 256;
const MOST_GUARD = 2 ** 14;
const GUARD = 0x47554152;
/** Offsets of bindings are multiples of this many words on every GPU. */
const ALIGNMENT = 64;

type GuardedRange = WordRange & { name: string; part: 'all' | 'before' | 'behind' };

interface Place {
  buffer: GPUBuffer;
  /** Words before the array, of the array, and behind it. */
  before: number;
  length: number;
  behind: number;
}

/** The arrays of a kernel, each in a buffer of its own: guard, array, guard. */
export class GuardedArrays {
  readonly #places: Record<string, Place>;
  readonly #ranges: GuardedRange[];
  readonly #digests: Digests;

  /** `lengths` in words, by name. Throws when an array exceeds the device's limits. */
  constructor(
    readonly device: GPUDevice,
    lengths: Record<string, number>,
    readonly outputs: readonly string[],
  ) {
    const longest = Math.max(...Object.values(lengths));
    const guard = Math.min(MOST_GUARD, Math.max(LEAST_GUARD, longest));
    this.#places = Object.fromEntries(
      Object.entries(lengths).map(([name, length]) => [name, placeOf(device, name, length, guard)]),
    );
    this.#ranges = Object.entries(this.#places).flatMap(([name, place]) =>
      rangesOf(name, place, outputs.includes(name)),
    );
    fillWords(
      device,
      Object.values(this.#places).map(({ buffer }) => ({ buffer, first: 0, count: buffer.size / 4 })),
      GUARD,
    );
    this.#digests = new Digests(device, this.#ranges, randomSeed());
  }

  /**
   * The bindings by name. `open`: with the guard behind the array, so that a write past the end is not clamped; the
   * matrix `weight` is bound as it is, so that what a variant makes of it once stays valid.
   */
  bindings(open: boolean): Record<string, GPUBufferBinding> {
    const entries = Object.entries(this.#places).map(([name, { buffer, before, length, behind }]) => {
      const words = Math.max(1, length) + (open && name !== 'weight' ? behind : 0);
      return [name, { buffer, offset: 4 * before, size: 4 * words }] as const;
    });
    return Object.fromEntries(entries);
  }

  write(name: string, array: Arrays[string]) {
    const { buffer, before } = this.#places[name];
    this.device.queue.writeBuffer(buffer, 4 * before, array as Float32Array<ArrayBuffer>);
  }

  /** Fills arrays with a not-a-number. */
  poison(names: string[]) {
    const ranges = names.map((name) => {
      const { buffer, before: first, length: count } = this.#places[name];
      return { buffer, first, count };
    });
    fillWords(this.device, ranges, POISON);
  }

  /** Remembers the guards and the inputs as they are now. */
  seal() {
    this.#digests.begin();
  }

  /** Throws a Refusal that begins with `label` when a guard or an input has changed since `seal`. */
  async requireSealed(label: string): Promise<void> {
    const changed = this.#ranges[await this.#digests.changed()];
    if (!changed) return;
    const { name, part } = changed;
    if (part === 'all') throw new Refusal('inputs', `${label} changes ${name} or what lies next to it`);
    const where = part === 'before' ? 'before the start' : 'past the end';
    throw new Refusal('guards', `${label} writes ${where} of ${name}`);
  }

  /** Reads an array as words. */
  async read(name: string): Promise<ArrayBuffer> {
    const { buffer, before, length } = this.#places[name];
    return readBuffer(this.device, buffer, 4 * before, 4 * length);
  }

  get buffers(): GPUBuffer[] {
    return Object.values(this.#places).map(({ buffer }) => buffer);
  }

  destroy() {
    this.#digests.destroy();
    for (const buffer of this.buffers) buffer.destroy();
  }
}

/** The words that must not change: all of an input, the guards of an output. */
function rangesOf(name: string, { buffer, before, length, behind }: Place, output: boolean): GuardedRange[] {
  const end = before + Math.max(1, length);
  if (!output) return [{ name, part: 'all', buffer, first: 0, count: end + behind }];
  return [
    { name, part: 'before', buffer, first: 0, count: before },
    { name, part: 'behind', buffer, first: end, count: behind },
  ];
}

/** Places an array between guards. The guard behind it is shorter if the device's limits leave no room for a whole one. */
function placeOf(device: GPUDevice, name: string, length: number, guard: number): Place {
  const before = Math.ceil(guard / ALIGNMENT) * ALIGNMENT;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const room = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 4);
  const least = Math.max(1, length) + ALIGNMENT;
  const fits = before + Math.max(1, length) + guard <= room;
  const [front, behind] = fits ? [before, guard] : [ALIGNMENT, Math.max(0, Math.min(guard, room - least))];
  const words = front + Math.max(1, length) + behind;
  return { buffer: storageBuffer(device, name, 4 * words), before: front, length, behind };
}

/** A seed of 32 bits that cannot be predicted. */
export const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0];
