// Each kind of cell through runCell on this machine's GPU; and a notebook's own shaders, from text to times.
import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { memorySource } from '../../src/lib/engine/bytes';
import { openGguf } from '../../src/lib/engine/gguf';
import { catalogueWith } from '../../src/lib/lab/experiment/catalogue';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { choose, expand } from '../../src/lib/lab/experiment/expand';
import { compareWithPeer, type Peer } from '../../src/lib/lab/measure/peer';
import { besideToCsv } from '../../src/lib/lab/records/peer';
import { fromCsv } from '../../src/lib/lab/records/runsCsv';
import type { CellKind } from '../../src/lib/lab/notebook/notebook';
import { runCell } from '../../src/lib/lab/cells/run';
import { type CellWork, type LabEvent } from '../../src/lib/lab/cells/events';
import { bitsPerByte } from '../../src/lib/lab/records/quality';
import { distanceFrom, exactExperiment, logitsOver } from '../../src/lib/lab/text/beside';
import type { Generation } from '../../src/lib/lab/text/generate';
import { evaluate, prepareText } from '../../src/lib/lab/text/text';
import { Session } from '../../src/lib/lab/measure/session';
import { checkShader, compileShader, timeShader } from '../../src/lib/lab/shader/shader';
import { type OwnVariant } from '../../src/lib/shaders/variant';
import { findVariant, kernels } from '../../src/lib/shaders';

const TINY = 'tests/fixtures/tiny-q4km.gguf';
// Simple variants: software drivers are slow with the others, which other tests cover.
const QUICK = `model=${TINY}\nmatmul=naive\nmatvec=naive\nwkv=naive\ntoken_shift=fused\n`;
const session = new Session({
  gpu,
  agent: 'a test',
  open: (model) => (model.startsWith('broken ') ? broken(model) : openFile(model)),
});

const REPLACED = 64;
/** The tiny model with the first numbers of a tensor replaced: `broken output_norm.weight 3e38`. */
async function broken(name: string) {
  const [, tensor, value] = name.split(' ');
  const bytes = new Uint8Array(await readFile(TINY));
  const { tensors } = await openGguf(memorySource(bytes, TINY));
  const view = new DataView(bytes.buffer, tensors.get(tensor)!.offset);
  for (let at = 0; at < REPLACED; at++) view.setFloat32(4 * at, Number(value), true);
  return memorySource(bytes, name);
}

const never = new AbortController().signal;
const quiet = () => undefined;
afterAll(() => session.close());

async function run(work: CellWork, signal = never, each: (event: LabEvent) => void = quiet) {
  const events: LabEvent[] = [];
  for await (const event of runCell(work, session, signal)) {
    events.push(event);
    each(event);
  }
  expect(structuredClone(events)).toEqual(events); // nothing but plain data
  expect(events.at(-1)).toEqual({ type: 'finished', stopped: signal.aborted });
  return events;
}
const of = <Type extends LabEvent['type']>(events: LabEvent[], type: Type) =>
  events.filter((event) => event.type === type) as Extract<LabEvent, { type: Type }>[];
const reasons = (events: LabEvent[]) => of(events, 'failed').map(({ reason }) => reason);

/** The shipped argmax, unchanged and with its comparisons reversed. */
const argmax = findVariant('argmax', kernels.argmax.default).text;
const mine: OwnVariant = { kernel: 'argmax', name: 'mine', wgsl: `${argmax}\n// mine\n` };
const wrong: OwnVariant = { kernel: 'argmax', name: 'wrong', wgsl: argmax.replaceAll(' > ', ' < ') };

