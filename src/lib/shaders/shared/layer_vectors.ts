// A layer's vectors of time mix in one buffer, so that a kernel spends one binding on them; the twin of layer_vectors.wgsl.

/** The planes in order, each of as many numbers as the model has columns. */
export const LAYER_VECTORS = [
  'decay_bias',
  'learning_rate_bias',
  /** Layer 0 has none, and zeros here. */
  'value_bias',
  'key_removal',
  'key_learning',
  'bonus',
  /** Weight and bias of the group norm. */
  'norm_weight',
  'norm_bias',
] as const;

/** One of the planes. */
export const layerVector = (
  vectors: Float32Array | Uint32Array,
  name: (typeof LAYER_VECTORS)[number],
  columns: number,
) => vectors.subarray(LAYER_VECTORS.indexOf(name) * columns, (LAYER_VECTORS.indexOf(name) + 1) * columns);
