// The terminal's commands. Each resolves to whether everything it was asked for was done, or throws an Error of one line.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { urlSource } from '../src/lib/engine/bytes';
import { openGguf } from '../src/lib/engine/gguf';
import { Tokenizer } from '../src/lib/engine/tokenizer';
import type { Comparison } from '../src/lib/lab/compare';
import { complete, defaultsFor } from '../src/lib/lab/defaults';
import {
  expand,
  formatExperiment,
  NAMED_MODELS,
  readExperiment,
  readSettings,
  type Experiment,
} from '../src/lib/lab/experiment';
import { checkAll } from '../src/lib/lab/measure';
import {
  chunkFits,
  decodeTokensPerSecond,
  toCsv,
  tokensPerSecond,
  type RunRecord,
} from '../src/lib/lab/record';
import { profile, profileToCsv, totalOf } from '../src/lib/lab/profile';
import { measureRoofs, roofsToCsv } from '../src/lib/lab/roofs';
import { runCell, type Progress } from '../src/lib/lab/run';
import type { ChunkFit } from '../src/lib/lab/statistics';
import { knobsKey, type Candidate } from '../src/lib/lab/search';
import { selfTest } from '../src/lib/lab/selftest';
import { Session, type LoadedModel } from '../src/lib/lab/session';
import { timeNamed, timesToCsv } from '../src/lib/lab/timing';
import {
  checkSettings,
  evaluate,
  generate,
  logitsOf,
  prepare,
  promptIds,
  type Sampling,
} from '../src/lib/lab/text';
import { tune, type TuneEvent } from '../src/lib/lab/tune';
import { findVariant, variants, variantsFor } from '../src/lib/shaders';
import { seeded } from '../src/lib/shaders/kernel';
import type { Variant } from '../src/lib/shaders/variant';
import { numberOption, required, type Arguments, type Signature } from './arguments';
import { gpu, openFile } from './node';

export const USAGE = `The RWKV-7 lab in a terminal.

  info                                             this GPU: adapter, features, limits (JSON)
  selftest [KERNEL | KERNEL/VARIANT …]             variants, all or these, against their references on this GPU (JSON lines)
  bench '<settings>'                               runs an experiment (CSV)
  time '<settings>' [--shapes 'rows=10240&…']      the kernels that the settings name, each by itself at the model's shapes (CSV)
  profile '<settings>'                             GPU time of one chunk by kernel and shape (CSV)
  tune '<settings>' [--budget SECONDS] [--error E] the fastest settings for this GPU: a line for each chunk, the ranking on stderr
  roofs                                            what this GPU can do at most: arithmetic, reading, dispatches (CSV)
  logits --model M --tokens 1,2,3 [settings]       the last token's logits, the argmax of every position (JSON)
  tokenize --model M TEXT                          token ids (JSON)
  evaluate --model M --text FILE [settings]        how well the model predicts a text (JSON)
  generate --model M --prompt TEXT --tokens N      goes on from a prompt; greedy, or with
           [--temperature T] [--top-p P] [--seed S] [settings]

M is a GGUF file, an address, or ${NAMED_MODELS.join(', ')}.
Settings: 'prefill=256&chunk=64,128&matmul_q4_k=tiled&matmul_q4_k.step=32', or each as --chunk 64.
Results are on stdout, everything else on stderr. LAB_DAWN_FLAGS holds flags for Dawn.
`;

interface Command extends Signature {
  run(words: Arguments, signal: AbortSignal): Promise<boolean>;
}

export const commands: Record<string, Command> = {
  info: { options: [], text: false, run: info },
  selftest: { options: [], text: true, run: selftest },
  bench: { options: [], text: false, run: bench },
  time: { options: ['shapes'], text: false, run: timeKernels },
  profile: { options: [], text: false, run: profileRun },
  tune: { options: ['budget', 'error'], text: false, run: tuneSettings },
  roofs: { options: [], text: false, run: roofs },
  logits: { options: ['model', 'tokens'], text: false, run: logits },
  tokenize: { options: ['model'], text: true, run: tokenize },
  evaluate: { options: ['model', 'text'], text: false, run: evaluateFile },
  generate: {
    options: ['model', 'prompt', 'tokens', 'temperature', 'top-p', 'seed'],
    text: false,
    run: generateText,
  },
};

