// Tuning and comparing on this machine's GPU: the search, rejected variants, and comparisons in blocks.
import { afterAll, describe, expect, test, vi } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { compareRuns } from '../../src/lib/lab/measure/compare';
import type { FloorStore } from '../../src/lib/lab/measure/floor';
import { prepareRun } from '../../src/lib/lab/measure/prepare';
import { catalogueWith } from '../../src/lib/lab/experiment/catalogue';
import { defaultsFor } from '../../src/lib/lab/experiment/defaults';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { Search, type Candidate } from '../../src/lib/lab/tune/search';
import { Session } from '../../src/lib/lab/measure/session';
import type { Tuned } from '../../src/lib/lab/tune/adopt';
import { tune, type TuneEvent } from '../../src/lib/lab/tune/tune';
import { keepTuning, readTuning, tuningOf } from '../../src/lib/ui/session/tuned';
import { findVariant, readVariant, variantsFor } from '../../src/lib/shaders';
import { cheatFiles } from '../cheats';

const TINY = 'tests/fixtures/tiny-q4km.gguf';
// One simple variant per kernel, so that software compiles little; two of matvec to choose from.
const QUICK =
  `model=${TINY}&matmul=naive&matmul.workgroup_size=64&matvec=naive&wkv=naive&token_shift=fused` +
  `&time_mix_start=apart&channel_mix_start=apart`;
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
    const joined = 'channel_mix_start_q4_k=apart,naive&channel_mix_start_q4_k.workgroup_size=64';
    const { results, candidates, events } = await tuned(
      `${QUICK}&chunk=3,5&decode=1&matvec_q4_k=naive&${joined}`,
      12,
    );
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
    // Both ways of a kernel that joins others are timed, `apart` by the kernels that it leaves the work to.
    const ways = candidates.filter(({ variant }) => variant.kernel === 'channel_mix_start_q4_k');
    expect(new Set(ways.map(({ variant }) => variant.name))).toEqual(new Set(['apart', 'naive']));
    expect(ways.every(({ seconds }) => seconds > 0 && seconds < Infinity)).toBe(true);
    expect(events.some(({ type }) => type === 'kernel')).toBe(true);
    await staysDefault(results[0]);
  });

  test('a variant that states too large an error is not tried', async () => {
    const { results } = await tuned(`${QUICK}&chunk=2&matmul_q4_k=dot4,naive`, 2, 1e-9);
    const [run] = expand(parseExperiment(results[0].settings));
    expect(run.variants.matmul_q4_k.name).toBe('naive');
  });
});

test('a search that was stopped goes on in another process: what was tried is told, and not tried again', async () => {
  const texts = new Map<string, string>();
  const host = {
    ...session.host,
    searches: {
      read: (key: string) => Promise.resolve(texts.get(key)),
      write: (key: string, text: string | undefined) =>
        Promise.resolve(void (text === undefined ? texts.delete(key) : texts.set(key, text))),
    },
  };
  const asked = parseExperiment(`${QUICK}&chunk=4&matmul_q4_k=naive&layer_norm=naive,workgroup`);
  const options = { budgetSeconds: 4, largestError: 1e-3, effort };
  /** The events of the search in a session of its own, stopped by the first event that `ends` names. */
  async function search(ends: TuneEvent['type'] | undefined) {
    const own = new Session(host);
    const stop = new AbortController();
    const events: TuneEvent[] = [];
    const tell = (event: TuneEvent) => {
      events.push(event);
      if (event.type === ends) stop.abort(new Error('Stopped'));
    };
    try {
      for await (const { settings } of tune(asked, own, options, stop.signal, tell))
        expect(expand(parseExperiment(settings))).toHaveLength(1);
    } catch (error) {
      if (error !== stop.signal.reason) throw error;
    } finally {
      own.close();
    }
    expect(stop.signal.aborted).toBe(ends !== undefined);
    return events.flatMap((event) => (event.type === 'kernel' ? [event] : []));
  }
  const [found] = await search('kernel');
  expect(found.resumed).toBe(false);
  expect(found.tried.length).toBeGreaterThan(0);
  expect(texts.size).toBe(1);
  // The order is that of the times, of which those of the others are taken anew.
  const all = await search(undefined);
  const again = all.find(({ kernel }) => kernel === found.kernel)!;
  const others = all.filter((each) => each !== again);
  expect(again.resumed).toBe(true);
  expect(again.tried).toEqual(found.tried);
  expect(again.ranking.map(({ seconds }) => seconds)).toEqual(found.ranking.map(({ seconds }) => seconds));
  expect(others.length).toBeGreaterThan(0);
  expect(others.every(({ resumed }) => !resumed)).toBe(true);
  expect(texts.size).toBe(0);
});

