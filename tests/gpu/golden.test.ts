// The demo model on the GPU against llama.cpp's logits and greedy tokens, at several chunk sizes and with every
// variant.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Plans } from '../../src/lib/engine/engine';
import { Tokenizer } from '../../src/lib/engine/tokenizer';
import { TRIALS, tried } from '../../src/lib/lab/shader/trials';
import { kernels as registry, variantsFor } from '../../src/lib/shaders';
import type { Variant } from '../../src/lib/shaders/variant';
import { choice, sharedEngine, sharedKernels, skipUnsupported } from './engines';
import { memorySource } from '../../src/lib/engine/bytes';
import {
  argmax,
  DEMO,
  largestError,
  readBytes,
  readJson,
  standardDeviation,
  TINY,
  type Golden,
} from '../oracle';

const golden = readJson<Golden>('tests/fixtures/golden.json');
/** llama.cpp's results with the weights dequantised to float32: exact for an engine with float activations. */
const results = golden.results['Q4_K_M dequantized'];
const lengths = golden.prompts.map(({ ids }) => ids.length);
/** Tolerance for a logit, in standard deviations of all logits. */
const ALLOWED = 2e-3;
/**
 * Tolerance for a variant that declares an error, because it rounds activations: that error accumulated over the
 * layers.
 */
const allowed = ({ error }: Variant) => (error === undefined ? ALLOWED : 10 * Math.sqrt(error));
/** If the best token's lead is smaller than this, either token is accepted. */
const MARGIN = 0.01;
/**
 * Prompts of so many tokens and more are continued with the default variants, the shorter ones with the plain matrix-vector products: a
 * software GPU takes eight times as long for the default's, which every prompt of one token runs once anyway. So is a prompt that was
 * read in another chunk size, which the default variants have continued before.
 */
const DEFAULT_DECODING = 21;
const DEFAULT_CHUNK = 128;

const kernels = await sharedKernels();
const { file, engine } = await sharedEngine(DEMO);
const tokenizer = new Tokenizer(file.tokens);

/** Largest error of the top 20 logits after a prompt, in standard deviations of all logits. */
async function promptError(plans: Plans, prompt: number): Promise<number> {
  const { ids } = golden.prompts[prompt];
  const { top20 } = results[prompt];
  engine.load(Uint32Array.from(ids));
  const best = await engine.prefill(plans, ids.length);
  const logits = await engine.readLogits();
  expect(best).toBe(argmax(logits));
  const got = top20.map(([id]) => logits[id]);
  return (
    largestError(
      got,
      top20.map(([, logit]) => logit),
    ) / standardDeviation(logits)
  );
}

const prompts = golden.prompts.map(({ text, ids }, prompt) => ({
  prompt,
  text: text.length > 30 ? `${text.slice(0, 30)}…` : text,
  tokens: ids.length,
}));

test.each(golden.prompts)('the ids of a prompt of $ids.length tokens', ({ text, ids }) => {
  expect(tokenizer.encode(text)).toEqual(ids);
  expect(tokenizer.decode(ids)).toBe(text);
});

/**
 * Prompts shorter than `from` are skipped: they run the same way at any chunk size that holds them. So is the longest, of 2,174 tokens: the
 * default variants read a text of 2,939 in held-out.test.ts.
 */
describe.each([
  { chunk: DEFAULT_CHUNK, from: 1, to: 1000 },
  { chunk: 61, from: 62, to: 1000 },
])('chunk $chunk', ({ chunk, from, to }) => {
  let plans: Plans;
  let plain: Plans;
  beforeAll(async () => {
    plans = await engine.prepare(choice(engine), chunk, 0, lengths);
    const variants = choice(engine, { matvec: 'naive' });
    plain = await engine.prepare(variants, 1, 0, [1], { beside: true, sharing: plans });
  });

  test.each(prompts.filter(({ tokens }) => tokens >= from && tokens <= to))(
    'continues $text ($tokens tokens)',
    async ({ prompt, tokens }) => {
      expect(await promptError(plans, prompt)).toBeLessThanOrEqual(ALLOWED);
      const { greedy, greedy_margin } = results[prompt];
      const first = argmax(await engine.readLogits());
      const decoding = tokens >= DEFAULT_DECODING && chunk === DEFAULT_CHUNK ? plans : plain;
      const got = [first, ...(await engine.decode(decoding, greedy.length - 1))];
      const unsure = greedy_margin.findIndex((margin) => margin < MARGIN);
      const sure = unsure < 0 ? greedy.length : unsure;
      expect(got.slice(0, sure)).toEqual(greedy.slice(0, sure));
    },
  );
});

test('the self-test finds the same logits and text, and tells of a model that answers otherwise', async () => {
  const source = (path: string) => memorySource(readBytes(path), path);
  const host = (path: string) => ({
    demo: () => Promise.resolve(source(path)),
    storage: () => Promise.reject(new Error('none')),
  });
  const [demo] = TRIALS;
  const right = await tried(demo, host(DEMO), kernels);
  expect(right).toMatchObject({ outcome: 'passed', reason: expect.stringMatching(/text: "… it is not/) });
  expect(await tried(demo, host(TINY), kernels)).toMatchObject({
    outcome: 'failed',
    reason: expect.stringMatching(/The logits differ|out of range/),
  });
});

describe('every variant in its place among the defaults', () => {
  /** Index of a prompt of 21 tokens: chunks of 10, 10 and 1 use both the matmul and the matvec kernels. */
  const PROMPT = 8;
  const all = engine.kernelNames.flatMap((kernel) => variantsFor(kernel));
  // From the last to the first: kernels.test.ts, beside it, begins with the first, and what one has compiled the other finds in the cache.
  const others = all.filter(({ kernel, name }) => name !== registry[kernel].default).toReversed();

  test.for(others.map((variant) => ({ label: `${variant.kernel}/${variant.name}`, variant })))(
    '$label',
    async ({ variant }, { skip }) => {
      skipUnsupported(kernels, variant, skip);
      const chosen = { ...choice(engine), [variant.kernel]: variant };
      const plans = await engine.prepare(chosen, 10, 0, [lengths[PROMPT]]);
      expect(await promptError(plans, PROMPT)).toBeLessThanOrEqual(allowed(variant));
    },
  );
});
