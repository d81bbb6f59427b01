// Types of the weights on the GPU. load.ts fills them from a file, synthetic.ts from a seed.
import type { Geometry } from './gguf';

/**
 * A matrix of batch × rows × columns weights of one format, split by rows into parts that the adapter can bind. Only a
 * matrix of batch 1 has more than one part. `Buffer` is a GPUBuffer, or a plan of one in arrangement.ts.
 */
export interface Matrix<Buffer = GPUBuffer> {
  name: string;
  format: string;
  batch: number;
  rows: number;
  columns: number;
  parts: MatrixPart<Buffer>[];
}

/** Consecutive rows of a matrix in one buffer. */
export interface MatrixPart<Buffer = GPUBuffer> {
  buffer: Buffer;
  /** A multiple of 64, so that no tile spans two parts. */
  firstRow: number;
  rows: number;
}

/** Scale and shift of a norm: C f32 each. */
export interface Norm<Buffer = GPUBuffer> {
  weight: Buffer;
  bias: Buffer;
}

/**
 * A layer's LoRAs for decay, learning rate, value mix and gate in one buffer: the down-projections in the first half,
 * the up-projections in the second; see shaders/shared/lora.wgsl.
 */
export interface Lora<Buffer = GPUBuffer> {
  buffer: Buffer;
  /** The value rank of layer 0 is 0, because it has no value mix. */
  ranks: Geometry['ranks'];
  /** Bit i is set when the weights of LoRA i are f32 rather than f16. */
  wide: number;
}

/** The weights of one layer. Plain buffers are vectors of C f32 unless documented otherwise. */
export interface Layer<Buffer = GPUBuffer> {
  /** 8 × C f32: scale and bias of the norm, then the lerps in the order r k v w a g (the file's order is r w k v a g). */
  timeMixShift: Buffer;
  /** One matrix of batch 3 when the three share a format and fit one binding, else three of batch 1. */
  receptanceKeyValue: Matrix<Buffer>[];
  output: Matrix<Buffer>;
  lora: Lora<Buffer>;
  /** 8 × C f32: biases of decay, learning rate and value, removal key, … as in shaders/shared/layer_vectors.ts. */
  vectors: Buffer;
  /** 3 × C f32: scale and bias of the norm, lerp. */
  channelMixShift: Buffer;
  channelMixKey: Matrix<Buffer>;
  channelMixValue: Matrix<Buffer>;
}

/** All weights of a model. */
export interface Weights {
  geometry: Geometry;
  name: string;
  embedding: Matrix;
  embeddingNorm: Norm;
  outputNorm: Norm;
  head: Matrix;
  layers: Layer[];
  /** GPU memory of all weights, in bytes. */
  byteLength: number;
  destroy(): void;
}