/** The settings that the page keeps of a finished search (Tune for this GPU) are the default from then on, where they are faster. */
async function staysDefault(found: Tuned) {
  const stored = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => stored.set(key, text),
  });
  const open = await session.open();
  const defaultsAfter = (tuned: Tuned) => {
    keepTuning(open.adapter.name, tuningOf(tuned, '2026-11-01T10:00:00.000Z'));
    return defaultsFor({ ...open, tuned: readTuning(open.adapter.name)?.settings });
  };
  const compared = { ratio: 1.2, low: 1.1, high: 1.3, ...found.comparison } as NonNullable<
    Tuned['comparison']
  >;
  const own = ['matmul_q4_k', 'matvec_q4_k', 'wkv', 'token_shift'];
  const variantsIn = (defaults: Record<string, string[]>) => own.map((kernel) => defaults[kernel][0]);
  const faster = defaultsAfter({ ...found, comparison: { ...compared, verdict: 'faster' } });
  expect(variantsIn(faster)).toEqual(['naive', 'naive', 'naive', 'fused']);
  expect(defaultsAfter({ ...found, comparison: { ...compared, verdict: 'same' } })).toEqual(
    defaultsFor(open),
  );
  expect(tuningOf({ ...found, refused: 'wrong' }, '')).toBeUndefined();
  vi.unstubAllGlobals();
}

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
  const runsOf = (settings: string) => expand(parseExperiment(`${QUICK}&prefill=2&${settings}`));
  const load = () => session.load(TINY, 1, () => undefined, never);

  test('blocks hold samples of all runs, and identical settings are measured beside them until their floor is known', async () => {
    const model = await load();
    const kept = new Map<string, number[]>();
    const context = await session.context(never);
    const floors: FloorStore = {
      read: (key) => Promise.resolve(kept.get(key) ?? []),
      write: (key, values) => Promise.resolve(void kept.set(key, values)),
    };
    const host = { ...context.host, floors };
    const runs = runsOf('matvec_q4_k=naive,lanes');
    const first = await compareRuns(runs, model, { ...context, host }, 0.1);
    expect(first.blocks).toBeGreaterThanOrEqual(1);
    expect(first.control).toHaveLength(first.blocks!);
    expect(first.against[0].verdict).toBe('cannot tell');
    const [[key, values]] = kept;
    expect(key).toMatch(/ \| .+ \| \d+ ms$/);
    expect(values).toEqual(first.control);
    // With enough values in the store, no more are measured, and the floor is theirs.
    for (const each of ['0.25', '0.5', '1', '2', '4', '8', '16', '32', '64', '128', '256'])
      kept.set(
        key.replace(/[\d.]+ ms$/, `${each} ms`),
        Array.from({ length: 16 }, (_, i) => (i - 8) / 1e3),
      );
    const second = await compareRuns(runs, model, { ...context, host }, 0.1);
    expect(second.control).toEqual([]);
    expect(second.floor).toBeGreaterThan(1e-3);
    expect(second.floor).toBeLessThan(8e-3);
  });

  test('runs that are wrong before or after their timing are left out, with the reason; the others are compared', async () => {
    const own = catalogueWith(
      cheatFiles()
        .filter(({ name }) => ['tame_logits', 'other_residual'].includes(name))
        .map(({ kernel, name, text }) => ({ kernel, name, wgsl: text })),
    );
    const context = await session.context(never, { catalogue: own });
    const read = (settings: string) => expand(parseExperiment(`${QUICK}&prefill=2&${settings}`, own), own);
    const late = read('softmax=naive,tame_logits');
    const [early] = read('softmax=naive&matmul_q4_k=other_residual');
    const right = read('softmax=naive&matvec_q4_k=naive,lanes')[1];
    const model = await load();
    const found = await compareRuns([...late, early, right], model, context, 0.1, () => undefined, {
      leaveOut: true,
    });
    expect(found.leftOut).toEqual([
      { settings: early.settings, reason: expect.stringContaining('[cases]') },
      { settings: late[1].settings, reason: expect.stringContaining('[answer]') },
    ]);
    expect(found.runs.map(({ settings }) => settings)).toEqual([late[0].settings, right.settings]);
    expect(found.against).toHaveLength(1);
    await expect(compareRuns([late[0], early], model, context, 0.1)).rejects.toThrow('[cases]');
  });

  test('plans beside each other share activations and the steps in which they do not differ', async () => {
    const { engine } = await load();
    const context = await session.context(never);
    const [naive, lanes] = runsOf('matvec_q4_k=naive,lanes');
    const base = await prepareRun(naive, engine, context);
    const options = { beside: true, sharing: base.plans };
    const [same, other] = [
      await prepareRun(naive, engine, context, options),
      await prepareRun(lanes, engine, context, options),
    ];
    const stepsOf = ({ plans }: typeof base) => plans.final.get(1)!;
    expect(other.plans.activations).toBe(base.plans.activations);
    expect(stepsOf(same)).toEqual(stepsOf(base));
    expect(stepsOf(same).every((step, at) => step === stepsOf(base)[at])).toBe(true);
    const differing = stepsOf(other).filter((step) => !stepsOf(base).includes(step));
    expect(differing.length).toBeGreaterThan(0);
    expect(differing.every(({ kernel }) => kernel === 'matvec_q4_k')).toBe(true);
    const [kept] = stepsOf(base);
    engine.kernels.makeStepsAnew(new Set([kept]));
    const anew = await prepareRun(naive, engine, context, options);
    expect(stepsOf(anew).filter((step) => stepsOf(base).includes(step))).toEqual([kept]);
  });

  test('shared activations that are too small are refused', async () => {
    const { engine } = await load();
    const context = await session.context(never);
    const { plans } = await prepareRun(runsOf('chunk=1')[0], engine, context);
    await expect(
      prepareRun(runsOf('chunk=2')[0], engine, context, { beside: true, sharing: plans }),
    ).rejects.toThrow('no room for a chunk of 2 tokens');
  });
});
