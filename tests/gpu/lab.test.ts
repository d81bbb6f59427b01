// Whole experiments on this machine's GPU: events, records, failures, stopping and a lost device; and the evaluation of
// texts.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { type Experiment, parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { VENDOR_KERNELS } from '../../src/lib/lab/experiment/vendors';
import { parameterCount } from '../../src/lib/lab/measure/measure';
import { promptTokens } from '../../src/lib/lab/measure/prompt';
import { profile } from '../../src/lib/lab/measure/profile';
import { totalOf } from '../../src/lib/lab/records/profile';
import { profileToCsv } from '../../src/lib/lab/records/profile';
import { fromCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { computePeak } from '../../src/lib/lab/measure/peaks';
import { runCell } from '../../src/lib/lab/cells/run';
import { type LabEvent } from '../../src/lib/lab/cells/events';
import { type LoadedModel, Session } from '../../src/lib/lab/measure/session';
import { sample } from '../../src/lib/lab/text/sampling';
import { evaluate, generate, logitsOf, prepareText } from '../../src/lib/lab/text/text';
import { findVariant, kernels } from '../../src/lib/shaders';
import { seeded } from '../../src/lib/shaders/kernel';
import { isForSequences } from '../../src/lib/shaders/shared/sequences';
import type { OwnVariant } from '../../src/lib/shaders/variant';

/** Settings that records contain for kernels with vendor-specific defaults, when the experiment does not set them. */
const PORTABLE = VENDOR_KERNELS.filter((name) => !name.startsWith('matmul') && !isForSequences(name))
  .map((name) => `${name}=${kernels[name].default}`)
  .join('&');
const TINY = 'tests/fixtures/tiny-q4km.gguf';
// The simple matmul: software drivers take half a minute to compile each larger one, which other tests cover.
const QUICK = `model=${TINY}&matmul=naive`;
const DEMO = 'static/models/rwkv7-austen-Q4_K_M.gguf';
const opened: string[] = [];
let hidden = false;
const session = new Session({
  gpu,
  agent: 'a test',
  hidden: () => hidden,
  open(model) {
    opened.push(model);
    return openFile(model === 'demo' ? DEMO : model);
  },
});
const never = new AbortController().signal;

async function run(
  settings: string,
  signal = never,
  each: (event: LabEvent) => void = () => undefined,
  variants: OwnVariant[] = [],
) {
  const events: LabEvent[] = [];
  for await (const event of runCell({ kind: 'sweep', text: settings, variants }, session, signal)) {
    events.push(event);
    each(event);
  }
  return events;
}
const of = <Type extends LabEvent['type']>(events: LabEvent[], type: Type) =>
  events.filter((event) => event.type === type) as Extract<LabEvent, { type: Type }>[];
const reasons = (events: LabEvent[]) => of(events, 'failed').map(({ reason }) => reason);

afterAll(() => session.close());

describe('an experiment', () => {
  let events: LabEvent[] = [];
  const began = Date.now();
  beforeAll(async () => {
    events = await run(`${QUICK}&prefill=20&chunk=8,prefill&decode=3&samples=2`);
  });

  test('is a record for each run, and nothing but plain data', () => {
    expect(events[0].type).toBe('adapter');
    expect(events.at(-1)).toEqual({ type: 'finished', stopped: false });
    expect(reasons(events)).toEqual([]);
    expect(of(events, 'record').map(({ record }) => record.chunk)).toEqual([8, 20]);
    expect(structuredClone(events)).toEqual(events);
    const records = of(events, 'record').map(({ record }) => record);
    expect(fromCsv(toCsv(records))).toEqual(records);
  });

  test('loads its model once', () => {
    expect(opened).toEqual([TINY]);
    const loading = of(events, 'progress').filter(({ progress }) => progress.phase === 'loading');
    expect(loading.map(({ progress }) => progress.run)).toEqual(loading.map(() => 1));
    expect(loading.at(-1)?.progress.done).toBe(loading.at(-1)?.progress.total);
  });

  test('tells where it is: load, check, compile, warm up, measure, check the answer token by token', () => {
    const first = of(events, 'progress').filter(({ progress }) => progress.run === 1);
    const phases = [...new Set(first.map(({ progress }) => progress.phase))];
    const checked = ['loading', 'compiling', 'checking'];
    expect(phases).toEqual([...checked, 'warming up', 'measuring', 'checking answer']);
    const measuring = first.filter(({ progress }) => progress.phase === 'measuring');
    expect(measuring.at(-1)?.progress).toMatchObject({ runs: 2, done: 2, total: 2 });
    const [answer, ...others] = of(events, 'progress')
      .filter(({ progress: { run, phase } }) => run === 1 && phase === 'checking answer')
      .map(({ progress }) => progress);
    expect(answer.done).toBe(0);
    const done = others.map((progress) => progress.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    // Both sides read the prompt and three tokens; one sample is read again, and its end; the other too, where there is time.
    const totals = others.map(({ total }) => total);
    const possible = [2 * 23 + 20 + 23, 2 * 23 + 2 * 20 + 23, 2 * 23 + 2 * 20 + 2 * 23];
    expect(totals[0]).toBe(possible[0]);
    expect(possible).toEqual(expect.arrayContaining([...new Set(totals)]));
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    expect(totals.at(-1)! - done.at(-1)!).toBeLessThan(5);
    expect(new Set(done).size, 'parts of chunks').toBeGreaterThan((answer.total / 8) * 2);
  });

  test('keeps every sample, what ran, and how wrong it was at most', () => {
    const [{ record }] = of(events, 'record');
    expect(record).toMatchObject({
      prefill: 20,
      chunk: 8,
      decode: 3,
      model: TINY,
      agent: 'a test',
      stepsPerSubmit: 0,
    });
    expect(parseExperiment(record.settings)).toEqual(
      parseExperiment(`model=${TINY}&prefill=20&chunk=8&decode=3&samples=2&matmul=naive&${PORTABLE}`),
    );
    for (const samples of [
      record.prefillSeconds,
      record.decodeSeconds,
      record.softmaxSeconds,
      record.readbackSeconds,
    ]) {
      expect(samples).toHaveLength(2);
      for (const seconds of samples) expect(seconds).toBeGreaterThan(0);
    }
    expect(record.tokenSeconds).toHaveLength(3);
    for (const seconds of record.tokenSeconds!) expect(seconds).toBeGreaterThan(0);
    expect(record.warmupSeconds.length).toBeGreaterThanOrEqual(1);
    expect(record.repetitions! * record.prefillSeconds[0]).toBeGreaterThan(100 * record.clockTick!);
    expect(record.encodeSeconds).toBeGreaterThan(0);
    expect(record.sentinelSeconds === undefined).toBe(record.software);
    const [first, second] = of(events, 'record').map(({ record: each }) => each.promptSeed);
    expect(first).not.toBe(second);
    const { embedding, vocabulary } = record.geometry;
    expect(record.memoryBytes).toBeGreaterThan(4 * (8 * 15 * embedding + vocabulary));
    expect(record.layoutSeconds).toBe(0);
    expect(record.error).toBeGreaterThan(0);
    expect(record.error).toBeLessThan(1e-6);
    expect(record.variants).toHaveProperty(record.errorKernel);
    expect(Object.keys(record.variants)).toContain('matmul_q4_k');
    expect(Object.keys(record.variants)).not.toContain('matmul_q8_0');
    expect(record.kernelHash).toMatch(/^[0-9a-f]{8}$/);
    expect(Date.parse(record.startedAt)).toBeGreaterThanOrEqual(began);
    expect(Date.parse(record.startedAt)).toBeLessThanOrEqual(Date.now());
    expect(record.warnings).toContain('few');
    expect(record.warnings.includes('software')).toBe(record.software);
  });

  test('with a knob turned has another hash, and says when a setting does nothing', async () => {
    const before = of(events, 'record')[1].record;
    const [[knob, { value, choices }]] = Object.entries(findVariant('matmul_q4_k', 'naive').knobs);
    const turned = `matmul_q4_k.${knob}=${choices.find((choice) => choice !== value)}`;
    const settings = `${QUICK}&prefill=20&samples=1&warmup=0&${turned}&matmul_q8_0=naive`;
    const [{ record }] = of(await run(settings), 'record');
    expect(record.kernelHash).not.toBe(before.kernelHash);
    expect(record.settings).toContain(turned);
    expect(record.warnings).toEqual(expect.arrayContaining(['unused', 'cold']));
    expect(before.warnings).not.toContain('unused');
    expect(opened).toEqual([TINY]);
  });

  test('says when nobody was looking', async () => {
    hidden = true;
    const [{ record }] = of(await run(`${QUICK}&prefill=4&samples=1`), 'record');
    hidden = false;
    expect(record.warnings).toContain('hidden');
    expect(record.warmupSeconds.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(0.5);
  });
});

describe('what goes wrong is an event, and the next run goes on', () => {
  /** Runs with a wrong variant of argmax, which always returns a token beyond the vocabulary. */
  function runWrong(name: string, settings: string, end = '') {
    const wgsl = `//! Wrong on purpose.
//! grid: rows
struct Sizes { vocabulary: u32, rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> best: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u) { best[group.x] = sizes.vocabulary + u32(logits[0] > 1e9); }
${end}`;
    return run(settings, never, undefined, [{ kernel: 'argmax', name, wgsl }]);
  }

  test.each([
    ['chunks=8', /Unknown setting "chunks"/],
    ['prefill=0', /prefill must be a whole number/],
    ['matmul_q4_k=none', /matmul_q4_k has no variant "none"; it has: /],
  ])('%s', async (settings, message) => {
    const events = await run(settings);
    expect(events.map(({ type }) => type)).toEqual(['failed', 'finished']);
    expect(reasons(events)[0]).toMatch(message);
  });

  test('a model that is not there, one that is none, and one that is', async () => {
    const events = await run(
      `model=missing.gguf,tests/fixtures/held-out.txt,${TINY}&prefill=4&samples=1&matmul=naive`,
    );
    expect(reasons(events)[0]).toMatch(/No such file: missing\.gguf/);
    expect(reasons(events)[1]).toMatch(/held-out\.txt.*GGUF/);
    expect(parseExperiment(of(events, 'failed')[0].settings)).toEqual(
      parseExperiment(`model=missing.gguf&prefill=4&samples=1&matmul=naive&${PORTABLE}`),
    );
    expect(of(events, 'record')).toHaveLength(1);
    for (const reason of reasons(events)) expect(reason).not.toContain('\n');
  });

  test('a shader that computes something else is never timed', async () => {
    const settings = `${QUICK}&prefill=4&samples=1&argmax=wrong,${kernels.argmax.default}`;
    const events = await runWrong('wrong', settings);
    expect(reasons(events)).toEqual([expect.stringMatching(/argmax\/wrong/) as string]);
    expect(of(events, 'record')).toHaveLength(1);
    const failedAt = events.findIndex(({ type }) => type === 'failed');
    const phases = of(events.slice(0, failedAt), 'progress').map(({ progress }) => progress.phase);
    expect(phases).not.toContain('measuring');
  });

  test('a shader that does not compile is named, with the line', async () => {
    const settings = `${QUICK}&prefill=4&samples=1&argmax=broken`;
    const [reason] = reasons(await runWrong('broken', settings, 'fn nonsense() -> u32 { return true; }'));
    expect(reason).toMatch(/argmax\/broken does not compile: line \d+/);
  });

  test('a lost GPU fails its run; the next run opens it anew', async () => {
    const { device } = await session.open();
    let lost = false;
    const events = await run(`${QUICK}&prefill=4,5&samples=3`, never, (event) => {
      if (!lost && event.type === 'progress' && event.progress.phase === 'measuring') {
        device.destroy();
        lost = true;
      }
    });
    expect(reasons(events)).toEqual([expect.stringMatching(/The GPU was lost/) as string]);
    expect(of(events, 'record').map(({ record }) => record.prefill)).toEqual([5]);
  });

  test('stopping takes effect between samples', async () => {
    const stop = new AbortController();
    const events = await run(`${QUICK}&prefill=4,5,6&samples=1000`, stop.signal, (event) => {
      if (event.type === 'progress' && event.progress.phase === 'measuring') stop.abort();
    });
    expect(events.at(-1)).toEqual({ type: 'finished', stopped: true });
    expect(of(events, 'record')).toEqual([]);
    expect(reasons(events)).toEqual([]);
    expect(of(await run(`${QUICK}&prefill=4&samples=1`), 'record')).toHaveLength(1);
  });
});

describe('what a model says', () => {
  const load = (name: string) => session.load(name, 1, () => undefined, never);
  const prepare = async (model: LoadedModel, experiment: Experiment, tokens: number) =>
    prepareText(model, experiment, tokens, await session.context(never), { check: false });

  test('logits and argmax of given tokens', async () => {
    const expected = JSON.parse(await readFile('tests/fixtures/tiny-q4km.expected.json', 'utf8'));
    const model = await load(TINY);
    const ids: number[] = expected.tokens;
    const { plans } = await prepare(model, parseExperiment('chunk=32&matmul=naive'), ids.length);
    const { tokens, logits, argmax } = await logitsOf(model.engine, plans, ids);
    expect(tokens).toEqual(ids);
    expect(argmax).toEqual(expected.argmax_per_position);
    const want: number[] = expected.logits[ids.length - 1];
    const worst = Math.max(...want.map((logit, i) => Math.abs(logit - logits[i])));
    expect(worst).toBeLessThan(1e-3 * expected.std_last_logits);
    await expect(logitsOf(model.engine, plans, [1, 999_999])).rejects.toThrow(/Token 999999 is out of range/);
    await expect(logitsOf(model.engine, plans, [])).rejects.toThrow(/no tokens/);
  });

  test('settings about timing have no meaning for it', async () => {
    const model = await load(TINY);
    await expect(prepare(model, parseExperiment('samples=3'), 4)).rejects.toThrow(
      /samples has no meaning here/,
    );
    await expect(prepare(model, parseExperiment('chunk=3,4'), 4)).rejects.toThrow(
      /chunk takes one value here/,
    );
  });

  test('the demo goes on from a prompt as llama.cpp does, and predicts it as its own logits say', async () => {
    const golden = JSON.parse(await readFile('tests/fixtures/golden.json', 'utf8'));
    const model = await load('demo');
    const [{ text, ids }] = golden.prompts;
    const [{ greedy, greedy_margin }] = golden.results['Q4_K_M dequantized'];
    const certain = greedy_margin.findIndex((margin: number) => margin < 0.01);
    const count = certain < 0 ? greedy.length : certain;
    expect(model.tokenizer?.encode(text)).toEqual(ids);
    const { plans } = await prepare(model, parseExperiment('matmul=naive'), ids.length);
    const made: number[] = [];
    for await (const id of generate(model.engine, plans, ids, count)) made.push(id);
    expect(made).toEqual(greedy.slice(0, count));

    const heldOut = model
      .tokenizer!.encode(await readFile('tests/fixtures/held-out.txt', 'utf8'))
      .slice(0, 200);
    const { prefix } = JSON.parse(await readFile('tests/fixtures/held-out.expected.json', 'utf8'));
    const { plans: longer } = await prepare(model, parseExperiment('chunk=64&matmul=naive'), heldOut.length);
    const result = await evaluate(model.engine, longer, heldOut, 1000);
    expect(result.tokens).toBe(200);
    expect(result.nats_per_token).toBeCloseTo(prefix.nats / 200, 3);
    expect(result.bits_per_byte).toBeCloseTo((result.nats_per_token * 200) / Math.LN2 / 1000, 12);
    expect(result.top1_rate).toBeGreaterThan(0.2);
  });
});

describe('without a GPU', () => {
  test('samples follow the probabilities, within top-p', () => {
    const logits = Float32Array.from([0, Math.log(3), -Infinity, Math.log(4)]); // probabilities 1 : 3 : 0 : 4
    const counts = [0, 0, 0, 0];
    const random = seeded(7);
    for (let i = 0; i < 8000; i++) counts[sample(logits, { temperature: 1, topP: 1, random })]++;
    expect(counts[2]).toBe(0);
    expect(counts[0] / 8000).toBeCloseTo(1 / 8, 1);
    expect(counts[3] / 8000).toBeCloseTo(1 / 2, 1);
    for (let i = 0; i < 200; i++) {
      expect([1, 3]).toContain(sample(logits, { temperature: 1, topP: 0.6, random }));
      expect(sample(logits, { temperature: 1, topP: 0, random })).toBe(3);
      expect(sample(logits, { temperature: 1e-200, topP: 1, random })).toBe(3);
    }
  });

  test('a longer prompt begins with the shorter one, and holds no end of text', () => {
    const long = promptTokens(5000, 100);
    expect(long.subarray(0, 50)).toEqual(promptTokens(50, 100));
    expect(Math.min(...long)).toBe(1);
    expect(Math.max(...long)).toBe(99);
  });

  test('parameters are counted as published: 2.9B, and the demo but for its second copy of the embedding', () => {
    const ranks = { decay: 96, learningRate: 96, value: 64, gate: 320 };
    const large = {
      layers: 32,
      embedding: 2560,
      heads: 40,
      headSize: 64,
      hidden: 10240,
      vocabulary: 65536,
      ranks,
      normEpsilon: 1e-5,
    };
    expect(parameterCount(large)).toBe(2_947_735_040);
    const small = { decay: 32, learningRate: 32, value: 32, gate: 64 };
    const demo = {
      ...large,
      layers: 8,
      embedding: 256,
      heads: 4,
      hidden: 1024,
      vocabulary: 4096,
      ranks: small,
    };
    expect(parameterCount(demo) - 4096 * 256).toBe(8_018_688);
  });

  test('a machine without an adapter says so', async () => {
    const none = {
      requestAdapter: () => Promise.resolve(null),
      wgslLanguageFeatures: new Set<string>(),
    } as unknown as GPU;
    const blind = new Session({ gpu: none, agent: '', open: openFile });
    const events: LabEvent[] = [];
    for await (const event of runCell({ kind: 'sweep', text: '' }, blind, never)) events.push(event);
    expect(reasons(events)).toEqual([expect.stringMatching(/no WebGPU adapter/) as string]);
  });
});

test('a shape of matrices may have a variant of its own; one that the model lacks is told', async () => {
  const { geometry } = (await session.load(TINY, 1, () => undefined, never)).engine;
  const { hidden, embedding } = geometry;
  const settings = (shape: string) =>
    `${QUICK}&prefill=3&samples=1&warmup=0&matmul_q4_k@${shape}.workgroup_size=32`;
  const [there] = of(await run(settings(`${hidden}x${embedding}`)), 'record');
  expect(there.record.warnings).not.toContain('unused');
  expect(there.record.variants[`matmul_q4_k@${hidden}x${embedding}`].knobs).toEqual({ workgroup_size: 32 });
  const [lacking] = of(await run(settings('64x64')), 'record');
  expect(lacking.record.warnings).toContain('unused');
});

test('a profile accounts for every dispatch of a chunk', async () => {
  const [experiment] = expand(parseExperiment(`${QUICK}&prefill=16&chunk=16`));
  const model = await session.load(TINY, 1, () => undefined, never);
  const brief = { rotateBytes: 0, batchSeconds: 1e-3, batches: 1, warmupSeconds: 0 };
  const found = await profile(experiment, model, await session.context(never), { effort: brief });
  const uses = (kernel: string) =>
    found.rows.filter((row) => row.kernel === kernel).reduce((sum, row) => sum + row.uses, 0);
  const { layers } = model.engine.geometry;
  expect(uses('wkv')).toBe(layers);
  expect(uses('token_shift')).toBe(2 * layers);
  // Per layer: r, k and v as one product, the output, and two of channel mix.
  expect(uses('matmul_q4_k')).toBe(4 * layers);
  expect(found.rows.find(({ kernel }) => kernel === 'matmul_q4_k')?.flop).toBeGreaterThan(0);
  expect(found.wallSeconds).toBeGreaterThan(0);
  expect(found.warnings).toContain('software');
  const [titles, ...lines] = profileToCsv(found).trimEnd().split('\n');
  expect(titles).toContain('gpu_ms');
  expect(lines).toHaveLength(found.rows.length + 2);
  const all = totalOf(found.rows);
  expect(lines.at(-2)).toMatch(new RegExp(`^all,,,${all.uses},${all.dispatches},`));
  expect(lines.at(-1)).toMatch(/^chunk,/);
  // Layer 0 has different inputs from the other layers, but the same shape.
  expect(found.rows.filter(({ kernel }) => kernel === 'wkv_inputs')).toHaveLength(1);
  const { f32, read, dispatch } = found.peaks;
  for (const peak of [f32, read, dispatch]) expect(peak).toBeGreaterThan(0);
  expect(computePeak(findVariant('wkv', 'sequential'), found.peaks)).toBe(f32);
  expect(computePeak(findVariant('matmul_q4_k', 'dot4'), found.peaks)).toBe(found.peaks.dot4);
});