describe('a model that is broken', () => {
  const PLAIN = QUICK.split('\n').slice(1).join('\n');
  const CELLS: [CellKind, string][] = [
    ['sweep', 'prefill=2\nsamples=1\n'],
    ['compare', 'prefill=2\nbudget=1\nchunk=1,2\n'],
    ['profile', 'prefill=2\n'],
    ['generate', 'tokens=2\n---\nIt is'],
  ];

  test.each(CELLS)('%s: logits that are not finite have no result', async (kind, text) => {
    const events = await run({
      kind,
      text: `model=broken output_norm.weight 3e38\n${PLAIN}${text}`,
      variants: [],
    });
    expect(reasons(events).join()).toMatch(/logits .*are not finite numbers: the model is broken/);
    expect(
      events.filter(({ type }) => ['record', 'compared', 'profiled', 'generated'].includes(type)),
    ).toEqual([]);
  });

  test.each(['NaN', 'Infinity'])(
    'a weight that is %s is found while loading, and its tensor named',
    async (value) => {
      const text = `model=broken blk.0.attn_norm_2.weight ${value}\n${PLAIN}prefill=2\nsamples=1\n`;
      expect(reasons(await run({ kind: 'sweep', text, variants: [] })).join()).toMatch(
        /The tensor blk\.0\.attn_norm_2\.weight \(f32\) has a weight that is infinite or not a number/,
      );
    },
  );
});

