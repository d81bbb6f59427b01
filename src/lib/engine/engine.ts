/** Runs the model on the GPU: prefill in chunks, decode token by token. The recurrent state stays on the GPU. */
import { allOrNone, gpuBuffer, readBuffer, storageBuffer } from './buffers';
import { submitDecoding } from './decoding';
import { withErrorScopes } from './device';
import { encode } from './encode';
import { finished, promptly, whileQueued } from './finished';
import { Timer } from './timer';
import { hasTimestamps, wallTimes } from './wallTimes';
import { Forward, kernelNames, type Choice } from './forward';
import type { Geometry } from './gguf';
import type { Kernels } from './kernels';
import type { Step } from './encode';
import { MOST_CHUNK, MOST_POSITIONS, requireIds } from './limits';
import {
  type Answer,
  chunks,
  destroyAll,
  noRoom,
  type Plans,
  type PrepareOptions,
  type StepTime,
} from './plans';
import {
  clearState,
  createActivations,
  createState,
  readStateValues,
  restoreState,
  type Activations,
  type State,
  type StateValues,
} from './state';
import { Sequences } from './sequences';
import { submit } from './submit';
import type { Weights } from './weights';

export type { Answer, Choice, Plans, PrepareOptions, StateValues, StepTime };

/** Size limit of the logits buffer when every position is evaluated: a row of 65536 logits has 256 KiB. */
const LOGITS_BYTES = 32 * 2 ** 20;
/** Chunks the CPU may be ahead of the GPU: encoding overlaps execution, and the queue stays short enough to stop. */
const CHUNKS_AHEAD = 2;

/** A loaded model with its state on one device. Calls that run the model must not overlap. */
export class Engine {
  readonly geometry: Geometry;
  /** Kernels used by this model; `prepare` needs a variant for each. */
  readonly kernelNames: string[];
  readonly #device: GPUDevice;
  readonly #state: State;
  readonly #logits: GPUBuffer;
  readonly #probabilities: GPUBuffer;
  /** Mappable copy of the last argmax. */
  readonly #answer: GPUBuffer;
  #plans: Plans[] = [];
  readonly #kept = new Set<Answer>();
  /** Number of tokens processed so far; mirrors the cursor on the GPU. */
  #position = 0;

