// Every variant of wkv, and of what decodes a token, in a trained model, whose keys and decays no generator makes up: logits and state as the oracle has them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/lib/engine/engine';
import { Oracle } from '../../src/lib/engine/rwkv7';
import { variantsFor } from '../../src/lib/shaders';
import { choice, openEngine, openKernels } from './engines';
import { DEMO, largestError, openModel, standardDeviation } from '../oracle';

const ALLOWED = 1e-3; // standard deviations of what should be there
const TOKENS = 67;

const kernels = await openKernels();
let engine: Engine;
let oracle: Oracle;
let ids: number[];
let logits: Float64Array;

beforeAll(async () => {
  const file = await openModel(DEMO);
  engine = await openEngine(kernels, file);
  oracle = await Oracle.load(file);
  ids = Array.from({ length: TOKENS }, (_, i) => (i * i * 31 + 7 * i + 5) % file.geometry.vocabulary);
  for (const id of ids) logits = oracle.step(id);
});
afterAll(() => {
  engine.destroy();
  engine.weights.destroy();
  kernels.device.destroy();
});

const cases = [
  ...variantsFor('wkv').flatMap((variant) => [24, 64].map((chunk) => ({ ...variant, chunk }))),
  ...variantsFor('wkv_token').map((variant) => ({ ...variant, chunk: 1 })),
];

test.each(cases)('$kernel/$name, chunk $chunk', async ({ kernel, name, chunk }) => {
  const variants = choice(engine, { matmul: 'naive', [kernel]: name });
  const reason = kernels.unsupportedReason(variants[kernel]);
  if (reason) return console.warn(`skipped: ${kernel}/${name} ${reason}`);
  const plans = await engine.prepare(variants, chunk, 0, [TOKENS]);
  engine.load(Uint32Array.from(ids));
  await engine.prefill(plans, TOKENS);
  const error = largestError(await engine.readLogits(), logits) / standardDeviation(logits);
  expect(error).toBeLessThanOrEqual(ALLOWED);
  const { wkv } = await engine.readState();
  wkv.forEach((state, layer) => {
    const want = oracle.state.wkv[layer];
    expect(largestError(state, want) / standardDeviation(want), `layer ${layer}`).toBeLessThanOrEqual(
      ALLOWED,
    );
  });
});
