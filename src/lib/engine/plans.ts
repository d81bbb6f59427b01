/** Types of prepared runs and of their results, how a prompt is split into chunks, and what a lack of room is called. */
import { NoRoom } from './buffers';
import type { Step } from './encode';
import type { Forward } from './forward';
import type { Sequences } from './sequences';
import type { Activations } from './state';

/** Reusable steps and buffers for chunks, made by `Engine.prepare`. The maps hold steps by chunk length in tokens. */
export interface Plans {
  chunk: number;
  /** Steps per command buffer; 0: 16 at first, then twice as many each time. */
  stepsPerSubmit: number;
  activations: Activations;
  /** Steps of chunks that are followed by another chunk. */
  inner: Map<number, Step[]>;
  /** Steps of last chunks, which end with the head and the argmax. */
  final: Map<number, Step[]>;
  softmax: Step[];
  /** Several sequences to decode together, if they were asked for. */
  sequences?: Sequences;
  /** Seconds to convert matrices to the variants' own layouts; 0 when all variants read the file's layout. */
  layoutSeconds: number;
  /** Builds steps for any other chunk length. */
  forward(tokens: number): Forward;
}

/** Copies of a model's logits and state after a prompt, in GPU buffers of their own, to compare two plans by. */
export interface Answer {
  /** Logits of the last token. */
  logits: GPUBuffer;
  /** The recurrent state of all layers: `wkv` and `shift` as in `State`. */
  wkv: GPUBuffer;
  shift: GPUBuffer;
}

export interface PrepareOptions {
  /** Keep the plans prepared before, so that several are ready at once. */
  beside?: boolean;
  /** Use the activations of these plans, which must have room for as many tokens. */
  sharing?: Plans;
  /** More than 1: also decode so many sequences together. */
  sequences?: number;
}

/** GPU time of one step of a chunk; `seconds` is undefined when the timestamps were unusable. */
export type StepTime = Pick<Step, 'kernel' | 'variant' | 'pass' | 'sizes'> & {
  seconds: number | undefined;
  /** Seconds from the begin of the first step to that of this one, by the GPU's clock; undefined without timestamps. */
  begin?: number;
};

/** Splits a prompt into chunks; all are full except perhaps the last. */
export function chunks(tokens: number, chunk: number): { tokens: number; last: boolean }[] {
  return Array.from({ length: Math.ceil(tokens / chunk) }, (_, i) => ({
    tokens: Math.min(chunk, tokens - i * chunk),
    last: (i + 1) * chunk >= tokens,
  }));
}

/** Frees all buffers of a group. */
export function destroyAll(activations: Activations) {
  for (const buffer of Object.values(activations)) (buffer as GPUBuffer).destroy();
}

/** Makes the error that a lack of memory for `what` is told as, from the GPU's own message. */
export const noRoom = (what: string) => (message: string) =>
  new NoRoom(`There is no room on this GPU for ${what}: ${message}`);
