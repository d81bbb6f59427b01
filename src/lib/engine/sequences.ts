/** Several sequences that are decoded together: a step computes a token of each, and reads the weights once for all. */
import { allOrNone, readBuffer, storageBuffer } from './buffers';
import { submitDecoding } from './decoding';
import type { Step } from './encode';
import { Forward, type Choice } from './forward';
import type { Kernels } from './kernels';
import { MOST_TOKENS } from './limits';
import { createActivations, createState, type Activations, type State } from './state';
import type { Submitting } from './submit';
import type { Weights } from './weights';

/** Buffers for the logits and the state of one sequence. */
type Copies = Record<'logits' | 'wkv' | 'shift', GPUBuffer>;

/** A range of a state buffer of one sequence, and where it lies in that of all; in bytes. */
interface Range {
  part: 'wkv' | 'previous';
  own: number;
  all: number;
  size: number;
}

export class Sequences {
  readonly #device: GPUDevice;
  readonly #state: State;
  readonly #activations: Activations;
  /** Logits of the last step, a row for each sequence. */
  readonly #logits: GPUBuffer;
  /** Steps of one token of each sequence. */
  steps: Step[] = [];
  /** Tokens decoded since `begin`. */
  #position = 0;

  private constructor(
    kernels: Kernels,
    readonly weights: Weights,
    readonly count: number,
  ) {
    const { geometry } = weights;
    this.#device = kernels.device;
    this.#state = createState(kernels.device, geometry, count);
    this.#activations = createActivations(kernels.device, geometry, count, count);
    this.#logits = storageBuffer(kernels.device, 'logits of sequences', 4 * count * geometry.vocabulary);
  }

  /** Makes buffers and steps for `count` sequences. Throws when a variant does not compile and when memory runs out. */
  static async prepare(
    kernels: Kernels,
    choice: Choice,
    weights: Weights,
    count: number,
  ): Promise<Sequences> {
    const made = allOrNone(() => new Sequences(kernels, weights, count));
    try {
      const forward = new Forward(kernels, choice, weights, made.#state, made.#activations, count, true);
      made.steps = [
        ...(await forward.body()),
        ...(await forward.head(0, count, made.#logits)),
        ...(await forward.end(true)),
      ];
      return made;
    } catch (error) {
      made.destroy();
      throw error;
    }
  }

  /** Begins anew; `take` then gives each sequence its state. */
  begin() {
    const encoder = this.#device.createCommandEncoder();
    encoder.clearBuffer(this.#state.cursor);
    this.#device.queue.submit([encoder.finish()]);
    this.#position = 0;
  }

  /** Makes the state of a single sequence, and its last argmax as the next token, those of one of these. */
  take(sequence: number, from: State) {
    const encoder = this.#device.createCommandEncoder();
    for (const { part, own, all, size } of this.#ranges(sequence))
      encoder.copyBufferToBuffer(from[part], own, this.#state[part], all, size);
    encoder.copyBufferToBuffer(from.best, 0, this.#state.ids, 4 * sequence, 4);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Decodes `count` ids of each sequence greedily. Throws when there is no room for them. */
  async decode(plans: Submitting, count: number): Promise<Uint32Array[]> {
    const first = (this.#position + 1) * this.count;
    if (first + count * this.count > MOST_TOKENS)
      throw new Error(`There is no room for ${count} more tokens of ${this.count} sequences`);
    await submitDecoding(this.#device, plans, this.steps, count);
    this.#position += count;
    const read = await readBuffer(this.#device, this.#state.ids, 4 * first, 4 * count * this.count);
    const ids = new Uint32Array(read);
    return Array.from({ length: this.count }, (_, own) => ids.filter((_, at) => at % this.count === own));
  }

  /** Copies of a sequence's last logits and of its state into these buffers. */
  copyTo(answer: Copies, sequence: number) {
    const encoder = this.#device.createCommandEncoder();
    for (const { part, own, all, size } of this.#ranges(sequence))
      encoder.copyBufferToBuffer(
        this.#state[part],
        all,
        part === 'wkv' ? answer.wkv : answer.shift,
        own,
        size,
      );
    const { size } = answer.logits;
    encoder.copyBufferToBuffer(this.#logits, sequence * size, answer.logits, 0, size);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** All buffers, for an account of memory. */
  get buffers(): GPUBuffer[] {
    return [...Object.values(this.#state), ...Object.values(this.#activations), this.#logits] as GPUBuffer[];
  }

  destroy() {
    for (const buffer of this.buffers) buffer.destroy();
  }

  /** The place of a sequence's state: for each layer a part of the wkv state, and two vectors of the token shift. */
  #ranges(sequence: number): Range[] {
    const { layers, embedding, headSize } = this.weights.geometry;
    const parts = (part: Range['part'], count: number, size: number): Range[] =>
      Array.from({ length: count }, (_, i) => {
        return { part, own: i * size, all: (i * this.count + sequence) * size, size };
      });
    return [
      ...parts('wkv', layers, 4 * embedding * headSize),
      ...parts('previous', 2 * layers, 4 * embedding),
    ];
  }
}
