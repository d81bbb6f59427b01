// Synthetic models: the GPU and TypeScript generate the same bytes, sizes match the published ones, activations stay
// bounded.
import { describe, expect, it } from 'vitest';
import { arrange, type BufferPlan } from '../../src/lib/engine/arrangement';
import { readBuffer } from '../../src/lib/engine/buffers';
import type { Geometry } from '../../src/lib/engine/gguf';
import { Oracle, type OracleWeights } from '../../src/lib/engine/rwkv7';
import { SYNTHETIC, syntheticFormat } from '../../src/lib/engine/geometries';
import { pieceSizes, synthesiseWeights } from '../../src/lib/engine/synthetic';
import type { Weights } from '../../src/lib/engine/weights';
import { findVariant, kernels } from '../../src/lib/shaders';
import { seeded } from '../../src/lib/shaders/kernel';
import { dequantise, formats } from '../../src/lib/shaders/formats/formats';
import { buffersIn } from './buffers';
import { sharedKernels } from './engines';
import { standardDeviation } from '../oracle';

const { device } = await sharedKernels();

const variants = Object.fromEntries(
  ['f32', 'f16', 'q4_k', 'q6_k'].map((format) => {
    const kernel = `synthesise_${format}`;
    return [kernel, findVariant(kernel, kernels[kernel].default)];
  }),
);
const ROOMY = { maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 31 };

function geometryOf(layers: number, embedding: number, vocabulary: number): Geometry {
  const ranks = { decay: 16, learningRate: 16, value: 16, gate: 16 };
  const sizes = { layers, embedding, heads: embedding / 64, headSize: 64, hidden: 4 * embedding };
  return { ...sizes, vocabulary, ranks, normEpsilon: 1e-5 };
}

function plansOf(geometry: Geometry, formatOf = (tensor: string) => syntheticFormat(tensor)): BufferPlan[] {
  const plans: BufferPlan[] = [];
  arrange(geometry, formatOf, ROOMY, (plan) => plans.push(plan));
  return plans;
}

/** The contents of a plan's buffer as TypeScript generates them, in 32-bit words. */
function twin({ words, pieces }: BufferPlan, geometry: Geometry, seed: number, zeros?: number): Uint32Array {
  const weight = new Uint32Array(words);
  for (const piece of pieces)
    kernels[`synthesise_${piece.format}`].reference({ weight }, pieceSizes(piece, { geometry, zeros }, seed));
  return weight;
}

/** The weights of one tensor, dequantised from a buffer's words. */
function numbersOf({ pieces }: BufferPlan, label: string, words: Uint32Array): number[] {
  return pieces
    .filter(({ tensor }) => tensor === label)
    .flatMap(({ format, elements, word }) => {
      const { words: blockWords, elements: blockElements } = formats[format];
      const length = (elements / blockElements) * blockWords;
      return [...dequantise(formats[format], words.subarray(word, word + length))];
    });
}

/** Reads back the words of every buffer, by label, and destroys the model. */
async function wordsOf(weights: Weights): Promise<Map<string, Uint32Array>> {
  const words = new Map<string, Uint32Array>();
  for (const buffer of buffersIn(weights))
    words.set(buffer.label, new Uint32Array(await readBuffer(device, buffer)));
  weights.destroy();
  return words;
}

