// The oracle against float64 results of another implementation (tiny model) and llama.cpp's results (demo model).
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Oracle } from '../../src/lib/engine/rwkv7';
import { Tokenizer } from '../../src/lib/engine/tokenizer';
import {
  argmax,
  DEMO,
  evaluate,
  largestError,
  openModel,
  readJson,
  repositoryPath,
  standardDeviation,
  TINY,
  type Golden,
} from '../oracle';

interface TinyExpected {
  tokens: number[];
  std_last_logits: number;
  logits: Record<string, number[]>;
  argmax_per_position: number[];
  state_after: Record<string, number[]>;
  shift_after: Record<string, number[]>;
}

const HELD_OUT = 'tests/fixtures/held-out.txt';
const HELD_OUT_EXPECTED = 'tests/fixtures/held-out.expected.json';
const PREFIX = 200;
/** Longest prompt in tokens: the oracle is too slow for longer ones, which golden.test.ts checks on the engine. */
const LONGEST = 100;

describe('tiny model, float64 results for 100 tokens', () => {
  const expected = readJson<TinyExpected>('tests/fixtures/tiny-q4km.expected.json');
  let oracle: Oracle;
  const logits: Float64Array[] = [];
  beforeAll(async () => {
    oracle = await Oracle.load(await openModel(TINY));
    for (const token of expected.tokens) logits.push(oracle.step(token));
  });

  it('has the logits at every listed position within 1e-5 of their deviation', () => {
    for (const [position, want] of Object.entries(expected.logits)) {
      const error = largestError(logits[Number(position)], want);
      expect(error / expected.std_last_logits).toBeLessThan(1e-5);
    }
  });

  it('has the highest logit right at all positions', () => {
    expect(logits.map(argmax)).toEqual(expected.argmax_per_position);
  });

  it('has the state right', () => {
    for (const [name, want] of Object.entries(expected.state_after)) {
      const [layer, head, row] = name.match(/\d+/g)!.map(Number);
      const start = (head * 64 + row) * 64;
      expect(largestError(oracle.state.wkv[layer].subarray(start, start + 64), want)).toBeLessThan(1e-5);
    }
    for (const [name, want] of Object.entries(expected.shift_after)) {
      const layer = Number(name.match(/\d+/)![0]);
      const { timeMixShift, channelMixShift } = oracle.state;
      const shift = (name.endsWith('att') ? timeMixShift : channelMixShift)[layer];
      expect(largestError(shift.subarray(0, want.length), want)).toBeLessThan(1e-5);
    }
  });

  it('begins again after a reset, and needs no logits on the way', () => {
    oracle.reset();
    for (const token of expected.tokens.slice(0, 31)) oracle.feed(token);
    expect(oracle.step(expected.tokens[31])).toEqual(logits[31]);
  });

  it('names a token id out of range', () => {
    for (const id of [-1, 512, 1.5, NaN]) expect(() => oracle.step(id)).toThrow('ids go from 0 to 511');
  });
});

describe('demo model, llama.cpp results', () => {
  const golden = readJson<Golden>('tests/fixtures/golden.json');
  const results = golden.results['Q4_K_M dequantized'];
  let oracle: Oracle;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    const model = await openModel(DEMO);
    oracle = await Oracle.load(model);
    tokenizer = new Tokenizer(model.tokens);
  });

  golden.prompts.forEach(({ text, ids }, prompt) => {
    if (ids.length > LONGEST) return;
    const { top20, greedy, greedy_margin } = results[prompt];
    it(`continues ${JSON.stringify(text.slice(0, 40))}`, () => {
      oracle.reset();
      ids.slice(0, -1).forEach((id) => oracle.feed(id));
      let logits = oracle.step(ids[ids.length - 1]);
      const got = top20.map(([id]) => logits[id]);
      const want = top20.map(([, logit]) => logit);
      expect(largestError(got, want) / standardDeviation(logits)).toBeLessThan(2e-3);

      for (let step = 0; step < greedy.length && greedy_margin[step] >= 0.01; step++) {
        expect(argmax(logits), `greedy token ${step}`).toBe(greedy[step]);
        logits = oracle.step(greedy[step]);
      }
    });
  });

  it(`foretells the first ${PREFIX} tokens of the held-out text as it did when the whole was recorded`, () => {
    const expected = readJson<HeldOut>(HELD_OUT_EXPECTED);
    const ids = tokenizer.encode(readFileSync(repositoryPath(HELD_OUT), 'utf8'));
    expect(ids.length).toBe(expected.tokens);
    expect(evaluate(oracle, ids.slice(0, PREFIX)).nats).toBeCloseTo(expected.prefix.nats, 6);
  });

  // RECORD_HELD_OUT=1 npx vitest run tests/pure/rwkv7.test.ts -t records
  if (process.env.RECORD_HELD_OUT) it('records the held-out text', { timeout: 0 }, recordHeldOut);

  function recordHeldOut() {
    const text = readFileSync(repositoryPath(HELD_OUT), 'utf8');
    const ids = tokenizer.encode(text);
    const { nats, hits } = evaluate(oracle, ids);
    const bytes = Buffer.byteLength(text);
    const heldOut: HeldOut = {
      made_with:
        "the oracle (src/lib/engine/rwkv7.ts, float64 on exactly dequantised weights) on the demo model's Q4_K_M file: " +
        'one running context, token 0 first, every token of held-out.txt foretold. ' +
        'Again: RECORD_HELD_OUT=1 npx vitest run tests/pure/rwkv7.test.ts -t records',
      tokens: ids.length,
      bytes,
      nats,
      nats_per_token: nats / ids.length,
      bits_per_byte: nats / Math.LN2 / bytes,
      top1_rate: hits / ids.length,
      prefix: { tokens: PREFIX, nats: evaluate(oracle, ids.slice(0, PREFIX)).nats },
    };
    writeFileSync(repositoryPath(HELD_OUT_EXPECTED), JSON.stringify(heldOut, null, 2) + '\n');
  }
});

interface HeldOut {
  made_with: string;
  tokens: number;
  bytes: number;
  /** Cross-entropy summed over all tokens, in nats. */
  nats: number;
  nats_per_token: number;
  bits_per_byte: number;
  top1_rate: number;
  /** The same sum, over the first `tokens` tokens. */
  prefix: { tokens: number; nats: number };
}
