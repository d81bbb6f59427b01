// Several sequences decoded together: each has the logits, the state and the tokens that it has by itself.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { readBuffer } from '../../src/lib/engine/buffers';
import { memorySource } from '../../src/lib/engine/bytes';
import { Engine, type Choice } from '../../src/lib/engine/engine';
import { kernelNames } from '../../src/lib/engine/forward';
import { openGguf, type ModelFile } from '../../src/lib/engine/gguf';
import { Oracle } from '../../src/lib/engine/rwkv7';
import { runCell } from '../../src/lib/lab/cells/run';
import { Session } from '../../src/lib/lab/measure/session';
import { sequencesTokensPerSecond } from '../../src/lib/lab/records/record';
import { fromCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { findVariant, kernels as registry } from '../../src/lib/shaders';
import { familyOf, formats } from '../../src/lib/shaders/formats/formats';
import { seeded } from '../../src/lib/shaders/kernel';
import { argmax, largestError, standardDeviation, TINY } from '../oracle';
import { QUICK } from '../quick';
import { randomModel, type Sizes } from '../small-gguf';
import { bindingAtMost, openEngine, sharedKernels } from './engines';

const kernels = await sharedKernels();

/** Tolerance, in standard deviations of the expected values. */
const ALLOWED = 1e-3;
const DECODED = 3;

/** Irregular sizes: three heads, an odd vocabulary, ranks that differ. */
const SIZES: Sizes = {
  ...{ layers: 3, embedding: 192, hidden: 320, vocabulary: 333 },
  ranks: { decay: 16, learningRate: 48, value: 32, gate: 80 },
};
const isMatrix = (name: string) =>
  /^(token_embd|output)\.weight$|(receptance|key|value|output|_[wavg][12])\.weight$/.test(name);

const MODELS = [
  // r, k and v of different formats, so that they are three products.
  {
    name: 'formats mixed, matrices cut by rows',
    sizes: { ...SIZES, ranks: { decay: 16, learningRate: 16, value: 16, gate: 16 } },
    format: mixed(['f16', 'q8_0', 'f32', 'q5_0', 'bf16']),
    binding: 66_000, // the LoRAs' 49,152 bytes are not split
  },
  { name: 'one format', sizes: SIZES, format: (name: string) => (isMatrix(name) ? 'f16' : 'f32') },
];

function mixed(names: string[]) {
  let next = 0;
  return (name: string, columns: number) => {
    if (!isMatrix(name)) return 'f32';
    if (/_[wavg][12]\.weight$/.test(name)) return 'f16';
    do next++;
    while (columns % formats[names[next % names.length]].elements);
    return names[next % names.length];
  };
}

const choiceOf = (engine: Engine): Choice =>
  Object.fromEntries(
    kernelNames(engine.weights, true).map((kernel) => {
      const name = familyOf(kernel) === 'matmul' ? 'naive' : registry[kernel].default;
      return [kernel, findVariant(kernel, name)];
    }),
  );

/** The oracle's answer to a prompt and the tokens that it decodes after it. */
async function alone(file: ModelFile, prompt: number[]) {
  const oracle = await Oracle.load(file);
  let logits: Float64Array = new Float64Array();
  for (const id of prompt) logits = oracle.step(id);
  const first = argmax(logits);
  const ids: number[] = [];
  for (let id = first; ids.length < DECODED; ids.push((id = argmax(logits)))) logits = oracle.step(id);
  return { first, ids, logits, state: oracle.state };
}

const expectNear = (got: ArrayLike<number>, want: ArrayLike<number>, what: string) =>
  expect(largestError(got, want) / standardDeviation(want), what).toBeLessThanOrEqual(ALLOWED);

describe.each(MODELS)('$name', ({ sizes, format, binding }) => {
  let file: ModelFile;
  let engine: Engine;
  beforeAll(async () => {
    file = await openGguf(memorySource(randomModel(sizes, format), 'random.gguf'));
    engine = await openEngine(kernels, file, binding ? bindingAtMost(kernels.device, binding) : undefined);
  });
  afterAll(() => {
    engine.destroy();
    engine.weights.destroy();
  });

  test.each([2, 3, 8])('%i sequences with prompts of different tokens and lengths', async (sequences) => {
    const random = seeded(sequences);
    const prompts = Array.from({ length: sequences }, (_, own) =>
      Array.from({ length: 5 + own }, () => Math.floor(random() * SIZES.vocabulary)),
    );
    const memory = () => engine.memoryBytes - engine.kernels.bytes.scratch;
    const before = memory();
    const lengths = prompts.map(({ length }) => length);
    const plans = await engine.prepare(choiceOf(engine), 16, 0, lengths, { beside: true, sequences });
    const together = plans.sequences!;
    // The states alone: of the recurrence and of the token shift, which is kept twice.
    const state = SIZES.layers * SIZES.embedding * (64 + 2 * 2);
    expect(memory() - before).toBeGreaterThan(4 * sequences * state);
    const wanted = await Promise.all(prompts.map((prompt) => alone(file, prompt)));
    // Twice, so that nothing of the first time is left.
    for (const turn of [0, 1]) {
      const ids = prompts.map((prompt) => Uint32Array.from(prompt));
      expect(await engine.readEach(plans, together, ids)).toEqual(wanted.map(({ first }) => first));
      const decoded = [
        await together.decode(plans, 1),
        await together.decode(plans, DECODED - 1), // goes on where it was
      ];
      for (const [own, want] of wanted.entries()) {
        const which = `sequence ${own}, turn ${turn}`;
        expect(
          decoded.flatMap((part) => [...part[own]]),
          which,
        ).toEqual(want.ids);
        const answer = await engine.copyAnswer();
        together.copyTo(answer, own);
        const read = async (buffer: GPUBuffer) => new Float32Array(await readBuffer(kernels.device, buffer));
        expectNear(await read(answer.logits), want.logits, which);
        const { wkv, timeMixShift, channelMixShift } = want.state;
        expectNear(await read(answer.wkv), Float64Array.from(wkv.flatMap((each) => [...each])), which);
        const shift = timeMixShift.flatMap((each, layer) => [...each, ...channelMixShift[layer]]);
        expectNear(await read(answer.shift), Float64Array.from(shift), which);
        engine.drop(answer);
      }
    }
    engine.discard(plans);
    expect(memory()).toBe(before);
  });
});

describe('a run', () => {
  const session = new Session({ gpu, agent: 'a test', open: (model) => openFile(model) });
  afterAll(() => session.close());

  async function run(text: string) {
    const cell = { kind: 'sweep' as const, text };
    const events = [];
    for await (const event of runCell(cell, session, new AbortController().signal)) events.push(event);
    expect(events.flatMap((event) => (event.type === 'failed' ? [event.reason] : []))).toEqual([]);
    return events.flatMap((event) => (event.type === 'record' ? [event.record] : []));
  }

  test('has the speed of its sequences together, and none that could be taken for that of one', async () => {
    const own = 'prefill=5&decode=3&samples=2&warmup=1&sequences=1,3&matvecs=naive';
    const [single, together] = await run(`model=${TINY}&${QUICK}&${own}`);
    expect(single.sequences).toBe(1);
    expect(single).not.toHaveProperty('sequencesSeconds');
    expect(single.decodeSeconds.length).toBe(2);
    expect(single.settings).not.toContain('matvecs');
    expect(together).toMatchObject({ sequences: 3, decodeSeconds: [] });
    expect(together).not.toHaveProperty('tokenSeconds');
    expect(together.sequencesSeconds?.length).toBe(2);
    expect(together.settings).toContain('sequences=3');
    expect(together.checks?.answerError).toBeLessThan(1e-6);
    expect(together.checks?.sampleError).toBeLessThan(1e-6);
    const seconds = together.sequencesSeconds!.reduce((sum, each) => sum + each / 2, 0);
    expect(sequencesTokensPerSecond(together)).toBeCloseTo(9 / seconds);
    expect(fromCsv(toCsv([single, together]))).toEqual([single, together]);
  });
});
