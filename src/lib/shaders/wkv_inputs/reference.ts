import type { Arrays, Kernel, Sizes } from '../kernel';
import { LAYER_VECTORS, layerVector } from '../shared/layer_vectors';

const HEAD = 64;
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/**
 * Planes of `inputs`, each tokens × columns. In: r, k, v from their matrices; then the low-rank outputs of decay, learning
 * rate and value mix. Out: what the wkv recurrence takes, r k v w a b:
 *   w = exp(−e^−½ · σ(w0 + decay)),  η = σ(a0 + learning rate),
 *   v = v + (first − v) · σ(v0 + value mix)   (the first layer's v is the first value)
 *   κ = k·k_k, of length one per head;  k = k · (1 + (η − 1)·k_a);  a = −κ;  b = κ·η
 */
function wkvInputs({ inputs, first_value, vectors }: Arrays, { columns, tokens, first_layer }: Sizes) {
  const [decay_bias, learning_rate_bias, value_bias, key_removal, key_learning] = (
    ['decay_bias', 'learning_rate_bias', 'value_bias', 'key_removal', 'key_learning'] as const
  ).map((name) => layerVector(vectors, name, columns));
  const plane = tokens * columns;
  for (let head = 0; head < plane; head += HEAD) {
    let squares = 0;
    for (let i = head; i < head + HEAD; i++) squares += (inputs[plane + i] * key_removal[i % columns]) ** 2;
    const length = Math.max(Math.sqrt(squares), 1e-12);
    for (let i = head; i < head + HEAD; i++) {
      const c = i % columns;
      const key = inputs[plane + i];
      const removal = (key * key_removal[c]) / length;
      const rate = sigmoid(learning_rate_bias[c] + inputs[4 * plane + i]);
      const value = inputs[2 * plane + i];
      if (first_layer === 1) first_value[i] = value;
      else
        inputs[2 * plane + i] =
          value + (first_value[i] - value) * sigmoid(value_bias[c] + inputs[5 * plane + i]);
      inputs[plane + i] = key * (1 + (rate - 1) * key_learning[c]);
      inputs[3 * plane + i] = Math.exp(-Math.exp(-0.5) * sigmoid(decay_bias[c] + inputs[3 * plane + i]));
      inputs[4 * plane + i] = -removal;
      inputs[5 * plane + i] = removal * rate;
    }
  }
}

export default {
  about: 'Decay, learning rate, value residual and removal key: everything the recurrence takes, in place',
  reference: wkvInputs,
  lengths: ({ columns, tokens }) => ({
    inputs: 6 * tokens * columns,
    first_value: tokens * columns,
    vectors: LAYER_VECTORS.length * columns,
  }),
  outputs: ['inputs', 'first_value'],
  cases: [
    { columns: 128, tokens: 3, first_layer: 1 },
    { columns: 192, tokens: 5, first_layer: 0 },
    { columns: 64, tokens: 37, first_layer: 0 },
  ],
  tolerance: 1e-10,
  default: 'heads',
  plain: 'heads',
  keeps: ({ first_layer }) => (first_layer === 1 ? ['inputs'] : ['inputs', 'first_value']),
} satisfies Kernel;
