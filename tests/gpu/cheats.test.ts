/**
 * Dishonest shaders (tests/cheats and src/lib/lab/shader/cheats) are caught, each by what its file names; honest ones in
 * unusual styles pass.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { runCell } from '../../src/lib/lab/cells/run';
import { type Catalogue, catalogueWith, REGISTRY } from '../../src/lib/lab/experiment/catalogue';
import { expand } from '../../src/lib/lab/experiment/expand';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { type AnswerEffort, checkAnswer } from '../../src/lib/lab/measure/answer';
import { prepareRun } from '../../src/lib/lab/measure/prepare';
import { KeptSamples, onePrompt, promptTokens } from '../../src/lib/lab/measure/prompt';
import { type Cheat, judgeShader } from '../../src/lib/lab/shader/cheats/cheat';
import { Session } from '../../src/lib/lab/measure/session';
import { cheatFiles } from '../cheats';
import { familyOf } from '../../src/lib/shaders/formats/formats';
import { TINY } from '../oracle';
import { QUICK } from '../quick';

const signal = new AbortController().signal;
const files = cheatFiles();
const session = new Session({ gpu, agent: 'a test', open: (model) => openFile(model) });
const open = await session.open();

afterAll(() => session.close());

test.for(files.filter(({ inModel }) => !inModel))('$name: $about', async (cheat, { skip }) => {
  const { caught, reason, unsupported } = await judgeShader(cheat, open, signal);
  if (unsupported) skip(`${cheat.kernel}/${cheat.name} ${reason}`);
  expect({ caught, reason: caught === cheat.caught ? '' : reason }).toEqual({
    caught: cheat.caught,
    reason: '',
  });
});

describe.for(files.filter(({ inModel }) => inModel))('$name: $about', (cheat) => {
  test('gets past the checks of its kernel', async () => {
    expect(await judgeShader(cheat, open, signal)).toEqual({ caught: undefined, reason: '' });
  });

  test('is caught in a run of a model', async () => {
    const { kernel, name, text: wgsl, prompts } = cheat;
    const { lines, samples } = runSettings(cheat);
    if (prompts > 1 || samples > 1) {
      const timed = sampleOf(lines.join('&'), prompts, catalogueWith([{ kernel, name, wgsl }]));
      return expect(timed).rejects.toThrow(`[${cheat.caught}]`);
    }
    const text = lines.join('\n');
    const events = [];
    const cell = { kind: 'sweep' as const, text, variants: [{ kernel, name, wgsl }] };
    for await (const event of runCell(cell, session, signal)) events.push(event);
    const reasons = events.flatMap((event) => (event.type === 'failed' ? [event.reason] : []));
    expect(reasons).toEqual([expect.stringContaining(`[${cheat.caught}]`)]);
  });
});

/** A run of the tiny model in which this shader takes its kernel's place. */
function runSettings({ kernel, name, settings }: Pick<Cheat, 'kernel' | 'name' | 'settings'>) {
  // The plain variants beside it compile fastest and are checked once for all of these tests.
  const plain = QUICK.split('&').filter((setting) => !setting.startsWith(`${familyOf(kernel)}=`));
  const all = {
    ...Object.fromEntries(new URLSearchParams(plain.join('&'))),
    ...{ model: TINY, prefill: 40, chunk: 8, samples: 1, warmup: 0, [kernel]: name },
    ...Object.fromEntries(new URLSearchParams(settings)),
  };
  return {
    lines: Object.entries(all).map((setting) => setting.join('=')),
    samples: Number(all.samples),
  };
}

test('a quick look, which compares one sample alone, catches them too', async () => {
  const cheat = files.find(({ name }) => name === 'long_ids')!;
  const { kernel, name, text: wgsl, prompts } = cheat;
  const quick = { sampleSeconds: 0, unseen: false };
  const timed = sampleOf(
    runSettings(cheat).lines.join('&'),
    prompts,
    catalogueWith([{ kernel, name, wgsl }]),
    quick,
  );
  await expect(timed).rejects.toThrow(`[${cheat.caught}]`);
});

/** The checks after a sample of so many prompts: a GPU reads several where one is too short for the clock. By default of all samples. */
async function sampleOf(
  settings: string,
  prompts: number,
  catalogue: Catalogue,
  effort: AnswerEffort = { sampleSeconds: Infinity },
) {
  const [run] = expand(parseExperiment(settings, catalogue), catalogue);
  const model = await session.load(run.model, 1, () => undefined, signal);
  const context = await session.context(signal, { catalogue });
  const prepared = await prepareRun(run, model.engine, context);
  const { vocabulary } = model.engine.geometry;
  const tokens = promptTokens(prompts * run.prefill, vocabulary, 3);
  const kept = new KeptSamples(model.engine);
  try {
    for (let sample = 0; sample < run.samples; sample++)
      await kept.take((keep) =>
        onePrompt(run, model.engine, prepared.plans, tokens, context.gpu, { repetitions: prompts, keep }),
      );
    return await checkAnswer(prepared, model, context, kept.left, effort);
  } finally {
    kept.drop();
  }
}

test('a sample of several prompts and decoded tokens is compared as it was read', async () => {
  const settings = 'model=tests/fixtures/tiny-q4km.gguf&prefill=5&chunk=3&decode=6&wkv=sequential&samples=2';
  const { answerError, sampleError, samples } = await sampleOf(settings, 3, REGISTRY);
  expect(answerError).toBeLessThan(1e-8);
  expect(sampleError).toBeLessThan(1e-8);
  expect(samples).toBe(2);

  const quick = await sampleOf(settings, 3, REGISTRY, { sampleSeconds: 0, unseen: false });
  expect(quick.sampleError).toBeLessThan(1e-8);
  expect([quick.samples, quick.answerError]).toEqual([1, undefined]);
});
