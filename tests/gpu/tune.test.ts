// Tuning and comparing on this machine's GPU: the search, rejected variants, and verdicts on pairs of times.
import { afterAll, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { compare, judge } from '../../src/lib/lab/measure/compare';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { Search, type Candidate } from '../../src/lib/lab/tune/search';
import { Session } from '../../src/lib/lab/measure/session';
import { tune, type Tuned, type TuneEvent } from '../../src/lib/lab/tune/tune';
import { findVariant, readVariant, variantsFor } from '../../src/lib/shaders';
import { seeded } from '../../src/lib/shaders/kernel';

const TINY = 'tests/fixtures/tiny-q4km.gguf';
// One simple variant per kernel, so that software compiles little; two of matvec to choose from.
const QUICK = `model=${TINY}&matmul=naive&matmul.workgroup_size=64&matvec=naive&wkv=sequential&token_shift=fused`;
const session = new Session({ gpu, agent: 'a test', open: (model) => openFile(model) });
const never = new AbortController().signal;
const effort = { rotateBytes: 0, batchSeconds: 1e-4, batches: 1, warmupSeconds: 0 };

afterAll(() => session.close());

async function tuned(settings: string, budgetSeconds: number, largestError = 1e-3) {
  const results: Tuned[] = [];
  const events: TuneEvent[] = [];
  const options = { budgetSeconds, largestError, effort };
  for await (const each of tune(parseExperiment(settings), session, options, never, (event) =>
    events.push(event),
  ))
    results.push(each);
  const candidates = events.flatMap((event) => (event.type === 'candidate' ? [event.candidate] : []));
  return { results, events, candidates };
}

describe('tuning', () => {
  test('chooses among what the settings name, and gives settings that can be run', async () => {
    const { results, candidates, events } = await tuned(`${QUICK}&chunk=3,5&decode=1&matvec_q4_k=naive`, 12);
    expect(results).toHaveLength(2);
    for (const { settings, before } of results) {
      const [run] = expand(parseExperiment(settings));
      expect(run.settings).toBe(settings);
      expect(run.variants.matmul_q4_k).toEqual({ name: 'naive', knobs: { workgroup_size: 64 } });
      expect(run.variants.matvec_q4_k.name).toBe('naive');
      expect(expand(parseExperiment(before))).toHaveLength(1);
    }
    expect(new Set(results.map(({ settings }) => expand(parseExperiment(settings))[0].chunk))).toEqual(
      new Set([3, 5]),
    );
    const q4k = candidates.filter(({ variant }) => variant.kernel === 'matmul_q4_k');
    expect(new Set(q4k.map(({ variant }) => variant.name))).toEqual(new Set(['naive']));
    expect(events.some(({ type }) => type === 'kernel')).toBe(true);
  });

  test('a variant that states too large an error is not tried', async () => {
    const { results } = await tuned(`${QUICK}&chunk=2&matmul_q4_k=dot4,naive`, 2, 1e-9);
    const [run] = expand(parseExperiment(results[0].settings));
    expect(run.variants.matmul_q4_k.name).toBe('naive');
  });
});

test('a search drops what is wrong or impossible, by name', async () => {
  const open = await session.open();
  const { text } = findVariant('argmax', 'slices');
  const wrong = readVariant('argmax', 'wrong', text.replaceAll(/ > /g, ' < '));
  const impossible = readVariant('argmax', 'impossible', `enable chromium_internal_nothing;\n${text}`);
  const told: Candidate[] = [];
  const uses = [{ kernel: 'argmax', sizes: { vocabulary: 5000, rows: 1 }, count: 1 }];
  const search = new Search(uses, open, never, (candidate) => told.push(candidate), effort);
  const choices = (variant: { knobs: Record<string, { choices: number[] }> }, knob: string) =>
    variant.knobs[knob].choices.slice(0, 1);
  const best = await search.best([wrong, impossible, ...variantsFor('argmax')], choices, Infinity);
  // With a single shape, no override can be faster.
  expect(best && search.overrides(best)).toEqual([]);
  search.destroy();
  expect(best?.variant.name).not.toMatch(/wrong|impossible/);
  expect(told.find(({ variant }) => variant.name === 'wrong')?.reason).toMatch(/wrong in best/);
  expect(told.find(({ variant }) => variant.name === 'impossible')?.reason).toMatch(
    /needs chromium_internal_nothing/,
  );
});

describe('comparing', () => {
  test('two runs stand ready side by side, and are interleaved', async () => {
    const model = await session.load(TINY, 1, () => undefined, never);
    const runs = ['naive', 'lanes'].map(
      (variant) => expand(parseExperiment(`${QUICK}&prefill=2&matvec_q4_k=${variant}`))[0],
    );
    const found = await compare([runs[0], runs[1]], model, await session.context(never), 0.5);
    expect(found.first.length).toBeGreaterThanOrEqual(2);
    expect(found.second).toHaveLength(found.first.length);
    expect(found.low).toBeLessThanOrEqual(found.ratio);
    expect(found.high).toBeGreaterThanOrEqual(found.ratio);
  });

  test('the verdict is that of the pairs, whatever both have in common', () => {
    const random = seeded(7);
    const drift = Array.from({ length: 24 }, (_, pair) => 1 + pair / 10);
    const noisy = (factor: number) => drift.map((base) => base * factor * (1 + 0.002 * random()));
    expect(judge(noisy(1), noisy(0.9)).verdict).toBe('faster');
    expect(judge(noisy(1), noisy(0.9)).ratio).toBeCloseTo(1 / 0.9, 2);
    expect(judge(noisy(1), noisy(1.1)).verdict).toBe('slower');
    expect(judge(noisy(1), noisy(1)).verdict).toBe('same');
    expect(judge([1, 1], [0.5, 0.5]).verdict).toBe('cannot tell');
    const wild = drift.map((_, pair) => 1 + (pair % 2));
    expect(
      judge(
        wild,
        drift.map(() => 1.5),
      ).verdict,
    ).toBe('cannot tell');
  });
});
