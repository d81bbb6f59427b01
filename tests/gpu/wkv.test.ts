// Every variant of wkv and wkv_token in a trained model, whose keys and decays no generator reproduces: the
// oracle's logits and state.
import { beforeAll, expect, test } from 'vitest';
import { Oracle } from '../../src/lib/engine/rwkv7';
import { variantsFor } from '../../src/lib/shaders';
import { choice, sharedEngine, sharedKernels, skipUnsupported } from './engines';
import { DEMO, largestError, standardDeviation } from '../oracle';

const ALLOWED = 1e-3; // in standard deviations of the expected values
const TOKENS = 67;

const kernels = await sharedKernels();
const { file, engine } = await sharedEngine(DEMO);
let oracle: Oracle;
let ids: number[];
let logits: Float64Array;

beforeAll(async () => {
  oracle = await Oracle.load(file);
  ids = Array.from({ length: TOKENS }, (_, i) => (i * i * 31 + 7 * i + 5) % file.geometry.vocabulary);
  for (const id of ids) logits = oracle.step(id);
});

const cases = [
  ...variantsFor('wkv').flatMap((variant) => [24, 64].map((chunk) => ({ ...variant, chunk }))),
  ...variantsFor('wkv_token').map((variant) => ({ ...variant, chunk: 1 })),
];

test.for(cases)('$kernel/$name, chunk $chunk', async ({ kernel, name, chunk }, { skip }) => {
  const variants = choice(engine, { matvec: 'naive', [kernel]: name });
  skipUnsupported(kernels, variants[kernel], skip);
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
