/** The model as a list of steps, in the paper's order: embed, time mix and channel mix per layer, head. */
import { EPILOGUE } from '../shaders/shared/epilogue';
import { FOR_SEQUENCES } from '../shaders/shared/sequences';
import { JOINED_FORMATS } from '../shaders/shared/shifted';
import type { Variant } from '../shaders/variant';
import type { Arrangement } from './arrangement';
import type { Binding, Kernels } from './kernels';
import type { Step } from './encode';
import type { Activations, State } from './state';
import type { Layer, Lora, Matrix, Norm, Weights } from './weights';

/** The variant, with its knob values, for each kernel; a key `kernel@ROWSxCOLUMNS` applies to one matrix shape. */
export type Choice = Record<string, Variant>;

/**
 * Builds the steps of a chunk of `tokens` tokens, with pipelines and bind groups, so that running needs no setup. `separate`: each of the
 * tokens belongs to a sequence of its own, which has its own part of the state.
 */
export class Forward {
  readonly #columns: number;
  readonly #inverseEpsilon: number;

  constructor(
    readonly kernels: Kernels,
    readonly choice: Choice,
    readonly weights: Weights,
    readonly state: State,
    readonly activations: Activations,
    readonly tokens: number,
    readonly separate = false,
  ) {
    this.#columns = weights.geometry.embedding;
    // Sizes are unsigned integers, so kernels get 1/ε, clamped to 32 bits; an even smaller ε makes no difference.
    this.#inverseEpsilon = Math.min(Math.round(1 / weights.geometry.normEpsilon), 2 ** 32 - 1);
  }

