// Plans the GPU buffers of a model's weights: their sizes and the position of every tensor. Pure data, no GPU calls.
import { formats, rowWords } from '../shaders/formats/formats';
import { LAYER_VECTORS } from '../shaders/shared/layer_vectors';
import { mebibytes, NoRoom } from './buffers';
import type { Geometry } from './gguf';
import type { Layer, Lora, Matrix, MatrixPart, Norm } from './weights';

/** A contiguous range of one tensor's weights inside a buffer. */
export interface Piece {
  tensor: string;
  /** The tensor's format in the model file. */
  format: string;
  /** The format in the buffer; if it differs from `format`, the weights are converted during loading. */
  held: string;
  firstElement: number;
  elements: number;
  /** Position in the buffer, in 32-bit words. */
  word: number;
}

/** One buffer to create and fill. */
export interface BufferPlan {
  /** Unique: the tensor's GGUF name, with the row range if it is split, or the common part of several names. */
  label: string;
  words: number;
  pieces: Piece[];
}

/** The adapter limits that decide how matrices are split, in bytes. */
export type BufferLimits = Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;

/** All weight buffers of a model, in the order in which the engine uses them (the head last). */
export interface Arrangement<Buffer> {
  embedding: Matrix<Buffer>;
  embeddingNorm: Norm<Buffer>;
  layers: Layer<Buffer>[];
  outputNorm: Norm<Buffer>;
  head: Matrix<Buffer>;
}

/** Matrices are split at multiples of this many rows, so that no tile of a kernel spans two parts. */
const ROW_STEP = 64;
/** Order of the time mix lerps in the file and on the GPU, where r, k and v form one batched product. */
const FILE_LERPS = ['r', 'w', 'k', 'v', 'a', 'g'];
const GPU_LERPS = ['r', 'k', 'v', 'w', 'a', 'g'];
/** The last part of the tensor name for each plane of a layer's vectors. */
const VECTOR_TENSORS: Record<(typeof LAYER_VECTORS)[number], string> = {
  decay_bias: 'w0.weight',
  learning_rate_bias: 'a0.weight',
  value_bias: 'v0.weight',
  key_removal: 'k_k.weight',
  key_learning: 'k_a.weight',
  bonus: 'r_k.weight',
  norm_weight: 'ln.weight',
  norm_bias: 'ln.bias',
};
/** The letters of a layer's LoRAs, in the order of shaders/shared/lora.wgsl. */
const LORAS = ['w', 'a', 'v', 'g'];

/**
 * Calls `place` for every buffer that the model needs and returns its results in the structure of the model.
 * `formatOf` maps a GGUF tensor name to its weight format. Throws when a matrix exceeds the limits even in parts, or a
 * layer's LoRAs exceed them.
 */
export function arrange<Buffer>(
  geometry: Geometry,
  formatOf: (tensor: string) => string,
  limits: BufferLimits,
  place: (plan: BufferPlan) => Buffer,
): Arrangement<Buffer> {
  const { embedding, vocabulary, layers } = geometry;
  const arranger = new Arranger(geometry, formatOf, limits, place);
  return {
    embedding: arranger.matrix('token_embd.weight', vocabulary, embedding),
    embeddingNorm: arranger.norm('token_embd_norm'),
    layers: Array.from({ length: layers }, (_, layer) => arranger.layer(layer)),
    outputNorm: arranger.norm('output_norm'),
    head: arranger.matrix('output.weight', vocabulary, embedding),
  };
}

/** Builds the buffer plans of one model; see `arrange`. */
class Arranger<Buffer> {
  /** Largest size in bytes of a buffer that is bound as a whole. */
  readonly #largest: number;

