// The weights on the GPU: their shape as the engine sees them. load.ts fills them from a file, synthetic.ts from a seed.
import type { Geometry } from './gguf';

/**
 * batch × rows × columns weights of one format, cut by rows into parts no larger than the adapter binds. More than one
 * part only when batch is 1. (`Buffer` is a plan before there is a GPUBuffer: see arrangement.ts.)
 */
export interface Matrix<Buffer = GPUBuffer> {
  name: string;
  format: string;
  batch: number;
  rows: number;
  columns: number;
  parts: MatrixPart<Buffer>[];
}

export interface MatrixPart<Buffer = GPUBuffer> {
  buffer: Buffer;
  /** A multiple of 64. */
  firstRow: number;
  rows: number;
}

/** Scale and shift of a norm, f32. */
export interface Norm<Buffer = GPUBuffer> {
  weight: Buffer;
  bias: Buffer;
}

/**
 * A layer's LoRAs for decay, learning rate, value mix and gate, in one buffer whose halves are their way down and their way
 * up: see shaders/shared/lora.wgsl.
 */
export interface Lora<Buffer = GPUBuffer> {
  buffer: Buffer;
  /** Layer 0 has no value mix: rank 0. */
  ranks: Geometry['ranks'];
  /** Bit i: the i-th LoRA's weights are f32; else f16. */
  wide: number;
}

/** One layer. Plain buffers are vectors of C f32 unless they say more. */
export interface Layer<Buffer = GPUBuffer> {
  timeMixNorm: Norm<Buffer>;
  channelMixNorm: Norm<Buffer>;
  /** 6 × C, in the order r k v w a g (a file's order is r w k v a g). */
  timeMixLerp: Buffer;
  /** One matrix of batch 3 when the three share a format and fit one binding, else three of batch 1. */
  receptanceKeyValue: Matrix<Buffer>[];
  output: Matrix<Buffer>;
  lora: Lora<Buffer>;
  /** 8 × C: biases of decay, learning rate and value, removal key, … in the order of shaders/shared/layer_vectors.ts. */
  vectors: Buffer;
  channelMixLerp: Buffer;
  channelMixKey: Matrix<Buffer>;
  channelMixValue: Matrix<Buffer>;
}

/** All of a model's weights. */
export interface Weights {
  geometry: Geometry;
  name: string;
  embedding: Matrix;
  embeddingNorm: Norm;
  outputNorm: Norm;
  head: Matrix;
  layers: Layer[];
  /** Bytes of GPU memory. */
  byteLength: number;
  destroy(): void;
}
