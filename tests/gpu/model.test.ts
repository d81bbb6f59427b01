// Whole models of every weight format and of irregular sizes on the GPU: the oracle's logits and state at any chunk
// size.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBuffer } from '../../src/lib/engine/buffers';
import { memorySource } from '../../src/lib/engine/bytes';
import { Engine, type Plans } from '../../src/lib/engine/engine';
import { openGguf, type Geometry, type ModelFile } from '../../src/lib/engine/gguf';
import { Oracle, type OracleState } from '../../src/lib/engine/rwkv7';
import { synthesiseWeights } from '../../src/lib/engine/synthetic';
import { findVariant, kernels as registry } from '../../src/lib/shaders';
import { seeded } from '../../src/lib/shaders/kernel';
import { formats } from '../../src/lib/shaders/formats/formats';
import { allLogits, bindingAtMost, choice, openEngine, sharedKernels } from './engines';
import { argmax, largestError, standardDeviation } from '../oracle';
import { asOlder, randomModel, type Sizes, type SmallGguf } from '../small-gguf';

const kernels = await sharedKernels();

/** Tolerance, in standard deviations of the expected values. */
const ALLOWED = 1e-3;
const CHUNKS = [1, 3, 16, 64];
/** Prompt length: a prime, so that no chunk size above 1 divides it. */
const PROMPT = 67;
const GENERATED = 4;

/** Irregular sizes: an odd vocabulary, hidden is not 4 C; a rank of 256 allows every format. */
const SIZES: Sizes = {
  layers: 2,
  embedding: 256,
  hidden: 512,
  vocabulary: 301,
  ranks: { decay: 256, learningRate: 64, value: 32, gate: 256 },
};

type FormatOf = (name: string, columns: number) => string;

const isMatrix = (name: string) =>
  /^(token_embd|output)\.weight$|(receptance|key|value|output|_[wavg][12])\.weight$/.test(name);

/** Uses `format` for every matrix whose columns are whole blocks of it, f16 for other matrices, and f32 for vectors. */
const everywhere =
  (format: string): FormatOf =>
  (name, columns) => {
    if (!isMatrix(name)) return 'f32';
    return columns % formats[format].elements ? 'f16' : format;
  };

/** Uses it for vectors, too. */
const vectorsToo =
  (format: string): FormatOf =>
  (name, columns) =>
    columns % formats[format].elements ? 'f16' : format;

const MIXED = Object.keys(formats);
/**
 * Gives neighbouring matrices, r, k and v included, different formats; vectors cycle through all formats they may have.
 */
function mixed(): FormatOf {
  let next = 0;
  return (name, columns) => {
    const possible = isMatrix(name) ? MIXED : ['f32', 'f16', 'bf16'];
    do next++;
    while (columns % formats[possible[next % possible.length]].elements);
    return possible[next % possible.length];
  };
}

interface Case {
  name: string;
  sizes: Sizes;
  format: FormatOf;
  /** Limit of a binding in bytes, so that matrices are split by rows. */
  binding?: number;
  /** True if r, k and v cannot be computed as one product. */
  apart?: boolean;
  /** The chunks to try, by default all of CHUNKS. */
  chunks?: number[];
  /** Changes the file's description before it is written. */
  change?: (gguf: SmallGguf) => void;
}

const cases: Case[] = [
  ...Object.entries(formats).map(([name, { synthesis }]) => {
    return { name, sizes: SIZES, format: synthesis ? everywhere(name) : vectorsToo(name), chunks: [16] };
  }),
  { name: 'formats mixed', sizes: { ...SIZES, layers: 3 }, format: mixed(), apart: true },
  {
    name: 'ranks 16 and 48, three heads, a large epsilon',
    sizes: {
      layers: 3,
      embedding: 192,
      hidden: 320,
      vocabulary: 333,
      ranks: { decay: 16, learningRate: 48, value: 16, gate: 48 },
      normEpsilon: 2e-3,
    },
    format: (name) => (isMatrix(name) ? (/_[wavg][12]/.test(name) ? 'f32' : 'f16') : 'f32'),
  },
  {
    name: 'one layer, which has no value residual; hardly an epsilon',
    sizes: { ...SIZES, layers: 1, ranks: { ...SIZES.ranks, value: 0 }, normEpsilon: 1e-12 },
    format: everywhere('q8_0'),
  },
  {
    name: 'an older converter: no gate, lerps one by one, a tied head; quantised vectors',
    sizes: { ...SIZES, ranks: { ...SIZES.ranks, gate: 16 } },
    format: (name, columns) =>
      /norm|_ln\.|_[wavk]0\.|lerp|_k_/.test(name) ? 'q8_0' : everywhere('q6_k')(name, columns),
    change: asOlder,
  },
  {
    name: 'matrices cut by rows',
    sizes: { ...SIZES, ranks: { decay: 16, learningRate: 16, value: 16, gate: 16 } },
    format: (name) =>
      /^token_embd|_[wavg][12]/.test(name) && isMatrix(name) ? 'f16' : everywhere('q8_0')(name, 256),
    binding: 66_000, // the LoRAs' 65,536 bytes are not split
    apart: true,
  },
];

/** The oracle's results for a prompt and its own continuation. */
interface Wanted {
  prompt: number[];
  logits: Float64Array[];
  state: OracleState;
  generated: number[];
  lastLogits: Float64Array;
  lastState: OracleState;
}

