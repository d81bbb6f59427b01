/** Sparse products: leaving zeros out changes nothing, and what was left out is counted as it was. */
import { afterAll, describe, expect, test } from 'vitest';
import { readBuffer, storageBuffer } from '../../src/lib/engine/buffers';
import { check } from '../../src/lib/engine/check';
import { encode } from '../../src/lib/engine/encode';
import type { Geometry } from '../../src/lib/engine/gguf';
import { Engine } from '../../src/lib/engine/engine';
import { synthesiseWeights } from '../../src/lib/engine/synthetic';
import { shareOf, sparseBytes, zerosOfDecode } from '../../src/lib/lab/measure/zeros';
import { findVariant, kernels as registry } from '../../src/lib/shaders';
import { formats } from '../../src/lib/shaders/formats/formats';
import { type Random, seeded } from '../../src/lib/shaders/kernel';
import { sparseNumbers } from '../../src/lib/shaders/shared/sparse';
import { withKnobs } from '../../src/lib/shaders/variant';
import { choice, sharedEngine, sharedKernels } from './engines';
import { TINY } from '../oracle';

const kernels = await sharedKernels();
const columns = findVariant('matvec_q4_k', 'columns');

describe('a product that leaves zeros out', () => {
  const own = kernels.fork();
  afterAll(() => own.destroy());
  const SIZES = { rows: 70, columns: 1280, batch: 2, epilogue: 0 };
  const random = seeded(3);
  const { lengths, inputs } = registry.matvec_q4_k;
  const { weight: weightWords, x: xLength, out: outLength } = lengths(SIZES);
  const weight = storageBuffer(kernels.device, 'weight', 4 * weightWords);
  const matrix = inputs!.weight(weightWords, random, SIZES) as Uint32Array<ArrayBuffer>;
  kernels.device.queue.writeBuffer(weight, 0, matrix);
  /** The weights of a column in all rows of the first matrix. */
  const columnOf = (k: number) =>
    Array.from({ length: SIZES.rows }, (_, row) => {
      const block = new Float32Array(256);
      formats.q4_k.dequantise(matrix, (row * SIZES.columns + k) >> 8, block, 0);
      return block[k % 256];
    });
  const x = storageBuffer(kernels.device, 'x', 4 * xLength);
  afterAll(() => [weight, x].forEach((buffer) => buffer.destroy()));

  /** The result as whole words, with these knobs. */
  const productOf = async (knobs: Record<string, number>) => {
    const out = storageBuffer(kernels.device, 'out', 4 * outLength);
    const steps = await own.steps(withKnobs(columns, knobs), { weight, x, out }, SIZES);
    kernels.device.queue.submit([encode(kernels.device, steps)]);
    const words = new Uint32Array(await readBuffer(kernels.device, out));
    out.destroy();
    return words;
  };

  const only = (at: number, value: number) => (k: number) => (k === at ? value : 0);
  const even = (r: Random) => 2 * r() - 1;
  const PATTERNS: [string, (k: number, r: Random) => number][] = [
    ['nothing but zeros', () => 0],
    ['zeros of both signs', (k) => (k % 3 ? -0 : 0)],
    ['no zeros', (_k, r) => even(r)],
    ['one number', only(777, 0.3)],
    ['the last number', only(2 * 1280 - 1, -2)],
    ['every other number', (k, r) => (k % 2 ? even(r) : 0)],
    ['one number in ten', (_k, r) => (r() < 0.1 ? even(r) : 0)],
    ['nine numbers of each 32', (k, r) => (k % 32 < 9 ? even(r) : 0)],
    ['the smallest numbers', (k) => (k % 5 ? 0 : 2 ** -149)],
    ['not-a-number', only(40, NaN)],
    ['an infinity', only(1300, -Infinity)],
  ];
  test.each(PATTERNS)('is the same to the bit for %s', async (name, of) => {
    const numbers = Float32Array.from({ length: xLength }, (_, k) => of(k, random));
    kernels.device.queue.writeBuffer(x, 0, numbers);
    const shapes: Record<string, number>[] = [
      { lanes: 1, stored: 3, fours: 1 },
      { lanes: 3, teams: 32 },
      { lanes: 8, teams: 32, stored: 1, fours: 3 },
    ];
    for (const shape of shapes) {
      const skipped = await productOf({ ...shape, skips: 1 });
      const whole = await productOf({ ...shape, skips: 0 });
      const bits = (words: Uint32Array) =>
        [...words].map((word) => ((word & 0x7fffffff) > 0x7f800000 ? 'NaN' : word));
      expect(bits(skipped), JSON.stringify(shape)).toEqual(bits(whole));
      if (name === 'not-a-number') expect(bits(skipped).filter((word) => word === 'NaN').length).toBe(70);
      if (name === 'an infinity')
        expect(new Float32Array(skipped.buffer, 4 * 70).some(Number.isFinite)).toBe(false);
      if (name === 'one number')
        expect(columnOf(777).filter((w, row) => Math.abs(w) > 1e-4 && skipped[row] === 0)).toEqual([]);
    }
  });
});

