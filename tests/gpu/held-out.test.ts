// A whole text on the GPU in one running context: the demo model predicts it as well as the oracle does.
import { expect, test } from 'vitest';
import { Tokenizer } from '../../src/lib/engine/tokenizer';
import { evaluate } from '../../src/lib/lab/text/text';
import { choice, sharedEngine } from './engines';
import { DEMO, readBytes, readJson } from '../oracle';

type Expected = Record<'tokens' | 'bytes' | 'nats_per_token' | 'bits_per_byte' | 'top1_rate', number>;

// 2939 tokens with the default variants, in 23 chunks: the longest text that the tests read.
test('bits per byte of the held-out text', async () => {
  const { file, engine } = await sharedEngine(DEMO);
  const expected = readJson<Expected>('tests/fixtures/held-out.expected.json');
  const bytes = readBytes('tests/fixtures/held-out.txt');
  const ids = new Tokenizer(file.tokens).encode(new TextDecoder().decode(bytes));
  expect([ids.length, bytes.length]).toEqual([expected.tokens, expected.bytes]);

  const plans = await engine.prepare(choice(engine), 128, 0, [ids.length]);
  const got = await evaluate(engine, plans, ids, bytes.length);
  expect(got.tokens).toBe(expected.tokens);
  expect(Math.abs(got.bits_per_byte - expected.bits_per_byte)).toBeLessThanOrEqual(5e-4);
  expect(Math.abs(got.top1_rate - expected.top1_rate)).toBeLessThanOrEqual(1e-3);
});