  /** Embedding and all layers: token ids at the cursor → the residual stream, T × C. */
  async body(): Promise<Step[]> {
    const layers = this.weights.layers.map(async (layer, index) => [
      ...(await this.#timeMix(layer, index)),
      ...(await this.#channelMix(layer, index)),
    ]);
    return [...(await this.#embed()), ...(await Promise.all(layers)).flat()];
  }

  /** Head and argmax for `rows` tokens of this chunk from `first` on; writes rows × vocabulary to `logits`. */
  async head(first: number, rows: number, logits: GPUBuffer): Promise<Step[]> {
    const { head, outputNorm, geometry } = this.weights;
    const { x, mixed } = this.activations;
    return [
      ...(await this.#layerNorm(x, outputNorm, mixed, first, rows)),
      ...(await this.#multiply(head, mixed, logits, 0, EPILOGUE.store, rows)),
      ...(await this.#steps(
        'argmax',
        { logits, best: this.state.best },
        { vocabulary: geometry.vocabulary, rows },
      )),
    ];
  }

  /** Ends the chunk: updates token shift state and cursor. `feed`: stores the argmax as the token at the cursor, of each sequence. */
  async end(feed: boolean): Promise<Step[]> {
    const { last, previous, best, ids, cursor } = this.state;
    const values = 2 * this.#sequences * this.#columns * this.weights.layers.length;
    const sizes = { values, tokens: this.tokens, feed: feed ? this.#sequences : 0 };
    return this.#steps('advance', { last, previous, best, ids, cursor }, sizes);
  }

  /** One lookup for each part of the embedding, then its layer norm. */
  async #embed(): Promise<Step[]> {
    const { embedding, embeddingNorm } = this.weights;
    const { x, mixed } = this.activations;
    const { ids, cursor } = this.state;
    const lookups = embedding.parts.map(({ buffer, firstRow, rows }) =>
      this.#steps(
        `embed_${embedding.format}`,
        { weight: buffer, ids, cursor, x: mixed },
        { tokens: this.tokens, columns: this.#columns, first_row: firstRow, rows },
      ),
    );
    return [
      ...(await Promise.all(lookups)).flat(),
      ...(await this.#layerNorm(mixed, embeddingNorm, x, 0, this.tokens)),
    ];
  }

  async #timeMix(layer: Layer, index: number): Promise<Step[]> {
    const { mixed, x } = this.activations;
    return [
      ...((await this.#timeMixStart(layer, index)) ?? [
        ...(await this.#tokenShift(layer.timeMixShift, 6, 2 * index)),
        ...(await this.#receptanceKeyValue(layer.receptanceKeyValue)),
        ...(await (this.#decodes ? this.#loraDown(layer) : [])),
      ]),
      ...(await (this.#decodes ? this.#wkvOfOne(layer, index) : this.#wkv(layer, index))),
      ...(await this.#multiply(layer.output, mixed, x, 0, EPILOGUE.add)),
    ];
  }

  async #channelMix(layer: Layer, index: number): Promise<Step[]> {
    const { shifted, hidden, x } = this.activations;
    return [
      ...((await this.#channelMixStart(layer, index)) ?? [
        ...(await this.#tokenShift(layer.channelMixShift, 1, 2 * index + 1)),
        ...(await this.#multiply(layer.channelMixKey, shifted, hidden, 0, EPILOGUE.reluSquared)),
      ]),
      ...(await this.#multiply(layer.channelMixValue, hidden, x, 0, EPILOGUE.add)),
    ];
  }

  /** One kernel for a single token, from layer norm to r, k, v and the LoRAs' way down; undefined where several kernels do that. */
  #timeMixStart({ receptanceKeyValue, timeMixShift, lora }: Layer, index: number) {
    const [matrix] = receptanceKeyValue;
    const kernel = this.#joined('time_mix_start', matrix);
    if (!kernel || !canStartTimeMix(matrix)) return undefined;
    const { inputs, loraHidden: hidden } = this.activations;
    const { rows, columns } = matrix;
    return this.#steps(
      kernel,
      {
        ...this.#shiftBuffers(2 * index),
        weight: matrix.parts[0].buffer,
        vectors: timeMixShift,
        lora_weight: loraWay(lora, 0),
        inputs: this.#plane(inputs, 0, 3),
        hidden,
      },
      { rows, columns, ...loraSizes(lora), inverse_epsilon: this.#inverseEpsilon },
    );
  }

  /** One kernel for a single token, from layer norm to the key of channel mix; undefined where several kernels do that. */
  #channelMixStart({ channelMixKey: matrix, channelMixShift }: Layer, index: number) {
    const kernel = this.#joined('channel_mix_start', matrix);
    if (!kernel || !canStartChannelMix(matrix)) return undefined;
    const { rows, columns, parts } = matrix;
    return this.#steps(
      kernel,
      {
        ...this.#shiftBuffers(2 * index + 1),
        weight: parts[0].buffer,
        vectors: channelMixShift,
        out: this.activations.hidden,
      },
      { rows, columns, inverse_epsilon: this.#inverseEpsilon },
    );
  }

  /** The kernel that does the work of several, for one token and a matrix of this format, if it is chosen (not `apart`). */
  #joined(family: string, { format }: Matrix): string | undefined {
    const kernel = `${family}_${format}`;
    return this.tokens === 1 && this.choice[kernel]?.passes.length ? kernel : undefined;
  }

  /** The number of sequences that have a state of their own. */
  get #sequences(): number {
    return this.separate ? this.tokens : 1;
  }

  /** True if the chunk has one token of each sequence. */
  get #decodes(): boolean {
    return this.tokens === this.#sequences;
  }

  /** Bindings of layer norm and token shift besides weights; `slot` is the vector's index in the token shift state. */
  #shiftBuffers(slot: number) {
    const vector = (buffer: GPUBuffer) => planesOf(buffer, this.#sequences * this.#columns, slot);
    return {
      x: this.activations.x,
      previous: vector(this.state.previous),
      last: vector(this.state.last),
    };
  }

  /** Layer norm and token shift into `lerps` planes; `slot` is the vector's index in the token shift state. */
  #tokenShift(vectors: GPUBuffer, lerps: number, slot: number): Promise<Step[]> {
    const part = (plane: number, count: number) => planesOf(vectors, this.#columns, plane, count);
    return this.#steps(
      this.separate ? 'token_shifts' : 'token_shift',
      {
        ...this.#shiftBuffers(slot),
        norm_weight: part(0, 1),
        norm_bias: part(1, 1),
        lerp: part(2, lerps),
        shifted: this.activations.shifted,
      },
      { columns: this.#columns, tokens: this.tokens, lerps, inverse_epsilon: this.#inverseEpsilon },
    );
  }

  /** One batched dispatch for r, k and v when their weights share a buffer, else three dispatches. */
  async #receptanceKeyValue(matrices: Matrix[]): Promise<Step[]> {
    const { shifted, inputs } = this.activations;
    let plane = 0; // r k v are the first planes of both `shifted` and `inputs`
    const products = matrices.map((matrix) => {
      const product = this.#multiply(
        matrix,
        this.#plane(shifted, plane, matrix.batch),
        inputs,
        plane,
        EPILOGUE.store,
      );
      plane += matrix.batch;
      return product;
    });
    return (await Promise.all(products)).flat();
  }

  /** The LoRAs, the inputs of wkv that depend on them, and wkv, for chunks of several tokens. */
  async #wkv({ lora, vectors }: Layer, index: number): Promise<Step[]> {
    const { tokens } = this;
    const { shifted, inputs, gate, firstValue, mixed } = this.activations;
    const columns = this.#columns;
    const given = { inputs, first_value: firstValue, vectors };
    const first_layer = Number(index === 0);
    const state = this.#wkvState(index);
    return [
      ...(await this.#steps(
        'lora_matmul',
        { weight: lora.buffer, shifted, inputs, gate },
        { columns, tokens, ...loraSizes(lora) },
      )),
      ...(await this.#steps('wkv_inputs', given, { columns, tokens, first_layer })),
      ...(await this.#steps('wkv', { inputs, gate, vectors, state, out: mixed }, { columns, tokens })),
    ];
  }

  /** The LoRAs' way down for a single token, of each sequence. */
  #loraDown({ lora }: Layer): Promise<Step[]> {
    const { shifted, loraHidden: hidden } = this.activations;
    const sizes = { ...this.#tokenSizes(), ...loraSizes(lora) };
    const kernel = this.separate ? 'lora_matvecs' : 'lora_matvec';
    return this.#steps(kernel, { weight: loraWay(lora, 0), shifted, hidden }, sizes);
  }

  /** The sizes with which kernels for a single token begin, and those for a token of each sequence. */
  #tokenSizes() {
    return { columns: this.#columns, ...(this.separate ? { tokens: this.tokens } : {}) };
  }

  /** `#wkv` for a single token after the LoRAs' way down, of each sequence: all the rest in one dispatch, to save overhead. */
  #wkvOfOne({ lora, vectors }: Layer, index: number): Promise<Step[]> {
    const { inputs, firstValue, mixed, loraHidden: hidden } = this.activations;
    return this.#steps(
      this.separate ? 'wkv_tokens' : 'wkv_token',
      {
        weight: loraWay(lora, 1),
        hidden,
        inputs: this.#plane(inputs, 0, 3),
        vectors,
        first_value: firstValue,
        state: this.#wkvState(index),
        out: mixed,
      },
      { ...this.#tokenSizes(), ...loraSizes(lora), first_layer: Number(index === 0) },
    );
  }

  #wkvState(index: number): GPUBufferBinding {
    const size = 4 * this.#sequences * this.#columns * this.weights.geometry.headSize;
    return { buffer: this.state.wkv, offset: index * size, size };
  }

  #layerNorm(x: Binding, norm: Norm, out: Binding, first: number, tokens: number): Promise<Step[]> {
    return this.#steps(
      'layer_norm',
      { x, norm_weight: norm.weight, norm_bias: norm.bias, out },
      { columns: this.#columns, tokens, first, inverse_epsilon: this.#inverseEpsilon },
    );
  }

  /** out = epilogue(matrix · x), written to the planes of `out` from `plane` on. One step per part of the matrix. */
  async #multiply(
    matrix: Matrix,
    x: Binding,
    out: GPUBuffer,
    plane: number,
    epilogue: number,
    tokens = this.tokens,
  ): Promise<Step[]> {
    const { format, batch, columns, rows: stride } = matrix;
    const products = matrix.parts.map(({ buffer, firstRow, rows }) => {
      const offset = 4 * (plane * tokens * stride + firstRow);
      // The binding starts at the part's first row, so it is that much shorter than the planes.
      const size = 4 * (batch * tokens * stride - firstRow);
      const buffers = { weight: buffer, x, out: { buffer: out, offset, size } };
      const family = this.separate ? 'matvecs' : tokens === 1 ? 'matvec' : 'matmul';
      const kernel = `${family}_${format}`;
      const shape = `${kernel}@${stride}x${columns}`; // this shape may have its own variant
      const key = this.choice[shape] ? shape : kernel;
      return family === 'matvec'
        ? this.#steps(key, buffers, { rows, columns, batch, epilogue })
        : this.#steps(key, buffers, { rows, columns, tokens, batch, stride, epilogue });
    });
    return (await Promise.all(products)).flat();
  }

  /** A binding of one or more consecutive planes, tokens × columns f32 each. */
  #plane(buffer: GPUBuffer, plane: number, planes = 1): GPUBufferBinding {
    return planesOf(buffer, this.tokens * this.#columns, plane, planes);
  }

  #steps(kernel: string, buffers: Record<string, Binding>, sizes: Record<string, number>): Promise<Step[]> {
    const variant = this.choice[kernel];
    if (!variant)
      throw new Error(
        `No variant was chosen for ${kernel}; there are: ${Object.keys(this.choice).join(', ')}`,
      );
    return this.kernels.steps(variant, buffers, sizes);
  }
}

/** Planes of `length` f32 each, from the plane `first` on. */
function planesOf(buffer: GPUBuffer, length: number, first: number, count = 1): GPUBufferBinding {
  return { buffer, offset: 4 * first * length, size: 4 * count * length };
}

/** The LoRAs' weights of the way down (0), or of the way up (1). */
function loraWay({ buffer }: Lora, way: 0 | 1): GPUBufferBinding {
  const size = buffer.size / 2;
  return { buffer, offset: way * size, size };
}

const loraSizes = ({ ranks: { decay, learningRate, value, gate }, wide }: Lora) => {
  return { decay, learning_rate: learningRate, value, gate, wide };
};

/**
 * The names of the kernels that a model needs, without duplicates; they depend on its weight formats. `separate`: with those for several
 * sequences.
 */
export function kernelNames({ embedding, head, layers }: Arrangement<unknown>, separate = false): string[] {
  const matrices = layers.flatMap((layer) => [
    ...layer.receptanceKeyValue,
    layer.output,
    layer.channelMixKey,
    layer.channelMixValue,
  ]);
  const formats = distinct([...matrices, head].map(({ format }) => format));
  const joined = layers.flatMap(({ receptanceKeyValue: [matrix], channelMixKey }) => [
    ...(canStartTimeMix(matrix) ? [`time_mix_start_${matrix.format}`] : []),
    ...(canStartChannelMix(channelMixKey) ? [`channel_mix_start_${channelMixKey.format}`] : []),
  ]);
  return [
    `embed_${embedding.format}`,
    ...['layer_norm', 'token_shift', 'lora_matmul', 'lora_matvec', 'wkv_inputs', 'wkv', 'wkv_token'],
    ...formats.map((format) => `matmul_${format}`),
    ...formats.map((format) => `matvec_${format}`),
    ...distinct(joined),
    ...(separate ? [...FOR_SEQUENCES, ...formats.map((format) => `matvecs_${format}`)] : []),
    ...['argmax', 'softmax', 'advance'],
  ];
}

const distinct = (names: string[]) => [...new Set(names)];

/** True if r, k and v are one matrix of a format whose products are joined with layer norm and token shift. */
const canStartTimeMix = ({ format, batch }: Matrix<unknown>) =>
  batch === 3 && JOINED_FORMATS.includes(format);

const canStartChannelMix = ({ format, parts }: Matrix<unknown>) =>
  parts.length === 1 && JOINED_FORMATS.includes(format);
