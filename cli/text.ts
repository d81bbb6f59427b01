// The commands that run a model on text or token ids: logits, tokenize, evaluate, generate.
import { readFile } from 'node:fs/promises';
import { openGguf } from '../src/lib/engine/gguf';
import { Tokenizer } from '../src/lib/engine/tokenizer';
import { type Experiment, isNamedModel, readExperiment } from '../src/lib/lab/experiment/experiment';
import { medianRate } from '../src/lib/lab/records/record';
import type { LoadedModel, RunContext } from '../src/lib/lab/measure/session';
import type { Sampling } from '../src/lib/lab/text/sampling';
import { checkSettings } from '../src/lib/lab/text/settings';
import { evaluate, generate, logitsOf, prepareText, promptIds } from '../src/lib/lab/text/text';
import { seeded } from '../src/lib/shaders/kernel';
import { distanceFrom, exactExperiment, logitsOver } from '../src/lib/lab/text/beside';
import { type Arguments, numberOption, oneOf, required } from './arguments';
import { openModel, print, tell, withSession } from './host';

/** Prints the last token's logits and the argmax of every position as JSON. */
export async function logits(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const name = required(words, 'model', 'FILE');
  const ids = readIds(required(words, 'tokens', '1,2,3'));
  return withModel(name, words, signal, async (model, experiment, context) => {
    const { plans } = await prepareText(model, experiment, ids.length, context, { check: false });
    print(`${JSON.stringify(await logitsOf(model.engine, plans, ids))}\n`);
  });
}

/** Prints the token ids of a text as JSON. Throws for a synthetic model, which has no vocabulary. */
export async function tokenize(words: Arguments): Promise<boolean> {
  const name = required(words, 'model', 'FILE');
  if (words.words.length !== 1)
    throw new Error(`tokenize takes one text, in quotes; it was given ${words.words.length} words`);
  if (isNamedModel(name) && name !== 'demo') throw new Error(`${name} has no vocabulary: it is synthetic`);
  const source = await openModel(name);
  const file = await openGguf(source);
  print(`${JSON.stringify(new Tokenizer(file.tokens).encode(words.words[0]))}\n`);
  await source.close?.();
  return true;
}

/** Prints how well the model predicts a text file, as JSON. Throws for a synthetic model. */
export async function evaluateFile(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const name = required(words, 'model', 'FILE');
  const beside = oneOf(words, 'beside', ['nothing', 'exact']);
  const text = await readText(required(words, 'text', 'FILE'));
  return withModel(name, words, signal, async (model, experiment, context) => {
    const ids = vocabularyOf(model).encode(text);
    const { engine } = model;
    const prepare = (settings: Experiment) =>
      prepareText(model, settings, ids.length, context, { check: beside === 'exact' });
    let exact: Float32Array | undefined;
    if (beside === 'exact') {
      const { plans } = await prepare(exactExperiment(experiment, engine.kernelNames));
      exact = await logitsOver(engine, plans, ids);
    }
    const { plans } = await prepare(experiment);
    const result = await evaluate(engine, plans, ids, new TextEncoder().encode(text).byteLength);
    const distance = exact && (await distanceFrom(exact, engine, plans, ids));
    print(`${JSON.stringify({ ...result, ...distance })}\n`);
  });
}

/** Prints the continuation of a prompt as it is generated. Throws for a synthetic model. */
export async function generateText(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const name = required(words, 'model', 'FILE');
  const prompt = words.options.get('prompt');
  if (prompt === undefined) throw new Error('generate needs --prompt TEXT');
  const count = numberOption(words, 'tokens', { smallest: 1, largest: 1_000_000, whole: true });
  const sampling = readSampling(words);
  return withModel(name, words, signal, async (model, experiment, context) => {
    const tokenizer = vocabularyOf(model);
    const ids = promptIds(tokenizer.encode(prompt));
    const { plans } = await prepareText(model, experiment, ids.length, context);
    const stream = tokenizer.stream();
    let made = 0;
    let from = 0;
    for await (const id of generate(model.engine, plans, ids, count, sampling)) {
      if (made++ === 0) from = performance.now();
      print(stream.push(id));
      if (signal.aborted) break;
    }
    print(stream.end() + (process.stdout.isTTY ? '\n' : ''));
    const seconds = (performance.now() - from) / 1e3;
    const speed = made > 1 ? `, decode ${medianRate(made - 1, [seconds]).toPrecision(4)} tokens/s` : '';
    tell(`${made} tokens after a prompt of ${ids.length}${speed}\n`);
  });
}

/** Checks the settings, loads the model, runs `work` with it and frees it, also after an error. */
async function withModel(
  name: string,
  { settings }: Arguments,
  signal: AbortSignal,
  work: (model: LoadedModel, experiment: Experiment, context: RunContext) => Promise<void>,
): Promise<boolean> {
  const experiment = readExperiment(settings);
  checkSettings(experiment);
  const seed = Number(experiment.seed?.[0] ?? 1);
  return withSession(async (session) => {
    const model = await session.load(name, seed, () => undefined, signal);
    const context = await session.context(signal);
    await context.gpu.unlessLost(work(model, experiment, context));
    context.gpu.throwPendingErrors();
    return true;
  });
}

function vocabularyOf({ name, tokenizer }: LoadedModel): Tokenizer {
  if (!tokenizer) throw new Error(`${name} has no vocabulary: it is synthetic`);
  return tokenizer;
}

function readIds(list: string): number[] {
  return list.split(',').map((word) => {
    if (!/^\s*\d{1,10}\s*$/.test(word))
      throw new Error(`--tokens takes ids like 1,2,3; "${word}" is not one`);
    return Number(word);
  });
}

/** The sampling options; undefined for greedy decoding (temperature 0). */
function readSampling(words: Arguments): Sampling | undefined {
  const temperature = numberOption(words, 'temperature', { smallest: 0, largest: 100, default: 0 });
  const topP = numberOption(words, 'top-p', { smallest: 0, largest: 1, default: 1 });
  const seed = numberOption(words, 'seed', { smallest: 0, largest: 2 ** 32 - 1, whole: true, default: 1 });
  return temperature > 0 ? { temperature, topP, random: seeded(seed) } : undefined;
}

/** The content of a text file. Throws when it cannot be read, is empty or is not UTF-8. */
async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((reason: NodeJS.ErrnoException) => {
    throw new Error(
      reason.code === 'ENOENT' ? `No such file: ${path}` : `Cannot read ${path}: ${reason.message}`,
    );
  });
  if (bytes.byteLength === 0) throw new Error(`${path} is empty`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${path} is not UTF-8 text`);
  }
}
