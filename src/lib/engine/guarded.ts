/** Arrays on the GPU between guards, so that it shows when a shader writes outside its outputs or changes its inputs. */
import { Refusal, type Arrays } from '../shaders/kernel';
import { readBuffer, storageBuffer } from './buffers';
import { fillWords, POISON, Seals, type WordRange } from './words';

/**
 * Words of a guard: as many as the longest array, so more than any stride, within these limits. Beyond them a write ends
 * in the guard all the same where a GPU clamps it to the binding.
 */
const LEAST_GUARD = 256;
const MOST_GUARD = 2 ** 14;
const GUARD = 0x47554152;
/** Offsets of bindings are multiples of this many words on every GPU. */
const ALIGNMENT = 64;

type GuardedRange = WordRange & { name: string; part: 'input' | 'before' | 'behind' };

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
  /** The guards, then the inputs. */
  readonly #ranges: GuardedRange[];
  readonly #seals: Seals;

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
    const places = Object.entries(this.#places);
    const guards = places.flatMap(([name, place]) => guardsOf(name, place));
    const inputs = places.flatMap(([name, place]) => (outputs.includes(name) ? [] : [inputOf(name, place)]));
    this.#ranges = [...guards, ...inputs];
    fillWords(
      device,
      Object.values(this.#places).map(({ buffer }) => ({ buffer, first: 0, count: buffer.size / 4 })),
      GUARD,
    );
    this.#seals = new Seals(device, guards, GUARD, inputs, randomSeed());
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
    this.#seals.begin();
  }

  /** Throws a Refusal that begins with `label` when a guard or an input has changed since `seal`. */
  async requireSealed(label: string): Promise<void> {
    const changed = this.#ranges[await this.#seals.changed()];
    if (!changed) return;
    const { name, part } = changed;
    if (!this.outputs.includes(name))
      throw new Refusal('inputs', `${label} changes ${name} or what lies next to it`);
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
    this.#seals.destroy();
    for (const buffer of this.buffers) buffer.destroy();
  }
}

/** The words before and behind an array, none of which may change. */
const guardsOf = (name: string, { buffer, before, length, behind }: Place): GuardedRange[] => [
  { name, part: 'before', buffer, first: 0, count: before },
  { name, part: 'behind', buffer, first: before + Math.max(1, length), count: behind },
];

/** The words of an input, which may not change either. */
const inputOf = (name: string, { buffer, before, length }: Place): GuardedRange => ({
  ...{ name, part: 'input', buffer, first: before, count: Math.max(1, length) },
});

/** Places an array between guards. The guard behind it is shorter if the device's limits leave no room for a whole one. */
function placeOf(device: GPUDevice, name: string, length: number, guard: number): Place {
  const before = Math.ceil(guard / ALIGNMENT) * ALIGNMENT;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  // A whole number of vectors, which the seals read.
  const room = 4 * Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 16);
  const least = Math.max(1, length) + ALIGNMENT;
  const fits = before + Math.max(1, length) + guard <= room;
  const [front, behind] = fits ? [before, guard] : [ALIGNMENT, Math.max(0, Math.min(guard, room - least))];
  const words = 4 * Math.ceil((front + Math.max(1, length) + behind) / 4);
  const rest = words - front - Math.max(1, length);
  return { buffer: storageBuffer(device, name, 4 * words), before: front, length, behind: rest };
}

/** A seed of 32 bits that cannot be predicted. */
export const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0];