const DEMO = '../static/models/rwkv7-austen-Q4_K_M.gguf';
const folder = dirname(fileURLToPath(import.meta.url));

function openModel(model: string, signal?: AbortSignal) {
  if (/^https?:\/\//i.test(model)) return urlSource(model, { signal });
  return openFile(model === 'demo' ? join(folder, DEMO) : model);
}

const newSession = () =>
  new Session({
    gpu,
    open: openModel,
    agent: `Node ${process.version}, ${process.platform} ${process.arch}`,
  });

const print = (text: string) => process.stdout.write(text);
const tell = (text: string) => process.stderr.write(text);

async function info({ settings }: Arguments): Promise<boolean> {
  if (settings.length) throw new Error(`info takes no settings; it was given ${settings[0][0]}`);
  const session = newSession();
  const { adapter } = await session.open();
  print(`${JSON.stringify(adapter, undefined, 2)}\n`);
  session.close();
  return true;
}

async function tuneSettings(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const experiment = readExperiment(words.settings);
  const options = {
    budgetSeconds: numberOption(words, 'budget', { smallest: 1, largest: 1e6, default: 180 }),
    largestError: numberOption(words, 'error', { smallest: 0, largest: 1, default: 1e-3 }),
  };
  const session = newSession();
  try {
    tell(`${(await session.open()).adapter.name}\n`);
    for await (const { settings, before, comparison } of tune(
      experiment,
      session,
      options,
      signal,
      tellTuning,
    )) {
      print(`${settings}\n`);
      tell(comparison ? `${comparisonText(comparison)} than ${before}\n` : 'nothing faster was found\n');
    }
    return true;
  } finally {
    session.close();
  }
}

function tellTuning(event: TuneEvent): void {
  const describe = ({ variant, seconds, reason }: Candidate) =>
    `${variant.kernel}/${variant.name} ${knobsKey(variant)}: ${reason ?? `${(1e6 * seconds).toPrecision(4)} us`}\n`;
  if (event.type === 'tuning') tell(`tuning ${event.settings || 'the demo model'}\n`);
  if (event.type === 'tuning') for (const { before } of event.kernels) tell(`  ${describe(before)}`);
  if (event.type === 'candidate') tell(`    ${describe(event.candidate)}`);
  if (event.type === 'kernel') tell(`  before ${describe(event.before)}  best ${describe(event.best)}`);
  if (event.type === 'comparing') tell(`comparing ${event.settings}\n`);
}

function comparisonText({ verdict, ratio, low, high, first }: Comparison): string {
  const [times, from, to] = [ratio, low, high].map((value) => value.toPrecision(4));
  return `${verdict}: ${times} times as fast (${from} to ${to}, ${first.length} pairs)`;
}

async function roofs({ settings }: Arguments, signal: AbortSignal): Promise<boolean> {
  if (settings.length) throw new Error(`roofs takes no settings; it was given ${settings[0][0]}`);
  const session = newSession();
  try {
    const gpu = await session.open();
    tell(`${gpu.adapter.name}\n`);
    print(roofsToCsv(await measureRoofs(gpu, signal)));
    return true;
  } finally {
    session.close();
  }
}

async function selftest({ words }: Arguments, signal: AbortSignal): Promise<boolean> {
  const tested = words.length ? words.flatMap(variantsNamed) : variants;
  const count = { passed: 0, failed: 0, skipped: 0 };
  let ended = false;
  for await (const event of selfTest(gpu, true, signal, tested)) {
    if (event.type === 'failed') throw new Error(event.reason);
    ended ||= event.type === 'finished' && !signal.aborted;
    if (event.type !== 'check') continue;
    count[event.result.outcome]++;
    print(`${JSON.stringify(event.result)}\n`);
  }
  tell(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  return ended && count.failed === 0;
}

/** `kernel/variant`, or all variants of a `kernel`. */
function variantsNamed(name: string): Variant[] {
  const [kernel, variant] = name.split('/');
  return variant === undefined ? variantsFor(kernel) : [findVariant(kernel, variant)];
}

async function bench({ settings }: Arguments, signal: AbortSignal): Promise<boolean> {
  const text = formatExperiment(readExperiment(settings));
  const session = newSession();
  const records: RunRecord[] = [];
  let failures = 0;
  let progress: Progress | undefined;
  for await (const event of runCell(text, session, signal)) {
    if (event.type === 'adapter')
      tell(`${event.adapter.name}${event.adapter.software ? ' (software)' : ''}\n`);
    if (event.type === 'progress') progress = showProgress(event.progress);
    if (event.type === 'record') {
      print(toCsv([event.record], records.push(event.record) === 1));
      tell(`${eraseLine}${placeOf(progress)}: ${speedsOf(event.record)}\n`);
    }
    if (event.type === 'failed') {
      failures++;
      tell(`${eraseLine}lab: ${event.run || 'default settings'} failed: ${event.reason}\n`);
    }
  }
  session.close();
  for (const { settings, fit } of chunkFits(records))
    tell(`${settings || 'default settings'}: ${fitText(fit)}\n`);
  return failures === 0;
}

/** What the chunk sweep says of any other chunk. */
function fitText({ tokensPerSecond, secondsPerChunk }: ChunkFit): string {
  const cost = `${(1e3 * secondsPerChunk).toPrecision(3)} ms a chunk`;
  return `a chunk of N tokens takes N / ${tokensPerSecond.toPrecision(3)} s + ${cost}`;
}

const eraseLine = process.stderr.isTTY ? '\r\u001b[2K' : '';

/** On a terminal one line that changes; in a log nothing, where each finished run has its line. */
function showProgress(progress: Progress): Progress {
  const { phase, done, total, what } = progress;
  const share = total ? ` ${done} of ${total}` : '';
  if (process.stderr.isTTY) tell(`${eraseLine}${placeOf(progress)}: ${phase}${share} ${what}`.slice(0, 120));
  return progress;
}

function placeOf(progress: Progress | undefined): string {
  return progress
    ? `run ${progress.run} of ${progress.runs}, ${progress.settings || 'default settings'}`
    : 'run';
}

function speedsOf(record: RunRecord): string {
  const decode = decodeTokensPerSecond(record);
  const decoding = decode === undefined ? '' : `, decode ${decode.toPrecision(4)} tokens/s`;
  const warnings = record.warnings.length ? ` (${record.warnings.join(', ')})` : '';
  return `prefill ${tokensPerSecond(record).toPrecision(4)} tokens/s${decoding}${warnings}`;
}

async function timeKernels({ settings, options }: Arguments, signal: AbortSignal): Promise<boolean> {
  const experiment = readExperiment(settings);
  const filter = readSettings(options.get('shapes') ?? '');
  const session = newSession();
  let count = 0;
  let failures = 0;
  try {
    tell(`${(await session.open()).adapter.name}\n`);
    for await (const row of timeNamed(experiment, filter, session, signal)) {
      print(timesToCsv([row], count++ === 0));
      if (row.reason === undefined) continue;
      failures++;
      tell(`lab: ${row.kernel}=${row.variant} ${row.knobs} failed: ${row.reason}\n`);
    }
  } finally {
    session.close();
  }
  if (count === 0) throw new Error('The model has no shape that these settings and --shapes name');
  return failures === 0;
}

async function profileRun({ settings }: Arguments, signal: AbortSignal): Promise<boolean> {
  const experiment = readExperiment(settings);
  const count = expand(experiment).length;
  if (count > 1) throw new Error(`profile takes the settings of one run; these are ${count}`);
  const session = newSession();
  try {
    const gpu = await session.open();
    const [run] = expand(complete(experiment, defaultsFor(gpu)));
    const model = await session.load(run.model, run.seed, () => undefined, signal);
    const found = await gpu.unlessLost(profile(run, model, gpu, signal));
    print(profileToCsv(found));
    const { dispatches, seconds } = totalOf(found.rows);
    tell(
      `${gpu.adapter.name}: a chunk of ${found.tokens} tokens takes ${(1e3 * found.wallSeconds).toPrecision(4)} ms; ` +
        `its ${dispatches} dispatches, each in a pass of its own, ${(1e3 * seconds).toPrecision(4)} ms of GPU time\n`,
    );
    tell(roofsToCsv(found.roofs));
    return true;
  } finally {
    session.close();
  }
}

async function logits(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const name = required(words, 'model', 'FILE');
  const ids = readIds(required(words, 'tokens', '1,2,3'));
  return withModel(name, words, signal, async (model, experiment) => {
    const { plans } = await prepare(model, experiment, ids.length);
    print(`${JSON.stringify(await logitsOf(model.engine, plans, ids))}\n`);
  });
}

async function tokenize(words: Arguments): Promise<boolean> {
  const name = required(words, 'model', 'FILE');
  if (words.words.length !== 1)
    throw new Error(`tokenize takes one text, in quotes; it was given ${words.words.length} words`);
  if (NAMED_MODELS.includes(name) && name !== 'demo')
    throw new Error(`${name} has no vocabulary: it is synthetic`);
  const source = await openModel(name);
  const file = await openGguf(source);
  print(`${JSON.stringify(new Tokenizer(file.tokens).encode(words.words[0]))}\n`);
  await source.close?.();
  return true;
}

async function evaluateFile(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const name = required(words, 'model', 'FILE');
  const text = await readText(required(words, 'text', 'FILE'));
  return withModel(name, words, signal, async (model, experiment) => {
    const ids = vocabularyOf(model).encode(text);
    const { plans } = await prepare(model, experiment, ids.length);
    const result = await evaluate(model.engine, plans, ids, new TextEncoder().encode(text).byteLength);
    print(`${JSON.stringify(result)}\n`);
  });
}

async function generateText(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const name = required(words, 'model', 'FILE');
  const prompt = words.options.get('prompt');
  if (prompt === undefined) throw new Error('generate needs --prompt TEXT');
  const count = numberOption(words, 'tokens', { smallest: 1, largest: 1_000_000, whole: true });
  const sampling = readSampling(words);
  return withModel(name, words, signal, async (model, experiment, session) => {
    const tokenizer = vocabularyOf(model);
    const ids = promptIds(tokenizer.encode(prompt));
    const { choice, plans } = await prepare(model, experiment, ids.length);
    // A speed is told at the end: it has to be that of kernels which are right.
    await checkAll(choice, await session.open(), () => undefined, signal);
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
    const speed = made > 1 ? `, decode ${((made - 1) / seconds).toPrecision(4)} tokens/s` : '';
    tell(`${made} tokens after a prompt of ${ids.length}${speed}\n`);
  });
}

/** Reads the settings before anything is loaded, loads the model, and frees it whatever happens. */
async function withModel(
  name: string,
  { settings }: Arguments,
  signal: AbortSignal,
  work: (model: LoadedModel, experiment: Experiment, session: Session) => Promise<void>,
): Promise<boolean> {
  const experiment = readExperiment(settings);
  checkSettings(experiment);
  const seed = Number(experiment.seed?.[0] ?? 1);
  const session = newSession();
  try {
    const gpu = await session.open();
    const model = await session.load(name, seed, () => undefined, signal);
    await gpu.unlessLost(work(model, experiment, session));
    gpu.complain();
    return true;
  } finally {
    session.close();
  }
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

function readSampling(words: Arguments): Sampling | undefined {
  const temperature = numberOption(words, 'temperature', { smallest: 0, largest: 100, default: 0 });
  const topP = numberOption(words, 'top-p', { smallest: 0, largest: 1, default: 1 });
  const seed = numberOption(words, 'seed', { smallest: 0, largest: 2 ** 32 - 1, whole: true, default: 1 });
  return temperature > 0 ? { temperature, topP, random: seeded(seed) } : undefined;
}

/** A text file's contents: not empty, and UTF-8, whose bytes the result is about. */
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