  private constructor(
    readonly kernels: Kernels,
    readonly weights: Weights,
  ) {
    this.geometry = weights.geometry;
    this.kernelNames = kernelNames(weights);
    this.#device = kernels.device;
    this.#state = createState(this.#device, weights.geometry);
    this.#logits = storageBuffer(this.#device, 'logits', 4 * weights.geometry.vocabulary);
    this.#probabilities = storageBuffer(this.#device, 'probabilities', 4 * weights.geometry.vocabulary);
    this.#answer = gpuBuffer(this.#device, {
      label: 'answer',
      size: 4,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  /** Creates an engine with an empty state, on the device of `kernels` and the weights. Throws when memory runs out. */
  static async open(kernels: Kernels, weights: Weights): Promise<Engine> {
    let engine: Engine | undefined;
    try {
      return await withErrorScopes(kernels.device, noRoom('the state'), () =>
        Promise.resolve((engine = allOrNone(() => new Engine(kernels, weights)))),
      );
    } catch (error) {
      engine?.destroy();
      throw error;
    }
  }

  /**
   * Compiles the chosen variants and builds the steps for prompts of these lengths, in chunks of `chunk` tokens with at
   * most `stepsPerSubmit` steps per command buffer (0: 16, doubling each time). Frees earlier plans unless `beside` is
   * true. Throws for a chunk outside 1 to MOST_CHUNK, when a variant does not compile, when memory runs out and when the
   * shared activations are too small.
   */
  async prepare(
    choice: Choice,
    chunk: number,
    stepsPerSubmit: number,
    lengths: number[],
    { beside = false, sharing, sequences = 1 }: PrepareOptions = {},
  ): Promise<Plans> {
    if (!(Number.isInteger(chunk) && chunk >= 1 && chunk <= MOST_CHUNK))
      throw new Error(`A chunk has 1 to ${MOST_CHUNK} tokens; ${chunk} was asked for`);
    if (!beside) this.#release();
    const longest = Math.min(chunk, Math.max(1, ...lengths));
    if (sharing && sharing.activations.x.size < 4 * longest * this.geometry.embedding)
      throw new Error(`The shared activations have no room for a chunk of ${longest} tokens`);
    let plans: Plans | undefined;
    try {
      return await withErrorScopes(
        this.#device,
        noRoom(`a chunk of ${longest} tokens; lower the chunk`),
        async () => {
          const activations =
            sharing?.activations ?? allOrNone(() => createActivations(this.#device, this.geometry, longest));
          plans = this.#emptyPlans(choice, chunk, stepsPerSubmit, activations);
          this.#plans.push(plans);
          const { vocabulary } = this.geometry;
          const softmaxBuffers = { logits: this.#logits, probabilities: this.#probabilities };
          plans.softmax = await this.kernels.steps(choice.softmax, softmaxBuffers, { vocabulary });
          for (const { tokens, last } of lengths.flatMap((length) => chunks(length, chunk)))
            await this.#steps(plans, tokens, last);
          await this.#steps(plans, 1, true); // for decoding
          if (sequences > 1)
            plans.sequences = await Sequences.prepare(this.kernels, choice, this.weights, sequences);
          plans.layoutSeconds = await this.kernels.loaded();
          return plans;
        },
      );
    } catch (error) {
      if (plans) this.discard(plans);
      throw error;
    }
  }

  /** Frees plans that are not used any more, and their activations unless other plans share them. */
  discard(plans: Plans) {
    this.#plans = this.#plans.filter((each) => each !== plans);
    plans.sequences?.destroy();
    if (!this.#plans.some(({ activations }) => activations === plans.activations))
      destroyAll(plans.activations);
  }

  /** Plans without steps so far. */
  #emptyPlans(choice: Choice, chunk: number, stepsPerSubmit: number, activations: Activations): Plans {
    const { kernels, weights } = this;
    return {
      ...{ chunk, stepsPerSubmit, activations, inner: new Map(), final: new Map(), softmax: [] },
      layoutSeconds: 0,
      forward: (tokens) => new Forward(kernels, choice, weights, this.#state, activations, tokens),
    };
  }

  /** Clears the state and moves the cursor to the start. */
  reset() {
    clearState(this.#device, this.#state);
    this.#position = 0;
  }

  /**
   * Uploads a prompt's ids and resets the state, or takes it from a copy, before the timed part. Throws for ids out of range or
   * too many.
   */
  load(tokens: Uint32Array, from?: Pick<Answer, 'wkv' | 'shift'>) {
    requireIds(tokens, this.geometry.vocabulary);
    this.reset();
    if (from) restoreState(this.#device, this.#state, from);
    this.#device.queue.writeBuffer(this.#state.ids, 0, tokens as Uint32Array<ArrayBuffer>);
  }

  /**
   * Runs `tokens` tokens from the cursor on; resolves to the last token's argmax. Throws above MOST_POSITIONS. `ran`: called with
   * the tokens that the GPU has run so far; parts of a chunk count by their steps.
   */
  async prefill(plans: Plans, tokens: number, ran?: (tokens: number) => void): Promise<number> {
    this.#requireRoom(tokens);
    const running: Promise<undefined>[] = [];
    const first = this.#position;
    for (const { tokens: length, last } of chunks(tokens, plans.chunk)) {
      const steps = await this.#steps(plans, length, last);
      const from = this.#position - first;
      const told = ran && ((part: number) => ran(from + Math.floor((length * part) / steps.length)));
      submit(this.#device, plans, steps, last ? this.#copyBest : undefined, told);
      this.#position += length;
      running.push(this.#device.queue.onSubmittedWorkDone());
      if (running.length > CHUNKS_AHEAD) await whileQueued(this.#device, running.at(-1 - CHUNKS_AHEAD)!);
    }
    return this.#readAnswer();
  }

  /** Decodes `count` ids greedily after the one that `prefill` returned; each argmax is fed back on the GPU. */
  async decode(plans: Plans, count: number): Promise<Uint32Array> {
    this.#requireRoom(count);
    const first = this.#position;
    const steps = await this.#steps(plans, 1, true);
    await submitDecoding(this.#device, plans, steps, count);
    this.#position += count;
    // Running the token at `first` yields the token at first + 1, where the decoded ids begin.
    return new Uint32Array(await readBuffer(this.#device, this.#state.ids, 4 * (first + 1), 4 * count));
  }

  /** Reads these prompts one by one, each for one of the sequences, which then decode from the argmaxes on. */
  async readEach(plans: Plans, sequences: Sequences, prompts: readonly Uint32Array[]): Promise<number[]> {
    const first: number[] = [];
    sequences.begin();
    for (const [sequence, prompt] of prompts.entries()) {
      this.load(prompt);
      first.push(await this.prefill(plans, prompt.length));
      sequences.take(sequence, this.#state);
    }
    return first;
  }

  /** Runs one given token; resolves to the argmax of its logits. Throws for an id out of range. */
  async feed(plans: Plans, token: number): Promise<number> {
    const tokens = Uint32Array.of(token);
    requireIds(tokens, this.geometry.vocabulary);
    this.#device.queue.writeBuffer(this.#state.ids, 4 * this.#position, tokens);
    return this.prefill(plans, 1);
  }

  /** Computes the softmax of the last logits; resolves when the GPU has finished. */
  async softmax(plans: Plans): Promise<void> {
    this.#device.queue.submit([encode(this.#device, plans.softmax)]);
    await finished(this.#device);
  }

  /** Logits of the last token: `vocabulary` numbers. */
  async readLogits(): Promise<Float32Array> {
    return new Float32Array(await readBuffer(this.#device, this.#logits));
  }

  /** Copies of the last logits and of the state, on the GPU; the caller destroys them. Throws when memory runs out. */
  async copyAnswer(): Promise<Answer> {
    const { wkv, previous } = this.#state;
    let answer: Answer | undefined;
    try {
      return await withErrorScopes(this.#device, noRoom('a copy of the state'), () => {
        const encoder = this.#device.createCommandEncoder();
        const copy = (buffer: GPUBuffer) => {
          const made = storageBuffer(this.#device, `${buffer.label}, a copy`, buffer.size);
          encoder.copyBufferToBuffer(buffer, 0, made, 0, buffer.size);
          return made;
        };
        answer = allOrNone(() => ({ logits: copy(this.#logits), wkv: copy(wkv), shift: copy(previous) }));
        this.#device.queue.submit([encoder.finish()]);
        return Promise.resolve(answer);
      });
    } catch (error) {
      if (answer) this.drop(answer);
      throw error;
    }
  }

  /** Keeps a copy until `drop`, or until the engine is destroyed. */
  keep(answer: Answer) {
    this.#kept.add(answer);
  }

  /** Destroys a copy. */
  drop(answer: Answer) {
    this.#kept.delete(answer);
    for (const buffer of Object.values(answer)) (buffer as GPUBuffer).destroy();
  }

  /** Probabilities from the last `softmax`: `vocabulary` numbers. */
  async readProbabilities(): Promise<Float32Array> {
    return new Float32Array(await readBuffer(this.#device, this.#probabilities));
  }

  /** The recurrent state of all layers. */
  readState(): Promise<StateValues> {
    return readStateValues(this.#device, this.#state, this.geometry);
  }

  /**
   * Resets the state, runs `tokens` and evaluates the head at every position. `each` is called for successive groups of
   * n positions with the first position, n argmaxes and the logits, n × vocabulary.
   */
  async everyPosition(
    plans: Plans,
    tokens: Uint32Array,
    each: (firstPosition: number, argmax: Uint32Array, logits: Float32Array) => void,
  ): Promise<void> {
    const { vocabulary } = this.geometry;
    const most = Math.max(1, Math.min(plans.chunk, Math.floor(LOGITS_BYTES / (4 * vocabulary))));
    const logits = storageBuffer(this.#device, 'logits of many tokens', 4 * most * vocabulary);
    this.load(tokens);
    try {
      for (const { tokens: length } of chunks(tokens.length, plans.chunk)) {
        const position = this.#position;
        submit(this.#device, plans, await this.#steps(plans, length, false));
        this.#position += length;
        for (let first = 0; first < length; first += most) {
          const rows = Math.min(most, length - first);
          submit(this.#device, plans, await plans.forward(length).head(first, rows, logits));
          const argmax = await readBuffer(this.#device, this.#state.best, 0, 4 * rows);
          const values = await readBuffer(this.#device, logits, 0, 4 * rows * vocabulary);
          each(position + first, new Uint32Array(argmax), new Float32Array(values));
        }
      }
    } finally {
      logits.destroy();
    }
  }

  /**
   * Runs a chunk of `tokens` tokens with the head and times each step in a compute pass of its own; the sum therefore
   * exceeds the time of the whole chunk. Advances the state as a prefill does. Where the device has no timestamps the wall
   * clock is used (`wallTimes`), and the state is worthless afterwards.
   */
  async profile(plans: Plans, tokens: number): Promise<StepTime[]> {
    this.#requireRoom(tokens);
    const steps = await this.#steps(plans, tokens, true);
    const times = (await hasTimestamps(this.#device))
      ? await this.#stamped(steps)
      : (await wallTimes(this.#device, steps)).map((seconds) => ({ seconds }));
    this.#position += tokens;
    return steps.map(({ kernel, variant, pass, sizes }, i) => ({
      kernel,
      variant,
      pass,
      sizes,
      ...times[i],
    }));
  }

  async #stamped(steps: Step[]): Promise<{ begin: number; seconds: number | undefined }[]> {
    const timer = new Timer(this.#device, steps.length);
    this.#device.queue.submit([encode(this.#device, steps, { timer })]);
    return timer.spans();
  }

  /** GPU bytes besides the weights: state, logits, kept copies, and the activations, scratch and resident buffers of all plans. */
  get memoryBytes(): number {
    const kept = [...this.#kept].flatMap((answer) => Object.values(answer));
    const own = [...Object.values(this.#state), this.#logits, this.#probabilities, this.#answer, ...kept];
    const activations = new Set(this.#plans.map((plans) => plans.activations));
    const sequences = this.#plans.flatMap((plans) => plans.sequences?.buffers ?? []);
    const all = [...own, ...sequences, ...[...activations].flatMap((each) => Object.values(each))];
    const buffers = new Set(all);
    const { scratch, resident } = this.kernels.bytes;
    return scratch + resident + [...buffers].reduce((sum, buffer) => sum + (buffer as GPUBuffer).size, 0);
  }

  /** Frees all GPU memory except the weights. */
  destroy() {
    this.#release();
    for (const answer of this.#kept) this.drop(answer);
    for (const buffer of [...Object.values(this.#state), this.#logits, this.#probabilities, this.#answer])
      (buffer as GPUBuffer).destroy();
  }

  /** The steps of a chunk of `tokens` tokens, cached. `last`: with head and argmax, which becomes the next token. */
  async #steps(plans: Plans, tokens: number, last: boolean): Promise<Step[]> {
    const plan = last ? plans.final : plans.inner;
    const known = plan.get(tokens);
    if (known) return known;
    const forward = plans.forward(tokens);
    const steps = [
      ...(await forward.body()),
      ...(last ? await forward.head(tokens - 1, 1, this.#logits) : []),
      ...(await forward.end(last)),
    ];
    plan.set(tokens, steps);
    return steps;
  }

  /** Copies the last argmax to the mappable buffer. */
  readonly #copyBest = (encoder: GPUCommandEncoder) =>
    encoder.copyBufferToBuffer(this.#state.best, 0, this.#answer, 0, 4);

  /** Maps the last argmax, once the GPU has finished. */
  async #readAnswer(): Promise<number> {
    await promptly(this.#device, this.#answer.mapAsync(GPUMapMode.READ));
    const [token] = new Uint32Array(this.#answer.getMappedRange().slice(0));
    this.#answer.unmap();
    return token;
  }

  #requireRoom(tokens: number) {
    if (tokens < 1) throw new Error('There are no tokens to run; at least one is needed');
    if (this.#position + tokens > MOST_POSITIONS)
      throw new Error(
        `${this.#position} tokens and ${tokens} more are too many; there is room for ${MOST_POSITIONS}`,
      );
  }

  #release() {
    for (const activations of new Set(this.#plans.map((plans) => plans.activations))) destroyAll(activations);
    for (const { sequences } of this.#plans) sequences?.destroy();
    this.#plans = [];
    this.kernels.release();
  }
}