test('is right where a workgroup has more columns than it can mark at a time', async () => {
  const sizes = { rows: 9, columns: 50 * 256, batch: 1, epilogue: 1 };
  const long = withKnobs(columns, { lanes: 8, teams: 32 });
  const { tolerance } = registry.matvec_q4_k;
  expect(await check(kernels, registry.matvec_q4_k, long, sizes)).toBeLessThanOrEqual(tolerance);
});

describe('the zeros of a model', () => {
  const KEY = 'matvec_q4_k';
  const synthesisers = Object.fromEntries(
    ['f32', 'f16', 'q4_k', 'q6_k'].map((format) => {
      const kernel = `synthesise_${format}`;
      return [kernel, findVariant(kernel, registry[kernel].default)];
    }),
  );
  const geometry: Geometry = {
    ...{ layers: 2, embedding: 512, heads: 8, headSize: 64, hidden: 2048, vocabulary: 640 },
    ranks: { decay: 16, learningRate: 16, value: 16, gate: 16 },
    normEpsilon: 1e-5,
  };

  /** Zeros of the value of channel mix in the tokens after a prompt, and the steps in which they were counted. */
  const counted = async (engine: Engine) => {
    const { embedding, hidden } = engine.geometry;
    const shaped = { ...choice(engine), [`${KEY}@${embedding}x${hidden}`]: columns };
    const plans = await engine.prepare(shaped, 16, 0, [16]);
    engine.load(Uint32Array.from({ length: 16 }, (_, i) => 1 + ((37 * i) % 200)));
    await engine.prefill(plans, 16);
    await engine.decode(plans, 2);
    return zerosOfDecode(plans, kernels.device);
  };

  test.each([0.5, 0.75, 0.9])('is the share that a synthetic one was asked for: %d', async (zeros) => {
    const weights = await synthesiseWeights(kernels.device, { geometry, zeros }, 7, synthesisers);
    const engine = await Engine.open(kernels, weights);
    const found = await counted(engine);
    expect(found.size).toBe(geometry.layers);
    expect(Math.abs(shareOf(found)! - zeros)).toBeLessThan(0.03);
    const [[step, first]] = found;
    const read = sparseBytes(step.source, step.sizes, first);
    // Nibbles are 32 of Q4_K's 36 bytes, which only zeros spare. Scales, 5 of 36 in this layout, are read whole: they are asked for
    // together with x, before it is known where it is zero. So are x and the result.
    const nonzero = 1 - shareOf(new Map([[step, first]]))!;
    const matrix = 4 * lengthsOf(step.sizes) * (nonzero * (32 / 36) + 5 / 36);
    expect(read).toBeCloseTo(matrix + 4 * (step.sizes.columns + step.sizes.rows));
    engine.destroy();
    weights.destroy();
  });

  const lengthsOf = (sizes: Record<string, number>) => registry[KEY].lengths(sizes).weight;

  test('is counted in a trained one, layer by layer', async () => {
    const { engine } = await sharedEngine(TINY);
    const found = await counted(engine);
    expect(shareOf(found)).toBeGreaterThan(0.3);
    expect(shareOf(found)).toBeLessThan(1);
  });
});

test('the numbers of the checks have groups of every kind', () => {
  const numbers = sparseNumbers(64 * 32, seeded(5));
  const groups = Array.from(
    { length: 64 },
    (_, g) => numbers.slice(32 * g, 32 * g + 32).filter(Boolean).length,
  );
  for (const count of [0, 1, 16, 32]) expect(groups).toContain(count);
  const magnitudes = [...numbers].filter(Boolean).map(Math.abs);
  expect(Math.max(...magnitudes) / Math.min(...magnitudes)).toBeGreaterThan(1e5);
});
