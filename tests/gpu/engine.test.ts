/** The whole model on the GPU: against float64 logits and states, against llama.cpp, and with different chunk sizes. */
import { describe, expect, test } from 'vitest';
import expected from '../fixtures/tiny-q4km.expected.json';
import { TINY } from '../oracle';
import { choice, sharedEngine } from './engines';

const largestError = (got: ArrayLike<number>, want: number[]) =>
  want.reduce((largest, value, i) => Math.max(largest, Math.abs(got[i] - value)), 0);

function deviation(values: number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

describe('the tiny model', async () => {
  const { engine } = await sharedEngine(TINY);
  const tokens = Uint32Array.from(expected.tokens);
  const listed = Object.entries(expected.logits).map(([position, logits]) => ({
    position: Number(position),
    logits,
  }));

  test.each([1, 7, 32, 100])('logits at every position, chunk %i', async (chunk) => {
    // The default products run in the next test and in golden.test.ts: here they would take most of the time.
    const plans = await engine.prepare(choice(engine, { matvec: 'naive' }), chunk, 0, [tokens.length]);
    const argmax: number[] = [];
    await engine.everyPosition(plans, tokens, (first, best, logits) => {
      argmax.push(...best);
      for (const { position, logits: want } of listed) {
        if (position < first || position >= first + best.length) continue;
        const got = logits.subarray((position - first) * want.length, (position - first + 1) * want.length);
        expect(largestError(got, want)).toBeLessThanOrEqual(1e-3 * deviation(want));
      }
    });
    expect(argmax).toEqual(expected.argmax_per_position);
  });

  test.each([1, 7, 32, 100])('state and last logits after a prefill, chunk %i', async (chunk) => {
    const plans = await engine.prepare(choice(engine), chunk, 0, [tokens.length]);
    engine.load(tokens);
    expect(await engine.prefill(plans, tokens.length)).toBe(expected.argmax_per_position[99]);
    const last = expected.logits[99];
    expect(largestError(await engine.readLogits(), last)).toBeLessThanOrEqual(1e-3 * deviation(last));
    const state = await engine.readState();
    for (const [name, want] of Object.entries(expected.state_after)) {
      const [layer, head, row] = name.match(/\d+/g)!.map(Number);
      const got = state.wkv[layer].subarray((head * 64 + row) * 64);
      expect(largestError(got, want)).toBeLessThanOrEqual(1e-3 * deviation(want));
    }
    for (const [name, want] of Object.entries(expected.shift_after)) {
      const layer = Number(/\d+/.exec(name)![0]);
      const got = (name.endsWith('att') ? state.timeMixShift : state.channelMixShift)[layer];
      expect(largestError(got, want)).toBeLessThanOrEqual(1e-3 * deviation(want));
    }
  });

  test('decoding what it says equals a longer prefill', async () => {
    const plans = await engine.prepare(choice(engine), 32, 0, [tokens.length, tokens.length + 5]);
    engine.load(tokens);
    const first = await engine.prefill(plans, tokens.length);
    const more = await engine.decode(plans, 5);
    const decoded = await engine.readLogits();
    engine.load(Uint32Array.from([...tokens, first, ...more.subarray(0, 4)]));
    expect(await engine.prefill(plans, tokens.length + 5)).toBe(more[4]);
    expect(largestError(await engine.readLogits(), [...decoded])).toBeLessThanOrEqual(1e-4);
  });

  test('a token fed by hand does what decoding does', async () => {
    const plans = await engine.prepare(choice(engine), 100, 0, [tokens.length]);
    engine.load(tokens);
    const first = await engine.prefill(plans, tokens.length);
    const second = await engine.feed(plans, first);
    engine.load(tokens);
    await engine.prefill(plans, tokens.length);
    expect([...(await engine.decode(plans, 1))]).toEqual([second]);
  });

  test('steps per submit change nothing', async () => {
    const plans = await engine.prepare(choice(engine), 64, 5, [tokens.length]);
    engine.load(tokens);
    expect(await engine.prefill(plans, tokens.length)).toBe(expected.argmax_per_position[99]);
  });

  test('softmax of the last logits', async () => {
    const plans = await engine.prepare(choice(engine), 100, 0, [tokens.length]);
    engine.load(tokens);
    const best = await engine.prefill(plans, tokens.length);
    await engine.softmax(plans);
    const probabilities = await engine.readProbabilities();
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    expect(probabilities.indexOf(Math.max(...probabilities))).toBe(best);
  });

  test('an id out of range and an impossible chunk are refused', async () => {
    expect(() => engine.load(Uint32Array.of(1, 512))).toThrow(
      'Token 512 is out of range: this model has ids from 0 to 511',
    );
    await expect(engine.prepare(choice(engine), 5000, 0, [10])).rejects.toThrow('1 to 4096');
  });
});
