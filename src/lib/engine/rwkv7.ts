// The oracle: a CPU reference of RWKV-7 in TypeScript, one token at a time, in float64 on exactly dequantised weights.
// It follows the paper "RWKV-7 Goose" and BlinkDL's reference code line by line and shares no code with the GPU path.
import { readNumbers, type Geometry, type ModelFile } from './gguf';

/** The recurrent state, one array per layer. */
export interface OracleState {
  /** heads × 64 × 64: row i belongs to value channel i, column j to key channel j. */
  wkv: Float64Array[];
  /** The last token's input of time mix after the layer norm: C numbers. */
  timeMixShift: Float64Array[];
  /** The last token's input of channel mix after the layer norm: C numbers. */
  channelMixShift: Float64Array[];
}

/** Dequantised weights by GGUF tensor name, in the file's order. */
export type OracleWeights = Map<string, Float32Array>;

const GROUP_NORM_EPSILON = 64e-5;
/** e^(−1/2) with the six digits used by every implementation; decays lie between exp(−0.606531) = 0.5453 and 1. */
const DECAY_SCALE = 0.606531;

/** A model with its state on the CPU. */
export class Oracle {
  state: OracleState;

  constructor(
    readonly geometry: Geometry,
    private readonly weights: OracleWeights,
  ) {
    this.state = emptyState(geometry);
  }

  /** Reads and dequantises every tensor of the file; needs four bytes per weight. Throws when reading fails. */
  static async load(file: ModelFile): Promise<Oracle> {
    const weights: OracleWeights = new Map();
    for (const name of file.tensors.keys()) weights.set(name, await readNumbers(file, name));
    return new Oracle(file.geometry, weights);
  }

  /** Clears the state. */
  reset(): void {
    this.state = emptyState(this.geometry);
  }

  /** Runs one token and returns the logits of the next: `vocabulary` numbers. Throws for an id out of range. */
  step(token: number): Float64Array {
    const x = this.layers(token);
    return matvec(this.weight('output'), this.layerNorm(x, 'output_norm'));
  }

  /** Runs one token without the head, the largest matrix of a small model. Throws for an id out of range. */
  feed(token: number): void {
    this.layers(token);
  }

  /** Embedding and all layers: the residual stream of one token, C numbers. Updates the state. */
  private layers(token: number): Float64Array {
    const { embedding, vocabulary, layers } = this.geometry;
    if (!Number.isInteger(token) || token < 0 || token >= vocabulary) {
      throw new Error(`there is no token ${token}: ids go from 0 to ${vocabulary - 1}`);
    }
    const row = this.weight('token_embd').subarray(token * embedding, (token + 1) * embedding);
    let x = this.layerNorm(Float64Array.from(row), 'token_embd_norm');
    let firstValue: Float64Array | undefined; // layer 0's value vector, which all later layers mix in
    for (let layer = 0; layer < layers; layer++) {
      const mixed = this.timeMix(layer, x, firstValue);
      firstValue ??= mixed.value;
      x = add(x, mixed.out);
      x = add(x, this.channelMix(layer, x));
    }
    return x;
  }

  /** Time mix of one layer: its output, and its value vector before the value residual. Updates the state. */
  private timeMix(layer: number, x: Float64Array, firstValue: Float64Array | undefined) {
    const block = `blk.${layer}.`;
    const mix = `${block}time_mix_`;
    const W = (name: string) => this.weight(mix + name);
    const lowRank = (letter: string, input: Float64Array, inner: (x: number) => number) =>
      matvec(W(`${letter}2`), matvec(W(`${letter}1`), input).map(inner));

    const n = this.layerNorm(x, `${block}attn_norm`);
    const previous = this.state.timeMixShift[layer];
    this.state.timeMixShift[layer] = n;
    const [xr, xw, xk, xv, xa, xg] = this.lerps(n, previous, W('lerp_fused'), 6);

    const r = matvec(W('receptance'), xr);
    let k = matvec(W('key'), xk);
    let v = matvec(W('value'), xv);
    const value = v;
    const w = add(W('w0'), lowRank('w', xw, Math.tanh)).map((d) => Math.exp(-DECAY_SCALE * sigmoid(d)));
    if (firstValue) {
      const nu = add(W('v0'), lowRank('v', xv, identity)).map(sigmoid);
      v = v.map((own, i) => own + (firstValue[i] - own) * nu[i]);
    }
    const a = add(W('a0'), lowRank('a', xa, identity)).map(sigmoid);
    const g = lowRank('g', xg, sigmoid);

    const kk = this.normaliseHeads(times(k, W('k_k')));
    const learning = W('k_a');
    k = k.map((key, i) => key * (1 + (a[i] - 1) * learning[i]));

    const y = this.wkv(this.state.wkv[layer], r, w, k, v, kk, a);
    const normed = this.groupNorm(y, `${mix}ln`);
    const bonus = this.bonus(r, k, v, W('r_k'));
    return { out: matvec(W('output'), times(add(normed, bonus), g)), value };
  }