async function ask(file: ModelFile): Promise<Wanted> {
  const oracle = await Oracle.load(file);
  const random = seeded(7);
  const prompt = Array.from({ length: PROMPT }, () => Math.floor(random() * file.geometry.vocabulary));
  const logits = prompt.map((id) => oracle.step(id));
  const state = structuredClone(oracle.state);
  const generated = [argmax(logits[PROMPT - 1])];
  let lastLogits = logits[PROMPT - 1];
  for (let i = 0; i < GENERATED; i++) {
    lastLogits = oracle.step(generated[i]);
    generated.push(argmax(lastLogits));
  }
  return { prompt, logits, state, generated, lastLogits, lastState: oracle.state };
}

function expectNear(got: ArrayLike<number>, want: ArrayLike<number>, what: string) {
  expect(largestError(got, want) / standardDeviation(want), what).toBeLessThanOrEqual(ALLOWED);
}

async function expectState(engine: Engine, want: OracleState) {
  const got = await engine.readState();
  for (const part of ['wkv', 'timeMixShift', 'channelMixShift'] as const) {
    expect(got[part].length).toBe(want[part].length);
    got[part].forEach((values, layer) => expectNear(values, want[part][layer], `${part} of layer ${layer}`));
  }
}

describe.each(cases)('$name', ({ sizes, format, binding, change, apart = false, chunks = CHUNKS }) => {
  let engine: Engine;
  let wanted: Wanted;
  beforeAll(async () => {
    const file = await openGguf(memorySource(randomModel(sizes, format, { change }), 'random.gguf'));
    wanted = await ask(file);
    engine = await openEngine(kernels, file, binding ? bindingAtMost(kernels.device, binding) : undefined);
  });
  afterAll(() => {
    engine.destroy();
    engine.weights.destroy();
  });

  /**
   * Plans with the matmul variant that compiles fastest: kernels.test.ts covers every variant and format,
   * golden.test.ts the defaults.
   */
  const prepare = (chunk: number, ...lengths: number[]): Promise<Plans> =>
    engine.prepare(choice(engine, { matmul: 'naive' }), chunk, 0, lengths);

  test.each(chunks)('prefill and decoding, chunk %i', async (chunk) => {
    const plans = await prepare(chunk, PROMPT);
    engine.load(Uint32Array.from(wanted.prompt));
    expect(await engine.prefill(plans, PROMPT)).toBe(wanted.generated[0]);
    expectNear(await engine.readLogits(), wanted.logits[PROMPT - 1], 'logits');
    await expectState(engine, wanted.state);
    expect([...(await engine.decode(plans, GENERATED))]).toEqual(wanted.generated.slice(1));
    expectNear(await engine.readLogits(), wanted.lastLogits, 'logits after decoding');
    await expectState(engine, wanted.lastState);
  });

  if (chunks === CHUNKS) {
    test('a prefill of what was decoded, too', async () => {
      const plans = await prepare(24, PROMPT + GENERATED);
      engine.load(Uint32Array.from([...wanted.prompt, ...wanted.generated.slice(0, GENERATED)]));
      expect(await engine.prefill(plans, PROMPT + GENERATED)).toBe(wanted.generated[GENERATED]);
      expectNear(await engine.readLogits(), wanted.lastLogits, 'logits');
      await expectState(engine, wanted.lastState);
    });

    test('logits at every position', async () => {
      const got = await allLogits(engine, await prepare(16, PROMPT), wanted.prompt);
      wanted.logits.forEach((want, position) => expectNear(got[position], want, `position ${position}`));
    });
  }

  test('has its matrices as they were meant to be', () => {
    const { embedding, head, layers } = engine.weights;
    for (const { receptanceKeyValue } of layers) expect(receptanceKeyValue.length).toBe(apart ? 3 : 1);
    for (const matrix of [embedding, head, ...layers.map(({ output }) => output)])
      expect(matrix.parts.length > 1, matrix.name).toBe(binding !== undefined);
  });
});

describe('random weights from a seed', () => {
  const names = Object.keys(registry).filter((kernel) => kernel.startsWith('synthesise_'));
  const variants = Object.fromEntries(names.map((name) => [name, findVariant(name, registry[name].default)]));
  const deep: Geometry = {
    ...{
      layers: 24,
      embedding: 256,
      heads: 4,
      headSize: 64,
      hidden: 1024,
      vocabulary: 512,
      normEpsilon: 1e-5,
    },
    ranks: { decay: 32, learningRate: 32, value: 32, gate: 64 },
  };

  test.each([
    { name: '24 layers of 256', model: { geometry: deep }, tokens: 96, chunk: 32 },
    { name: 'synthetic-0.1b', model: 'synthetic-0.1b', tokens: 16, chunk: 16 },
  ])('$name stay finite and bounded for $tokens tokens', async ({ model, tokens, chunk }) => {
    const weights = await synthesiseWeights(kernels.device, model, 1, variants);
    const engine = await Engine.open(kernels, weights);
    const random = seeded(3);
    const ids = Array.from({ length: tokens }, () => Math.floor(random() * engine.geometry.vocabulary));
    const plans = await engine.prepare(choice(engine, { matvec: 'naive' }), chunk, 0, [tokens]);
    for (const logits of await allLogits(engine, plans, ids)) {
      const deviation = standardDeviation(logits);
      expect(deviation).toBeGreaterThan(0.3);
      expect(deviation).toBeLessThan(3);
    }
    const residual = new Float32Array(await readBuffer(kernels.device, plans.activations.x));
    expect(largestError(residual, new Float32Array(residual.length))).toBeLessThan(100);
    for (const state of (await engine.readState()).wkv)
      expect(largestError(state, new Float32Array(state.length))).toBeLessThan(60);
    engine.destroy();
    weights.destroy();
  });
});
