/** What the model remembers between chunks, and what a chunk works with: all on the GPU. */
import { readBuffer, storageBuffer } from './buffers';
import type { Geometry } from './gguf';
import { MOST_TOKENS } from './limits';

/** Buffers that carry from one chunk to the next. */
export interface State {
  /** Layer after layer, heads × 64 × 64 each. */
  wkv: GPUBuffer;
  /** Layer after layer: the last token's normalised vector of time mix, then of channel mix. */
  previous: GPUBuffer;
  /** The same of the chunk under way; becomes `previous` at its end, when nobody reads that any more. */
  last: GPUBuffer;
  /** The prompt's ids and what was generated after them. */
  ids: GPUBuffer;
  /** One number: the chunk's first place in `ids`. */
  cursor: GPUBuffer;
  /** Argmax of each row of the logits. */
  best: GPUBuffer;
}

/** The state in numbers, one array per layer. */
export interface StateValues {
  /** heads × 64 × 64: row = value, column = key */
  wkv: Float32Array[];
  timeMixShift: Float32Array[];
  channelMixShift: Float32Array[];
}

export function createState(device: GPUDevice, { layers, embedding, headSize }: Geometry): State {
  const shiftBytes = 4 * layers * 2 * embedding;
  return {
    wkv: storageBuffer(device, 'wkv state', 4 * layers * embedding * headSize),
    previous: storageBuffer(device, 'previous token', shiftBytes),
    last: storageBuffer(device, 'last token', shiftBytes),
    ids: storageBuffer(device, 'token ids', 4 * MOST_TOKENS),
    cursor: storageBuffer(device, 'cursor', 4),
    best: storageBuffer(device, 'argmax', 4 * 4096),
  };
}

/** Back to before the first token. */
export function clearState(device: GPUDevice, { wkv, previous, cursor }: State) {
  const encoder = device.createCommandEncoder();
  for (const buffer of [wkv, previous, cursor]) encoder.clearBuffer(buffer);
  device.queue.submit([encoder.finish()]);
}

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

/** Where a chunk's numbers live on their way through the layers; planes of T × C follow one another without gaps. */
export interface Activations {
  /** The residual stream: T × C. */
  x: GPUBuffer;
  /** Outputs of token shift: 6 × T × C. */
  shifted: GPUBuffer;
  /** r k v w a b: 6 × T × C. */
  inputs: GPUBuffer;
  gate: GPUBuffer;
  /** Between the LoRAs' way down and their way up, of a single token: all ranks of a layer. */
  loraHidden: GPUBuffer;
  /** Layer 0's value: T × C. */
  firstValue: GPUBuffer;
  /** wkv's output, and the embedding before its norm: T × C. */
  mixed: GPUBuffer;
  /** Inside channel mix: T × hidden. */
  hidden: GPUBuffer;
}

export function createActivations(
  device: GPUDevice,
  { embedding, hidden, ranks }: Geometry,
  tokens: number,
): Activations {
  const plane = 4 * tokens * embedding;
  const buffer = (name: string, byteLength: number) =>
    storageBuffer(device, `${name} of a chunk of ${tokens}`, byteLength);
  return {
    x: buffer('residual', plane),
    shifted: buffer('token shift', 6 * plane),
    inputs: buffer('wkv inputs', 6 * plane),
    gate: buffer('gate', plane),
    loraHidden: buffer('LoRAs', 4 * (ranks.decay + ranks.learningRate + ranks.value + ranks.gate)),
    firstValue: buffer('first value', plane),
    mixed: buffer('time mix', plane),
    hidden: buffer('channel mix', 4 * tokens * hidden),
  };
}