  constructor(
    readonly geometry: Geometry,
    readonly formatOf: (tensor: string) => string,
    limits: BufferLimits,
    readonly place: (plan: BufferPlan) => Buffer,
  ) {
    this.#largest = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  }

  layer(index: number): Layer<Buffer> {
    const { embedding, hidden, ranks } = this.geometry;
    const block = `blk.${index}.`;
    const mix = `${block}time_mix_`;
    const hasValueResidual = index > 0;
    return {
      timeMixShift: this.shift(`${block}attn_norm`, `${mix}lerp_fused.weight`, FILE_LERPS, GPU_LERPS),
      receptanceKeyValue: this.receptanceKeyValue(mix),
      output: this.matrix(`${mix}output.weight`, embedding, embedding),
      lora: this.lora(mix, { ...ranks, value: hasValueResidual ? ranks.value : 0 }),
      vectors: this.vectors(mix, hasValueResidual),
      channelMixShift: this.shift(`${block}attn_norm_2`, `${block}channel_mix_lerp_k.weight`, ['k'], ['k']),
      channelMixKey: this.matrix(`${block}channel_mix_key.weight`, hidden, embedding),
      channelMixValue: this.matrix(`${block}channel_mix_value.weight`, embedding, hidden),
    };
  }

  /** A vector of C weights, converted to f32 from any format. */
  vector(tensor: string): Buffer {
    const elements = this.geometry.embedding;
    const format = this.formatOf(tensor);
    const piece = { tensor, format, held: 'f32', firstElement: 0, elements, word: 0 };
    return this.place({ label: tensor, words: elements, pieces: [piece] });
  }

  /** All vectors of a layer as planes of one buffer. Layer 0 has no value bias: that plane stays zero. */
  vectors(mix: string, hasValueResidual: boolean): Buffer {
    const elements = this.geometry.embedding;
    const pieces = LAYER_VECTORS.flatMap((plane, i): Piece[] => {
      if (plane === 'value_bias' && !hasValueResidual) return [];
      const tensor = `${mix}${VECTOR_TENSORS[plane]}`;
      return [
        { tensor, format: this.formatOf(tensor), held: 'f32', firstElement: 0, elements, word: i * elements },
      ];
    });
    return this.place({ label: `${mix}vectors`, words: LAYER_VECTORS.length * elements, pieces });
  }

  norm(name: string): Norm<Buffer> {
    return { weight: this.vector(`${name}.weight`), bias: this.vector(`${name}.bias`) };
  }

  /** Scale and bias of a norm, then the lerps of a tensor, reordered from the file's order to the GPU's: planes of C f32. */
  shift(norm: string, lerp: string, fileOrder: string[], gpuOrder: string[]): Buffer {
    const elements = this.geometry.embedding;
    const piece = (tensor: string, index: number, plane: number): Piece => {
      const place = { firstElement: index * elements, elements, word: plane * elements };
      return { tensor, format: this.formatOf(tensor), held: 'f32', ...place };
    };
    const pieces = [
      ...[`${norm}.weight`, `${norm}.bias`].map((tensor, plane) => piece(tensor, 0, plane)),
      ...fileOrder.map((name, index) => piece(lerp, index, 2 + gpuOrder.indexOf(name))),
    ];
    return this.place({ label: `${norm}+lerps`, words: pieces.length * elements, pieces });
  }

  /** One buffer for all four LoRAs: down-projections, then up-projections. f16 is kept, other formats become f32. */
  lora(mix: string, ranks: Geometry['ranks']): Lora<Buffer> {
    const { embedding } = this.geometry;
    const pieces: Piece[] = [];
    let words = 0;
    let wide = 0;
    const sizes = [ranks.decay, ranks.learningRate, ranks.value, ranks.gate];
    for (const way of [1, 2])
      sizes.forEach((rank, i) => {
        if (rank === 0) return;
        const name = `${mix}${LORAS[i]}`;
        const held = [1, 2].every((each) => this.formatOf(`${name}${each}.weight`) === 'f16') ? 'f16' : 'f32';
        if (held === 'f32') wide |= 1 << i;
        const tensor = `${name}${way}.weight`;
        const elements = rank * embedding;
        pieces.push({ tensor, format: this.formatOf(tensor), held, firstElement: 0, elements, word: words });
        words += elements / formats[held].elements;
      });
    const label = `${mix}loras`;
    if (4 * words > this.#largest)
      throw new NoRoom(
        `${label} is too large for this GPU: ${mebibytes(4 * words)}; it binds ${mebibytes(this.#largest)} at most`,
      );
    const buffer = this.place({ label, words, pieces });
    return { buffer, ranks, wide };
  }

  /** One matrix of batch 3 when all three share a format and fit one binding, else three matrices. */
  receptanceKeyValue(mix: string): Matrix<Buffer>[] {
    const { embedding: rows, embedding: columns } = this.geometry;
    const tensors = ['receptance', 'key', 'value'].map((name) => `${mix}${name}.weight`);
    const [format, ...others] = tensors.map((tensor) => this.formatOf(tensor));
    const words = rows * rowWords(formats[format], columns);
    if (others.some((other) => other !== format) || 3 * 4 * words > this.#largest)
      return tensors.map((tensor) => this.matrix(tensor, rows, columns));
    const name = `${mix}receptance+key+value.weight`;
    const pieces = tensors.map((tensor, i) => {
      return { tensor, format, held: format, firstElement: 0, elements: rows * columns, word: i * words };
    });
    const buffer = this.place({ label: name, words: 3 * words, pieces });
    return [{ name, format, batch: 3, rows, columns, parts: [{ buffer, firstRow: 0, rows }] }];
  }

  /** A matrix, split by rows into as few parts as the limits allow. */
  matrix(name: string, rows: number, columns: number): Matrix<Buffer> {
    const format = this.formatOf(name);
    const step = this.#rowsOfPart(name, rows, 4 * rowWords(formats[format], columns));
    const parts: MatrixPart<Buffer>[] = [];
    for (let firstRow = 0; firstRow < rows; firstRow += step)
      parts.push(this.#part(name, { firstRow, rows: Math.min(step, rows - firstRow) }, rows, columns));
    return { name, format, batch: 1, rows, columns, parts };
  }

  #part(
    tensor: string,
    part: { firstRow: number; rows: number },
    allRows: number,
    columns: number,
  ): MatrixPart<Buffer> {
    const { firstRow, rows } = part;
    const format = this.formatOf(tensor);
    const label = rows === allRows ? tensor : `${tensor} rows ${firstRow} to ${firstRow + rows - 1}`;
    const words = rows * rowWords(formats[format], columns);
    const elements = rows * columns;
    const piece = { tensor, format, held: format, firstElement: firstRow * columns, elements, word: 0 };
    return { buffer: this.place({ label, words, pieces: [piece] }), ...part };
  }

  /** Rows of each part but the last; `rowBytes` is the size of one row. */
  #rowsOfPart(name: string, rows: number, rowBytes: number): number {
    if (rows * rowBytes <= this.#largest) return rows;
    const fitting = Math.floor(this.#largest / rowBytes / ROW_STEP) * ROW_STEP;
    if (fitting > 0) return fitting;
    throw new NoRoom(
      `${name} is too large for this GPU: ${ROW_STEP} of its ${rows} rows have ${mebibytes(ROW_STEP * rowBytes)}, ` +
        `and the GPU binds ${mebibytes(this.#largest)} at most`,
    );
  }
}
