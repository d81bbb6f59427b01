import type { Arrays, Kernel, Sizes } from '../kernel';
import { LAYER_VECTORS, layerVector } from '../shared/layer_vectors';

const HEAD = 64;
const EPSILON = 64e-5;

/**
 * Per head, with S the 64 × 64 state (row i: value, column j: key):
 *   S = S·diag(w) + (S a) bᵀ + v kᵀ,  y = S r
 * then, per head: y = group norm of y · norm_weight + norm_bias + v · Σ_j r_j k_j bonus_j;  out = y · gate
 */
function wkv(arrays: Arrays, { columns, tokens }: Sizes) {
  const state = Float64Array.from(arrays.state);
  for (let t = 0; t < tokens; t++) {
    for (let head = 0; head < columns / HEAD; head++) {
      const y = recur(state, arrays.inputs, t, head, { columns, tokens });
      finish(y, arrays, t, head, { columns, tokens });
    }
  }
  arrays.state.set(state);
}

/** One token of one head: updates the state, returns y. */
function recur(
  state: Float64Array,
  inputs: Arrays[string],
  t: number,
  head: number,
  { columns, tokens }: Sizes,
) {
  const [r, k, v, w, a, b] = [0, 1, 2, 3, 4, 5].map((plane) => {
    const from = (plane * tokens + t) * columns + head * HEAD;
    return inputs.subarray(from, from + HEAD);
  });
  return Float64Array.from({ length: HEAD }, (_, i) => {
    const row = state.subarray((head * HEAD + i) * HEAD, (head * HEAD + i + 1) * HEAD);
    let sa = 0;
    for (let j = 0; j < HEAD; j++) sa += row[j] * a[j];
    let y = 0;
    for (let j = 0; j < HEAD; j++) {
      row[j] = row[j] * w[j] + sa * b[j] + v[i] * k[j];
      y += row[j] * r[j];
    }
    return y;
  });
}

function finish(y: Float64Array, arrays: Arrays, t: number, head: number, { columns, tokens }: Sizes) {
  const { inputs, gate, vectors, out } = arrays;
  const norm_weight = layerVector(vectors, 'norm_weight', columns);
  const norm_bias = layerVector(vectors, 'norm_bias', columns);
  const bonus = layerVector(vectors, 'bonus', columns);
  const plane = tokens * columns;
  const at = t * columns + head * HEAD;
  const mean = y.reduce((sum, value) => sum + value, 0) / HEAD;
  const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / HEAD;
  const scale = 1 / Math.sqrt(variance + EPSILON);
  let rk = 0;
  for (let j = 0; j < HEAD; j++) rk += inputs[at + j] * inputs[plane + at + j] * bonus[head * HEAD + j];
  for (let i = 0; i < HEAD; i++) {
    const c = head * HEAD + i;
    const normed = (y[i] - mean) * scale * norm_weight[c] + norm_bias[c];
    out[at + i] = (normed + inputs[2 * plane + at + i] * rk) * gate[at + i];
  }
}

export default {
  about: 'The WKV-7 recurrence, then group norm, bonus and gate',
  reference: wkv,
  lengths: ({ columns, tokens }) => ({
    inputs: 6 * tokens * columns,
    gate: tokens * columns,
    vectors: LAYER_VECTORS.length * columns,
    state: columns * HEAD,
    out: tokens * columns,
  }),
  inputs: {
    // Decays between the floor e^(−e^−½) = 0.545 and 1: half of them at the floor, and all of the first head's where there are
    // more. Removal keys of length one, correlated in time.
    inputs: (length, random, { columns, tokens }) => {
      // Loops, because a model's shape has millions of numbers, for which callbacks take a second.
      const inputs = new Float32Array(length);
      for (let i = 0; i < length; i++) inputs[i] = 2 * random() - 1;
      const plane = tokens * columns;
      const direction = Float32Array.from({ length: columns }, () => 2 * random() - 1);
      for (let i = 0; i < plane; i++) {
        const atFloor = columns > HEAD && i % columns < HEAD;
        inputs[3 * plane + i] = 0.5453 + (atFloor ? 0 : 0.4547 * Math.max(0, 2 * random() - 1) ** 2);
      }
      const key = new Float64Array(HEAD);
      for (let head = 0; head < plane; head += HEAD) {
        let power = 0;
        for (let j = 0; j < HEAD; j++) {
          key[j] = direction[(head + j) % columns] + 0.5 * random();
          power += key[j] ** 2;
        }
        const norm = Math.sqrt(power);
        for (let j = 0; j < HEAD; j++) {
          inputs[4 * plane + head + j] = -key[j] / norm;
          inputs[5 * plane + head + j] = (key[j] / norm) * random();
        }
      }
      return inputs;
    },
  },
  outputs: ['state', 'out'],
  cases: [
    { columns: 128, tokens: 16 },
    { columns: 192, tokens: 37 },
    { columns: 64, tokens: 1 },
    { columns: 128, tokens: 300 },
  ],
  tolerance: 1e-9,
  // A token and row: s·a and s·r are two each, s·w + v·k + (s·a)·b is five.
  flop: ({ columns, tokens }) => 9 * columns * HEAD * tokens,
  default: 'chunked',
  plain: 'naive',
  keeps: () => ['state'],
} satisfies Kernel;