  /** The recurrence S ← S diag(w) − (S κ) (κ ∘ a)ᵀ + v kᵀ, then y = S r, head by head; S is updated in place. */
  private wkv(
    S: Float64Array,
    r: Float64Array,
    w: Float64Array,
    k: Float64Array,
    v: Float64Array,
    kk: Float64Array,
    a: Float64Array,
  ): Float64Array {
    const { embedding, headSize } = this.geometry;
    const y = new Float64Array(embedding);
    for (let row = 0; row < embedding; row++) {
      const head = row - (row % headSize); // the head's first channel
      const at = row * headSize; // S has one row of headSize for every channel
      let removed = 0;
      for (let j = 0; j < headSize; j++) removed -= S[at + j] * kk[head + j];
      for (let j = 0; j < headSize; j++) {
        const c = head + j;
        S[at + j] = S[at + j] * w[c] + v[row] * k[c] + removed * kk[c] * a[c];
        y[row] += S[at + j] * r[c];
      }
    }
    return y;
  }

  private channelMix(layer: number, x: Float64Array): Float64Array {
    const block = `blk.${layer}.`;
    const n = this.layerNorm(x, `${block}attn_norm_2`);
    const previous = this.state.channelMixShift[layer];
    this.state.channelMixShift[layer] = n;
    const [xk] = this.lerps(n, previous, this.weight(`${block}channel_mix_lerp_k`), 1);
    const hidden = matvec(this.weight(`${block}channel_mix_key`), xk).map((h) => Math.max(h, 0) ** 2);
    return matvec(this.weight(`${block}channel_mix_value`), hidden);
  }

  /** n + (previous − n) μ for each of the `count` vectors μ in `lerp`. */
  private lerps(n: Float64Array, previous: Float64Array, lerp: Float32Array, count: number): Float64Array[] {
    return Array.from({ length: count }, (_, m) =>
      n.map((now, i) => now + (previous[i] - now) * lerp[m * n.length + i]),
    );
  }

  private layerNorm(x: Float64Array, name: string): Float64Array {
    return this.affine(normalise(x, this.geometry.normEpsilon), name);
  }

  /** A layer norm for each head separately. */
  private groupNorm(x: Float64Array, name: string): Float64Array {
    return this.affine(
      this.eachHead(x, (head) => normalise(head, GROUP_NORM_EPSILON)),
      name,
    );
  }

  private affine(x: Float64Array, name: string): Float64Array {
    return add(times(x, this.weight(name)), this.weight(name, 'bias'));
  }

  /** Divides each head by its L2 norm. */
  private normaliseHeads(x: Float64Array): Float64Array {
    return this.eachHead(x, (head) => {
      const length = Math.max(Math.sqrt(dot(head, head)), 1e-12);
      return head.map((key) => key / length);
    });
  }

  /** v Σ(r k r_k), summed over each head. */
  private bonus(r: Float64Array, k: Float64Array, v: Float64Array, weight: Float32Array): Float64Array {
    const products = times(times(r, k), weight);
    const sums = this.eachHead(products, (head) =>
      head.fill(head.reduce((sum, product) => sum + product, 0)),
    );
    return times(v, sums);
  }

  private eachHead(x: Float64Array, change: (head: Float64Array) => Float64Array): Float64Array {
    const { heads, headSize } = this.geometry;
    const out = new Float64Array(x.length);
    for (let h = 0; h < heads; h++) {
      out.set(change(x.slice(h * headSize, (h + 1) * headSize)), h * headSize);
    }
    return out;
  }

  private weight(name: string, kind = 'weight'): Float32Array {
    const numbers = this.weights.get(`${name}.${kind}`);
    if (!numbers) throw new Error(`tensor ${name}.${kind} is missing`);
    return numbers;
  }
}

function emptyState({ layers, embedding, headSize }: Geometry): OracleState {
  const each = (length: number) => Array.from({ length: layers }, () => new Float64Array(length));
  return { wkv: each(embedding * headSize), timeMixShift: each(embedding), channelMixShift: each(embedding) };
}

type Numbers = Float64Array | Float32Array;

const identity = (x: number) => x;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The matrix-vector product W x, with W stored row by row. */
function matvec(W: Float32Array, x: Float64Array): Float64Array {
  const columns = x.length;
  const rows = W.length / columns;
  const out = new Float64Array(rows);
  let row = 0;
  // Four rows at a time are twice as fast: a single sum is limited by the latency of its additions.
  for (; row + 4 <= rows; row += 4) {
    const at0 = row * columns;
    const at1 = at0 + columns;
    const at2 = at1 + columns;
    const at3 = at2 + columns;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let i = 0; i < columns; i++) {
      const value = x[i];
      sum0 += W[at0 + i] * value;
      sum1 += W[at1 + i] * value;
      sum2 += W[at2 + i] * value;
      sum3 += W[at3 + i] * value;
    }
    out[row] = sum0;
    out[row + 1] = sum1;
    out[row + 2] = sum2;
    out[row + 3] = sum3;
  }
  for (; row < rows; row++) out[row] = dot(W.subarray(row * columns, (row + 1) * columns), x);
  return out;
}

function add(a: Numbers, b: Numbers): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = a[i] + b[i];
  return out;
}

function times(a: Numbers, b: Numbers): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = a[i] * b[i];
  return out;
}

function dot(a: Numbers, b: Numbers): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** (x − mean) / sqrt(variance + ε). */
function normalise(x: Float64Array, epsilon: number): Float64Array {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const centred = x.map((value) => value - mean);
  const scale = 1 / Math.sqrt(dot(centred, centred) / x.length + epsilon);
  return centred.map((value) => value * scale);
}