describe('random weights', () => {
  const geometry = geometryOf(2, 256, 640);

  it('are the same from the GPU and from TypeScript, to the bit', async () => {
    const got = await wordsOf(await synthesiseWeights(device, { geometry }, 7, variants));
    const plans = plansOf(geometry);
    expect([...got.keys()].sort()).toEqual(plans.map(({ label }) => label).sort());
    for (const plan of plans) expect(got.get(plan.label), plan.label).toEqual(twin(plan, geometry, 7));
  });

  it('do not depend on how matrices are cut', async () => {
    const limits = { ...ROOMY, maxStorageBufferBindingSize: 90_000 };
    const small = new Proxy(device, {
      get(target, key) {
        if (key === 'limits')
          return new Proxy(target.limits, {
            get: (own, limit) =>
              Reflect.get({ ...limits }, limit) ?? (Reflect.get(own, limit, own) as unknown),
          });
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const weights = await synthesiseWeights(small, { geometry }, 7, variants);
    expect(weights.head.parts.length).toBeGreaterThan(1);
    const labels = weights.head.parts.map(({ buffer }) => buffer.label);
    const cutQuery = weights.layers[1].receptanceKeyValue.map(({ parts }) => parts[0].buffer.label);
    const got = await wordsOf(weights);
    const joined = (names: string[]) => names.flatMap((label) => [...got.get(label)!]);
    const want = (label: RegExp) => [
      ...twin(
        plansOf(geometry).find((plan) => label.test(plan.label))!,
        geometry,
        7,
      ),
    ];
    expect(joined(labels)).toEqual(want(/^output\.weight/));
    expect(joined(cutQuery)).toEqual(want(/^blk\.1\.time_mix_receptance\+key/));
  });

  it('differ with the seed and from tensor to tensor', () => {
    const [first, second] = plansOf(geometry).filter(({ label }) => label.endsWith('channel_mix_key.weight'));
    const share = (a: Uint32Array, b: Uint32Array) => a.filter((word, i) => word === b[i]).length / a.length;
    expect(share(twin(first, geometry, 7), twin(first, geometry, 8))).toBeLessThan(1e-3);
    expect(share(twin(first, geometry, 7), twin(second, geometry, 7))).toBeLessThan(1e-3);
  });

  it.each([
    ['token_embd.weight', 0, 0.3],
    ['blk.0.channel_mix_key.weight', 0, 1 / 16],
    ['blk.0.channel_mix_value.weight', 0, 0.5 / 32],
    ['output.weight', 0, 1 / 16],
    ['blk.0.time_mix_g2.weight', 0, 2 / 4],
    ['blk.0.time_mix_w1.weight', 0, 1 / 16],
    ['blk.1.attn_norm.weight', 1, 0.1],
    ['blk.1.attn_norm_2.bias', 0, 0.05],
    ['blk.1.time_mix_lerp_fused.weight', 0.5, 1 / Math.sqrt(12)],
    ['blk.1.time_mix_w0.weight', 4.5, 23 / Math.sqrt(12)],
  ])('have the mean and deviation they should: %s %d ± %d', (label, mean, deviation) => {
    const plan = plansOf(geometry).find(({ pieces }) => pieces.some(({ tensor }) => tensor === label))!;
    const numbers = numbersOf(plan, label, twin(plan, geometry, 7));
    const noise = 5 / Math.sqrt(numbers.length);
    expect(Math.abs(numbers.reduce((sum, x) => sum + x, 0) / numbers.length - mean)).toBeLessThan(
      deviation * (noise + 0.005),
    );
    expect(Math.abs(standardDeviation(numbers) / deviation - 1)).toBeLessThan(noise + 0.02);
  });

  it('have a key of channel mix with a negative mean, and a bias before it, for a share of zeros; all else as without', async () => {
    const plans = plansOf(geometry);
    const got = await wordsOf(await synthesiseWeights(device, { geometry, zeros: 0.9 }, 7, variants));
    for (const plan of plans) {
      const want = twin(plan, geometry, 7, 0.9);
      expect(got.get(plan.label), plan.label).toEqual(want);
      const changed = /channel_mix_key|attn_norm_2/.test(plan.label);
      if (!changed) expect(want, plan.label).toEqual(twin(plan, geometry, 7));
    }
    const meanOf = (label: string) => {
      const plan = plans.find(({ pieces }) => pieces.some(({ tensor }) => tensor === label))!;
      const numbers = numbersOf(plan, label, twin(plan, geometry, 7, 0.9));
      return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    };
    expect(meanOf('blk.1.attn_norm_2.bias')).toBeCloseTo(0.5, 1);
    // 1.28 deviations of the sum, over the columns and the bias.
    expect(meanOf('blk.1.channel_mix_key.weight') / ((-1.28 * Math.sqrt(2 / 3 + 0.25)) / 128)).toBeCloseTo(
      1,
      1,
    );
  });

  it('have all LoRAs in f32 if that is asked for, and all else as without', async () => {
    const f32 = plansOf(geometry, (tensor) => syntheticFormat(tensor, { f32Loras: true }));
    const formatsOf = (plans: BufferPlan[]) =>
      new Map(plans.flatMap(({ pieces }) => pieces.map(({ tensor, format }) => [tensor, format] as const)));
    const usual = formatsOf(plansOf(geometry));
    for (const [tensor, format] of formatsOf(f32))
      expect(format, tensor).toBe(/time_mix_[wavg][12]/.test(tensor) ? 'f32' : usual.get(tensor));
    const got = await wordsOf(await synthesiseWeights(device, { geometry, f32Loras: true }, 7, variants));
    for (const plan of f32) expect(got.get(plan.label), plan.label).toEqual(twin(plan, geometry, 7));
  });

  it('stop when they are aborted, and name a missing variant', async () => {
    const others = Object.fromEntries(Object.entries(variants).filter(([name]) => name !== 'synthesise_f16'));
    await expect(synthesiseWeights(device, { geometry }, 7, others)).rejects.toThrow(
      /No variant was given for synthesise_f16, which blk\.0\.time_mix_a1\.weight needs/,
    );
    const stop = new AbortController();
    const progress = () => stop.abort(new Error('stopped by the user'));
    await expect(synthesiseWeights(device, { geometry }, 7, variants, progress, stop.signal)).rejects.toThrow(
      'stopped by the user',
    );
  });

  it('are refused for a name that is none', async () => {
    await expect(synthesiseWeights(device, 'synthetic-13b', 7, variants)).rejects.toThrow(
      'There is no model "synthetic-13b"; synthetic ones: synthetic-0.1b, synthetic-0.4b, synthetic-1.5b, ',
    );
  });
});

describe('the published geometries', () => {
  // Parameter counts of the RWKV-7 World checkpoints, which have no value residual in layer 0.
  it.each([
    ['synthetic-0.1b', 191_034_624],
    ['synthetic-0.4b', 450_767_872],
    ['synthetic-1.5b', 1_527_404_544],
    ['synthetic-2.9b', 2_947_735_040],
  ])('%s has %d parameters', (name, parameters) => {
    const pieces = plansOf(SYNTHETIC[name]).flatMap((plan) => plan.pieces);
    expect(pieces.reduce((sum, { elements }) => sum + elements, 0)).toBe(parameters);
  });

  it('have the bytes of the Q4_K_M file', () => {
    const bytes = plansOf(SYNTHETIC['synthetic-2.9b']).reduce((sum, { words }) => sum + 4 * words, 0);
    const layerZeroDummies = 2 * (2 * 2560 * 96); // v1 and v2; v0 is stored with the layer's vectors
    const headPadding = 2 * ((65536 * 2560) / 256);
    expect(bytes).toBe(1_874_370_560 - layerZeroDummies + headPadding);
  });
});

describe('activations', () => {
  it('stay finite and bounded through many layers and tokens', () => {
    const geometry = geometryOf(24, 256, 512);
    const weights: OracleWeights = new Map();
    for (const plan of plansOf(geometry)) {
      const words = twin(plan, geometry, 1);
      for (const { tensor, format, firstElement, elements, word } of plan.pieces) {
        const { words: blockWords, elements: blockElements } = formats[format];
        const length = (elements / blockElements) * blockWords;
        const numbers = dequantise(formats[format], words.subarray(word, word + length));
        // The lerps are stored as six pieces; the oracle expects them joined, in the file's order.
        const all =
          weights.get(tensor) ?? new Float32Array(tensor.includes('lerp_fused') ? 6 * elements : elements);
        all.set(numbers, firstElement);
        weights.set(tensor, all);
      }
    }
    const oracle = new Oracle(geometry, weights);
    const random = seeded(3);
    for (let token = 0; token < 96; token++) {
      const logits = oracle.step(Math.floor(random() * geometry.vocabulary));
      const deviation = standardDeviation(logits);
      expect(deviation).toBeGreaterThan(0.3);
      expect(deviation).toBeLessThan(3);
    }
    for (const state of oracle.state.wkv) expect(Math.max(...state.map(Math.abs))).toBeLessThan(60);
  });
});
