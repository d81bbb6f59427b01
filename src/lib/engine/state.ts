/** GPU buffers of the recurrent state, kept between chunks, and of the activations within a chunk. */
import { readBuffer, storageBuffer } from './buffers';
import type { Geometry } from './gguf';
import { MOST_TOKENS } from './limits';

/** Buffers that persist from one chunk to the next. */
export interface State {
  /** layers × heads × 64 × 64, f32. */
  wkv: GPUBuffer;
  /** layers × 2 × C, f32: normalised input of time mix, then of channel mix, for the previous chunk's last token. */
  previous: GPUBuffer;
  /** The same for the current chunk; copied to `previous` at its end, because kernels read `previous` until then. */
  last: GPUBuffer;
  /** Token ids of the prompt, followed by the decoded ones. */
  ids: GPUBuffer;
  /** A single u32: the position in `ids` of the chunk's first token. */
  cursor: GPUBuffer;
  /** Argmax of each row of the logits. */
  best: GPUBuffer;
}

/** The state read back to the CPU, one array per layer; the shift arrays have C numbers. */
export interface StateValues {
  /** heads × 64 × 64: row = value channel, column = key channel. */
  wkv: Float32Array[];
  timeMixShift: Float32Array[];
  channelMixShift: Float32Array[];
}

/**
 * Creates the state buffers of a model, all zero. With several `sequences`, each layer has a part for each of them, one after another,
 * and so has each position of the ids. Throws when one exceeds the device's limits.
 */
export function createState(
  device: GPUDevice,
  { layers, embedding, headSize }: Geometry,
  sequences = 1,
): State {
  const shiftBytes = 4 * sequences * layers * 2 * embedding;
  return {
    wkv: storageBuffer(device, 'wkv state', 4 * sequences * layers * embedding * headSize),
    previous: storageBuffer(device, 'previous token', shiftBytes),
    last: storageBuffer(device, 'last token', shiftBytes),
    ids: storageBuffer(device, 'token ids', 4 * MOST_TOKENS),
    cursor: storageBuffer(device, 'cursor', 4),
    best: storageBuffer(device, 'argmax', 4 * 4096),
  };
}

/** Resets the state to before the first token; keeps the token ids. */
export function clearState(device: GPUDevice, { wkv, previous, cursor }: State) {
  const encoder = device.createCommandEncoder();
  for (const buffer of [wkv, previous, cursor]) encoder.clearBuffer(buffer);
  device.queue.submit([encoder.finish()]);
}

/** Copies a kept state over the present one. */
export function restoreState(
  device: GPUDevice,
  { wkv, previous }: State,
  from: { wkv: GPUBuffer; shift: GPUBuffer },
) {
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(from.wkv, 0, wkv, 0, wkv.size);
  encoder.copyBufferToBuffer(from.shift, 0, previous, 0, previous.size);
  device.queue.submit([encoder.finish()]);
}

/** Reads the state back from the GPU. */
export async function readStateValues(
  device: GPUDevice,
  state: State,
  geometry: Geometry,
): Promise<StateValues> {
  const { layers, embedding, headSize } = geometry;
  const wkv = new Float32Array(await readBuffer(device, state.wkv));
  const previous = new Float32Array(await readBuffer(device, state.previous));
  const slices = (values: Float32Array, length: number, of: number, which: number) =>
    Array.from({ length: layers }, (_, layer) => {
      const start = (layer * of + which) * length;
      return values.slice(start, start + length);
    });
  return {
    wkv: slices(wkv, embedding * headSize, 1, 0),
    timeMixShift: slices(previous, embedding, 2, 0),
    channelMixShift: slices(previous, embedding, 2, 1),
  };
}

/** Intermediate results of a chunk of T tokens, f32. Planes of T × C are stored without gaps. */
export interface Activations {
  /** The residual stream: T × C. */
  x: GPUBuffer;
  /** Outputs of token shift: 6 × T × C. */
  shifted: GPUBuffer;
  /** r k v w a b: 6 × T × C. */
  inputs: GPUBuffer;
  /** Output of the gate LoRA: T × C. */
  gate: GPUBuffer;
  /** Output of a layer's LoRA down-projections for a single token of each sequence: the sum of all ranks. */
  loraHidden: GPUBuffer;
  /** Layer 0's value: T × C. */
  firstValue: GPUBuffer;
  /** Output of wkv, and of the embedding lookup and the last layer norm: T × C, in the memory of `shifted`, which is not needed any more by then. */
  mixed: GPUBuffer;
  /** The hidden layer of channel mix: T × hidden, in the memory of `inputs`. */
  hidden: GPUBuffer;
}

/** Creates the activation buffers for chunks of up to `tokens` tokens. Throws when one exceeds the device's limits. */
export function createActivations(
  device: GPUDevice,
  { embedding, hidden, ranks }: Geometry,
  tokens: number,
  sequences = 1,
): Activations {
  const allRanks = ranks.decay + ranks.learningRate + ranks.value + ranks.gate;
  const plane = 4 * tokens * embedding;
  const buffer = (name: string, byteLength: number) =>
    storageBuffer(device, `${name} of a chunk of ${tokens}`, byteLength);
  const shifted = buffer('token shift', 6 * plane);
  const inputs = buffer('wkv inputs', Math.max(6 * plane, 4 * tokens * hidden));
  return {
    x: buffer('residual', plane),
    shifted,
    inputs,
    gate: buffer('gate', plane),
    loraHidden: buffer('LoRAs', 4 * sequences * allRanks),
    firstValue: buffer('first value', plane),
    mixed: shifted,
    hidden: inputs,
  };
}