describe('kinds of cells', () => {
  test('sweep: a record for each run, with a shader of the notebook among them', async () => {
    const text = `${QUICK}prefill=6\nchunk=3,6\nsamples=1\nargmax=${kernels.argmax.default},mine\ntarget=10\nx=chunk\nscale=log\n`;
    const events = await run({ kind: 'sweep', text, variants: [mine] });
    expect(reasons(events)).toEqual([]);
    const records = of(events, 'record').map(({ record }) => record);
    expect(records.map(({ chunk, variants }) => [chunk, variants.argmax.name])).toEqual([
      [3, kernels.argmax.default],
      [3, 'mine'],
      [6, kernels.argmax.default],
      [6, 'mine'],
    ]);
    expect(records[1].settings).toMatch(/argmax=mine/);
    expect(records[0].settings).not.toMatch(/target|scale|x=/);
    expect(records[0].kernelHash).not.toBe(records[1].kernelHash);
    expect(records[1].warnings).not.toContain('unused');
  });

  test('compare: settings parted by a line, or one list, in blocks', async () => {
    const one = await run({
      kind: 'compare',
      text: `${QUICK}prefill=2\nbudget=1\nargmax=${kernels.argmax.default},mine\n`,
      variants: [mine],
    });
    const two = await run({
      kind: 'compare',
      text: `budget=1\n${QUICK}prefill=2\n---\n${QUICK}prefill=2\nchunk=1\n`,
    });
    for (const events of [one, two]) {
      expect(reasons(events)).toEqual([]);
      const [{ compared }] = of(events, 'compared');
      expect(compared.runs).toHaveLength(2);
      expect(compared.runs[0].sampleSeconds).toHaveLength(compared.runs[1].sampleSeconds.length);
      expect(compared.runs[0].sampleSeconds.length).toBeGreaterThanOrEqual(2);
      expect(['faster', 'slower', 'same', 'cannot tell']).toContain(compared.against[0].verdict);
      const { low, ratio, high, values } = compared.against[0];
      expect(low <= ratio && ratio <= high).toBe(true);
      expect(values).toHaveLength(compared.blocks!);
      for (const { checks } of compared.runs) {
        expect(checks!.shapes).toBeGreaterThan(10);
        expect(checks!.answerError).toBeLessThan(1e-6);
      }
    }
    expect(of(one, 'compared')[0].compared.runs.map(({ settings }) => settings)[1]).toMatch(/argmax=mine/);
    expect(of(two, 'compared')[0].compared.runs[1].settings).toMatch(/chunk=1/);
  });

  test('profile: passes, the split, matrix products, time beyond the target, peaks', async () => {
    const events = await run({ kind: 'profile', text: `${QUICK}prefill=8\ntarget=1000000\n` });
    expect(reasons(events)).toEqual([]);
    const [{ profile }] = of(events, 'profiled');
    // Per layer: r, k, v, output, channel-mix key and value, and four LoRAs of two products; the first layer has three
    // LoRAs. Then the head.
    expect(profile.matmuls).toMatchObject({ perLayer: 14, perPass: 12 + 14 + 14 + 1 });
    expect(profile.matmuls.dispatchesPerPass).toBeGreaterThan(0);
    for (const row of profile.rows) {
      expect(row.passes.reduce((sum, { dispatches }) => sum + dispatches, 0)).toBe(row.dispatches);
      expect(row.passes.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(row.seconds, 9);
      if (row.bytes) expect(row.secondsAtPeak).toBeGreaterThan(0);
    }
    const beyond = profile.rows.reduce((sum, { beyondTargetSeconds }) => sum + beyondTargetSeconds, 0);
    expect(beyond).toBeCloseTo(profile.wallSeconds - 8 / 1e6, 9);
    expect(profile.softmaxSeconds).toBeGreaterThan(0);
    expect(profile.readbackSeconds).toBeGreaterThan(0);
    expect(profile.peaks.pass).toBeGreaterThanOrEqual(0);
    expect(profile.target).toBe(1e6);
  });

  test('a sparse product: runs and profiles say how many zeros it left out, and count the bytes that it read', async () => {
    const sparse = 'matvec_q4_k@256x1024=columns\n';
    const swept = await run({
      kind: 'sweep',
      text: `${QUICK}${sparse}prefill=4\ndecode=2\nsamples=1\nwarmup=0\n`,
    });
    expect(reasons(swept)).toEqual([]);
    const [{ record }] = of(swept, 'record');
    expect(record.zeros).toBeGreaterThan(0.3);
    expect(record.zeros).toBeLessThan(1);
    const profiled = await run({ kind: 'profile', text: `${QUICK}${sparse}prefill=1\n` });
    expect(reasons(profiled)).toEqual([]);
    const [{ profile }] = of(profiled, 'profiled');
    const rows = profile.rows.filter(({ kernel }) => kernel === 'matvec_q4_k');
    const [row, ...others] = rows.filter(({ variant }) => variant === 'columns');
    expect(others).toEqual([]);
    expect(row.shape).toMatch(/^rows 256, columns 1024, .*, zeros \d+%$/);
    const zeros = Number(/(\d+)%/.exec(row.shape)![1]) / 100;
    // Nibbles are 32 of the 36 bytes of a block; scales, 5 of 36 in its layout, are read whole.
    const matrix = (256 * 1024 * 36 * 4) / 256;
    expect(row.bytes).toBeGreaterThan(matrix * ((1 - zeros - 0.01) * (32 / 36) + 5 / 36));
    expect(row.bytes).toBeLessThan(matrix * ((1 - zeros + 0.01) * (32 / 36) + 5 / 36) + 4 * (256 + 1024));
    for (const { variant, shape } of rows) if (variant !== 'columns') expect(shape).not.toContain('zeros');
  });

  test('evaluate: the text quality of each variant beside the exact kernels, as the terminal and a sweep find it', async () => {
    const text = 'prefill=8\nsamples=1\nwarmup=0\nmatmul_q4_k=block8,dot4\n';
    const passage = (await readFile('tests/fixtures/held-out.txt', 'utf8')).slice(0, 120);
    const events = await run({ kind: 'evaluate', text: `${QUICK}${text}---\n${passage}\n` });
    expect(reasons(events)).toEqual([]);
    const records = of(events, 'record').map(({ record }) => record);
    const [block, dot4] = records.map(({ quality }) => quality!);
    const model = await session.load(TINY, 1, quiet, never);
    const { engine, tokenizer } = model;
    const ids = tokenizer!.encode(passage);
    expect([block.tokens, block.bytes]).toEqual([ids.length, 120]);
    expect(block.agreement).toBe(1);
    expect(block.divergence).toBeLessThan(1e-8);
    expect(dot4.divergence).toBeGreaterThan(100 * block.divergence);
    expect(dot4.exactNats).toBe(block.exactNats);

    const context = await session.context(never);
    const settings = parseExperiment(`${QUICK}chunk=8\nmatmul_q4_k=dot4\n`);
    const { plans: exact } = await prepareText(
      model,
      exactExperiment(settings, engine.kernelNames),
      ids.length,
      context,
    );
    const logits = await logitsOver(engine, exact, ids);
    const { plans } = await prepareText(model, settings, ids.length, context);
    const { nats_per_token, bits_per_byte, top1_rate } = await evaluate(engine, plans, ids, 120);
    const { agreement_rate, kl_nats_per_token, max_logit_error } = await distanceFrom(
      logits,
      engine,
      plans,
      ids,
    );
    expect([dot4.nats, bitsPerByte(dot4), dot4.top1]).toEqual([nats_per_token, bits_per_byte, top1_rate]);
    expect([dot4.agreement, dot4.divergence, dot4.maxLogitError]).toEqual([
      ...[agreement_rate, kl_nats_per_token, max_logit_error],
    ]);

    const swept = await run({
      kind: 'sweep',
      text: `${QUICK}prefill=8\nsamples=1\nwarmup=0\nevaluate=5,0\n`,
    });
    expect(of(swept, 'record').map(({ record }) => record.quality?.tokens)).toEqual([5, undefined]);
    const looked = await run({ kind: 'sweep', text: `${QUICK}prefill=8\nevaluate=5\n`, effort: 'quick' });
    expect(of(looked, 'record')[0].record.quality).toBeUndefined();
  });

  test('evaluate: stops between two passes', async () => {
    const stop = new AbortController();
    const text = `${QUICK}prefill=2\nsamples=1\nwarmup=0\nevaluate=9\n`;
    const events = await run({ kind: 'evaluate', text }, stop.signal, (event) => {
      if (event.type === 'progress' && event.progress.phase === 'evaluating') stop.abort();
    });
    expect(of(events, 'record')).toEqual([]);
  });

  test('beside another program: both time the same prompts in blocks, give the same tokens, and have a row each', async () => {
    const model = await session.load(TINY, 1, quiet, never);
    const context = await session.context(never);
    const [run] = expand(parseExperiment(`${QUICK}prefill=4\ndecode=2\n`));
    const { engine } = model;
    // The other program is the engine itself with other kernels.
    const [other] = expand(parseExperiment(`${QUICK}prefill=4\nmatmul_q4_k=block8\n`));
    const capacities: number[] = [];
    const peer: Peer = {
      facts: {
        ...{ weightBytes: 1, loadSeconds: 1, kernelHash: 'b1', adapter: 'a CPU', software: false },
        ...{ agent: 'another program', setup: { build_commit: 'b1', backends: 'CPU' } },
      },
      async prepare(capacity) {
        capacities.push(capacity);
        const plans = await engine.prepare(choose(other, engine.kernelNames), 4, 0, [4], { beside: true });
        return {
          async time(tokens, repetitions, decode) {
            engine.load(tokens);
            const from = performance.now();
            let token = 0;
            for (let turn = 0; turn < repetitions; turn++) token = await engine.prefill(plans, 4);
            const read = performance.now();
            if (decode) await engine.decode(plans, decode);
            const after = decode ? { decode: (performance.now() - read) / 1e3 } : {};
            return { prefill: (read - from) / 1e3 / repetitions, token, ...after };
          },
          dispose: () => Promise.resolve(engine.discard(plans)),
        };
      },
    };
    const compared = await compareWithPeer(run, peer, model, context, 1);
    expect(compared.agreeing).toBe(compared.prompts);
    const { own, peer: theirs, against } = compared;
    expect(own.prefillSeconds.length).toBe(theirs.prefillSeconds.length);
    expect(own.decodeSeconds.length).toBe(own.prefillSeconds.length);
    expect(own.checks!.answerError).toBeLessThan(1e-6);
    expect(against.low).toBeLessThanOrEqual(against.ratio);
    expect(against.values.length).toBeGreaterThan(0);
    expect(capacities.every((capacity) => capacity >= 6)).toBe(true);
    const [first, second] = fromCsv(besideToCsv(compared));
    expect([first.agent, first.adapter, first.kernelHash]).toEqual(['another program', 'a CPU', 'b1']);
    expect([second.agent, second.prefillSeconds]).toEqual(['a test', own.prefillSeconds]);

    const stop = new AbortController();
    stop.abort();
    const stopped = compareWithPeer(run, peer, model, await session.context(stop.signal), 1);
    await expect(stopped).rejects.toThrow(/abort/i);
  });

  test('roofline: what this GPU can do', async () => {
    const events = await run({ kind: 'roofline', text: '' });
    expect(reasons(events)).toEqual([]);
    const [{ peaks, adapter }] = of(events, 'peaks');
    for (const peak of [peaks.f32, peaks.read, peaks.dispatch]) expect(peak).toBeGreaterThan(0);
    expect(adapter).toMatch(/\w/);
  });

  test('tune: the best so far, then settings that can be run', async () => {
    const choices = `matmul.workgroup_size=64\nembed=gather\n`;
    const text = `budget=4\n${QUICK}${choices}argmax=${kernels.argmax.default},mine\nchunk=2\n`;
    const events = await run({ kind: 'tune', text, variants: [mine] });
    expect(reasons(events)).toEqual([]);
    const [{ tuned }] = of(events, 'tuned');
    if (tuned.comparison) expect(tuned.warnings).toContain('software');
    const catalogue = catalogueWith([mine]);
    expect(expand(parseExperiment(tuned.settings, catalogue), catalogue)).toHaveLength(1);
    const told = of(events, 'progress').filter(({ progress }) => progress.phase === 'tuning');
    expect(told.at(-1)?.progress.total).toBe(4);
    for (const { best } of of(events, 'tuning')) {
      expect(best.bestSeconds).toBeLessThanOrEqual(best.beforeSeconds);
      const [found] = expand(parseExperiment(best.settings, catalogue), catalogue);
      expect(found.variants[best.kernel].name).toBe(best.variant);
    }
    expect(of(events, 'tuning').length).toBeGreaterThan(0);
  });

  test('generate: greedy is the same every time, sampling by its seed; text comes in pieces', async () => {
    const generate = async (numbers: string, signal = never, each: (event: LabEvent) => void = quiet) => {
      const text = `${QUICK}tokens=12\n${numbers}---\nIt is a truth\nuniversally\n`;
      const events = await run({ kind: 'generate', text }, signal, each);
      expect(reasons(events)).toEqual([]);
      const [{ generation }] = of(events, 'generated');
      expect(
        of(events, 'text')
          .map(({ text }) => text)
          .join(''),
      ).toBe(generation.text);
      return generation;
    };
    const first = await generate('');
    expect(first.prompt).toBe('It is a truth\nuniversally');
    expect(first).toMatchObject({ end: 'length', temperature: 0 });
    expect(first.ids).toHaveLength(12);
    expect(first.prefillTokensPerSecond).toBeGreaterThan(0);
    expect(first.decodeTokensPerSecond).toBeGreaterThan(0);
    expect((await generate('')).ids).toEqual(first.ids);
    const sampled = await generate('temperature=1\ntop_p=0.9\nseed=5\n');
    expect((await generate('temperature=1\ntop_p=0.9\nseed=5\n')).ids).toEqual(sampled.ids);
    // Tokens that are sampled arrive one by one, and all their times together are the decoding; greedy ones are read in groups.
    expect(sampled.tokenSeconds).toHaveLength(sampled.ids.length - 1);
    expect(sampled.tokenSeconds!.reduce((sum, each) => sum + each, 0)).toBeCloseTo(sampled.decodeSeconds, 6);
    expect(first.tokenSeconds).toBeUndefined();
    expect((await generate('temperature=1\ntop_p=0.9\nseed=6\n')).ids).not.toEqual(sampled.ids);
    const stop = new AbortController();
    const stopped = await generate('temperature=1\n', stop.signal, ({ type }) => {
      if (type === 'text') stop.abort();
    });
    expect(stopped.end).toBe('stopped');
    expect(stopped.ids.length).toBeLessThan(12);
  });

  test('generate: text begins before the kernels are checked, speeds come after; a stranger’s kernel writes nothing before its check', async () => {
    // The small model's tokens are parts of characters, which are not shown before their rest.
    const trained = QUICK.replace(TINY, 'static/models/rwkv7-austen-Q4_K_M.gguf');
    const order = async (settings: string, variants: OwnVariant[] = []) => {
      (await session.open()).checked.clear();
      const text = `${trained}${settings}---\nIt is`;
      const events = await run({ kind: 'generate', text, variants });
      const steps = events.flatMap((event) => {
        if (event.type === 'progress') return event.progress.phase === 'checking' ? ['checking'] : [];
        return ['text', 'generated', 'failed'].includes(event.type) ? [event.type] : [];
      });
      const told = of(events, 'text').map(({ text }) => text);
      return { steps, told: told.join(''), answer: of(events, 'generated')[0]?.generation.text };
    };
    for (const numbers of ['tokens=12\n', 'tokens=12\ntemperature=1\nseed=5\n', 'tokens=1\n']) {
      const { steps, told, answer } = await order(numbers);
      expect(steps[0]).toBe('text');
      expect(steps.at(-1)).toBe('generated');
      expect(steps.lastIndexOf('checking')).toBeGreaterThan(0);
      expect(told).toBe(answer); // what was shown before is not told again
    }
    const stranger = await order('tokens=12\nargmax=mine\n', [mine]);
    expect(stranger.steps[0]).toBe('checking');
    expect(stranger.told).toBe(stranger.answer);
    const { steps, told } = await order('tokens=12\nargmax=wrong\n', [wrong]);
    expect(steps.at(-1)).toBe('failed');
    expect(told).toBe('');
  });

  test('generate: a conversation goes on from the kept state as if it were run as a whole', async () => {
    const talk = async (turns: string[], numbers = '', said: Generation[] = []) => {
      const text = `${QUICK}tokens=6\nchat=no_think\n${numbers}---\n${turns.join('\n---\n')}\n`;
      const events = await run({ kind: 'generate', text, said });
      expect(reasons(events)).toEqual([]);
      return of(events, 'generated').map(({ generation }) => generation);
    };
    const [first] = await talk(['Who is Emma?']);
    expect(first).toMatchObject({ turn: 1, contextTokens: 0, prompt: 'Who is Emma?', end: 'length' });
    const [again, second] = await talk(['Who is Emma?', 'And\n\nher father?']);
    expect(again).toEqual({ ...first, earlier: true });
    expect(second).toMatchObject({ turn: 2, contextTokens: first.promptTokens + 6 });
    expect(second.prefillTokensPerSecond).toBeGreaterThan(0);
    expect(second.decodeTokensPerSecond).toBeGreaterThan(0);
    const { engine } = await session.load(TINY, 1, quiet, never);
    const bytes = engine.memoryBytes;
    // Run again as it is, all turns are computed: from an empty state, with the same answers.
    const whole = await talk(['Who is Emma?', 'And\n\nher father?']);
    expect(whole.map(({ ids, earlier }) => ({ ids, earlier }))).toEqual([
      { ids: first.ids, earlier: undefined },
      { ids: second.ids, earlier: undefined },
    ]);
    expect(engine.memoryBytes).toBe(bytes); // one state is kept, not one for each turn
    // After a reload the state is gone: the turns that the page has are read again, and none is answered anew.
    session.forget();
    const [kept, third] = await talk(['Who is Emma?', 'And\n\nher father?'], '', [first]);
    expect(kept).toEqual({ ...first, earlier: true });
    expect(third).toMatchObject({ ids: second.ids, contextTokens: second.contextTokens });
    const anew = await session.load(TINY, 1, quiet, never);
    expect(anew.engine.memoryBytes).toBe(bytes);
    session.forget();
    const [other] = await talk(['Who is Emma?', 'And?'], 'seed=2\n', [{ ...first, prompt: 'Who?' }]);
    expect(other.earlier).toBeUndefined();
    const end = first.text.trim().slice(0, 3);
    const [cut] = await talk(['Who is Emma?'], `stop=${end.replaceAll(' ', '\\x20')}\n`);
    expect(cut).toMatchObject({ end: 'stop', text: first.text.slice(0, first.text.indexOf(end)) });
    const [unlike] = await talk(['Who is Emma?'], 'presence_penalty=100\n');
    expect(new Set(unlike.ids).size).toBe(6);
  });

  test.each([
    ['evaluate', 'model=synthetic-0.1b\nprefill=2\nsamples=1\nwarmup=0\n---\nA text\n', /takes no text/],
    ['generate', 'chat=plain\n', /A conversation needs a first turn/],
    ['generate', 'chat=loud\n', /chat must be one of off, plain, think, no_think; "loud" is not/],
    ['generate', 'stop=\\q\n', /stop has "\\q", which means nothing/],
    ['generate', 'model=synthetic-0.1b\ntokens=1\n', /no vocabulary: it is synthetic/],
    ['generate', 'samples=3\n', /samples has no meaning here/],
    ['generate', 'temperature=-1\n', /temperature must be a number from 0 to 100; "-1" is not/],
    ['generate', 'tokens=1.5\n', /tokens must be a whole number/],
    ['compare', 'chunk=1\n', /A comparison needs two settings/],
    ['compare', 'prefill=1\n---\nprefill=2\n', /the same prefill; these have 1, 2/],
    ['compare', 'chunk=1,2,3,4,5,6,7,8,9\n', /at most 8 runs/],
    ['tune', 'budjet=1\n', /Unknown setting "budjet"; known: budget, error, model/],
    ['tune', 'budget=1,2\n', /budget takes one value/],
    ['roofline', 'chunk=1\n', /A roofline cell takes no settings; it was given chunk/],
    ['prose', 'text', /A prose cell is not run; these are: sweep, /],
    ['sweep', 'x=colour\n', /Unknown setting "colour"/],
    ['sweep', 'x=chunk,prefill\n', /x takes one value/],
    ['sweep', 'scale=cubic\n', /scale must be linear or log/],
    ['sweep', 'reference=../../etc\n', /reference is a name/],
  ] as [CellKind, string, RegExp][])('%s: %j is refused', async (kind, text, message) => {
    const events = await run({ kind, text });
    expect(reasons(events)).toEqual([expect.stringMatching(message) as string]);
    expect(of(events, 'record')).toEqual([]);
  });
});

describe("a notebook's own shaders", () => {
  test('are checked: the first wrong element with its neighbours', async () => {
    const open = await session.open();
    const right = await checkShader(mine, open, quiet, never);
    expect(right.passed).toBe(true);
    expect(right.cases).toHaveLength(kernels.argmax.cases.length);
    expect(right.cases[0]).toMatchObject({ kernel: 'argmax', passed: true, tolerance: 0 });
    const outcome = await checkShader(wrong, open, quiet, never);
    expect(outcome.passed).toBe(false);
    const found = outcome.cases.find(({ passed }) => !passed)!;
    expect(found.error).toBeGreaterThan(0);
    expect(found.wrong?.array).toBe('best');
    const { index, from, got, want } = found.wrong!;
    expect(got[index - from]).not.toBe(want[index - from]);
    expect(got.slice(0, index - from)).toEqual(want.slice(0, index - from));
    const broken = await checkShader(
      { ...mine, wgsl: `${mine.wgsl}\nfn f() -> u32 { return true; }` },
      open,
      quiet,
      never,
    );
    expect(broken.cases[0]).toMatchObject({ passed: false, error: undefined });
    expect(broken.cases[0].reason).toMatch(/does not compile: line \d+/);
  });

  test('are microbenchmarked at the shapes of the model, beside what would run', async () => {
    const open = await session.open();
    const model = await session.load(TINY, 1, quiet, never);
    const brief = { rotateBytes: 0, batchSeconds: 1e-4, batches: 1, warmupSeconds: 0 };
    const rows = await timeShader(mine, model, [4, 8], open, quiet, never, brief);
    expect(rows.map(({ variant }) => variant)).toEqual(['mine', kernels.argmax.default]);
    for (const row of rows) {
      expect(row.seconds).toBeGreaterThan(0);
      expect(row.gigabytesPerSecond).toBeGreaterThan(0);
      expect(row).toMatchObject({
        kernel: 'argmax',
        tokens: 4,
        uses: 1,
        shape: expect.stringContaining('vocabulary'),
      });
    }
    const [bad] = await timeShader(wrong, model, [4], open, quiet, never, brief);
    expect(bad).toMatchObject({ seconds: undefined, reason: expect.stringMatching(/is wrong in best/) });
    const timeNaive = (kernel: string) =>
      timeShader(
        { ...mine, kernel, wgsl: findVariant(kernel, 'naive').text },
        model,
        [4],
        open,
        quiet,
        never,
      );
    await expect(timeNaive('matmul_q4_0')).rejects.toThrow(/does not use matmul_q4_0; it uses: .*argmax/);
    await expect(timeNaive('token_shifts')).rejects.toThrow(/timed in sweeps with sequences=2 and more/);
  });
});

describe('compiling as it is typed', () => {
  const compile = async (wgsl: string, kernel = 'argmax') =>
    compileShader({ kernel, name: 'mine', wgsl }, await session.open());

  test('a good shader has no problems, and its knobs', async () => {
    const { problems, knobs } = await compile(argmax);
    expect(problems).toEqual([]);
    expect(knobs).toEqual(findVariant('argmax', kernels.argmax.default).knobs);
  });

  test('errors are on their lines', async () => {
    const at = argmax.split('\n').length;
    const { problems } = await compile(`${argmax}\nfn f() -> u32 {\n  return unknown_name;\n}\n`);
    const [problem] = problems.filter(({ severity }) => severity === 'error');
    expect(problem).toMatchObject({ line: at + 2, column: 10, severity: 'error' });
    expect(problem.message).toMatch(/unknown_name/);
  });

  test('errors in a shared file name it and its line, at the line that uses it', async () => {
    const text = findVariant('matmul_q4_k', 'naive').text;
    const { problems } = await compile(`${text}\nfn q4_k_scale() {}\n`, 'matmul_q4_k');
    const use = text.split('\n').findIndex((line) => line.startsWith('//! use:')) + 1;
    const [problem] = problems.filter(({ severity }) => severity === 'error');
    expect(problem).toMatchObject({
      line: use,
      message: expect.stringMatching(/^formats\/q4_k\.wgsl:24:\d+: /),
    });
  });

  test.each([
    ['nothing at all', '', 1, /has no .*grid:.* line/],
    ['a shared file', '//! A\n//! grid: 1\n//! use: nothing\n', 3, /uses nothing\.wgsl/],
    ['a grid', '//! A\n//! grid: rows / lanes\n', 2, /lanes/],
    ['an entry point', '//! A\n//! pass first: 1\n', 2, /There is no function first/],
    [
      'an array',
      '//! A\n//! grid: 1\n@group(0) @binding(1) var<storage, read> logit: array<f32>;\n',
      3,
      /argmax has no array "logit"; it has: sizes, logits, best/,
    ],
    ['an output', '//! A\n//! grid: 1\n', 1, /writes its results to "best", which is not bound/],
    [
      'a knob',
      '//! A\n//! grid: 1\nconst a = 3u; // knob: 1 2\n',
      3,
      /a is 3, which is none of its choices: 1, 2/,
    ],
    ['no knob', '//! A\n//! grid: 1\nvar a = 3; // knob: 1 2\n', 3, /not read as a knob/],
    ['a key', '//! A\n//! grid: 1\n//! scrach partial: 4\n', 3, /"scrach:" is no known key/],
  ])('%s is told on its line', async (_, wgsl, line, message) => {
    const { problems } = await compile(wgsl);
    expect(problems.find((problem) => message.test(problem.message))).toMatchObject({ line });
  });

  test('a name that is taken is told', async () => {
    const own = { kernel: 'argmax', name: kernels.argmax.default, wgsl: `${argmax}// edited\n` };
    const { problems } = await compileShader(own, await session.open());
    expect(problems).toEqual([
      expect.objectContaining({ line: 1, message: expect.stringMatching(/Choose another name/) }),
    ]);
    expect((await compileShader({ ...own, wgsl: argmax }, await session.open())).problems).toEqual([]);
  });
});
