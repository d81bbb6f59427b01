/** Measures one run: checks its kernels, warms up, and times its samples. */
import type { Engine } from '../../engine/engine';
import type { Geometry } from '../../engine/gguf';
import { defaultsFor } from '../experiment/defaults';
import { families, kernelOf } from '../experiment/catalogue';
import { isKernelKey, resultNumbers } from '../experiment/descriptors';
import type { Experiment } from '../experiment/experiment';
import { ownerOf } from '../experiment/settings';
import type { Run } from '../experiment/expand';
import { type RunRecord, type Warning } from '../records/record';
import type { RunContext, LoadedModel, OpenGpu } from './session';
import { median, spread } from '../statistics/descriptive';
import { prepareRun, type PreparedRun } from './prepare';
import { onePrompt, promptTokens, splitOff } from './prompt';

/** Minimum warm-up in seconds: an idle GPU takes about this long to reach its steady clock. */
const WARMUP_SECONDS = 0.5;
const MOST_WARMUPS = 50;

/**
 * Measures one run on a loaded model. Throws when a variant is wrong on this GPU, before any time is taken, and when
 * the signal stops it.
 */
export async function measure(run: Run, model: LoadedModel, context: RunContext): Promise<RunRecord> {
  const { gpu, host } = context;
  const { engine } = model;
  const startedAt = new Date().toISOString();
  const prepared = await prepareRun(run, engine, context);
  const { choice, plans, kernelHash, error, errorKernel } = prepared;
  const samples = await takeSamples(prepared, engine, context);
  const record: RunRecord = {
    settings: run.settings,
    model: run.model,
    parameters: parameterCount(engine.geometry),
    geometry: sizesOf(engine.geometry),
    weightBytes: model.weights.byteLength,
    memoryBytes: engine.memoryBytes,
    loadSeconds: model.loadSeconds,
    layoutSeconds: plans.layoutSeconds,
    ...resultNumbers(run),
    variants: Object.fromEntries(Object.keys(choice).map((kernel) => [kernel, run.variants[kernel]])),
    kernelHash,
    ...samples.seconds,
    error,
    errorKernel,
    adapter: gpu.adapter.name,
    software: gpu.adapter.software,
    startedAt,
    agent: host.agent,
    warnings: [],
  };
  const found = warningsOf(record, samples.hidden);
  const unused = namesUnused(run, engine.kernelNames, defaultsFor(gpu)) || (await lacksShapes(prepared, gpu));
  return { ...record, warnings: unused ? [...found, 'unused'] : found };
}

type Seconds = Pick<
  RunRecord,
  'prefillSeconds' | 'warmupSeconds' | 'decodeSeconds' | 'softmaxSeconds' | 'readbackSeconds'
>;

async function takeSamples(
  { run, plans }: PreparedRun,
  engine: Engine,
  { gpu, host, report, signal }: RunContext,
): Promise<{ seconds: Seconds; hidden: boolean }> {
  const tokens = promptTokens(run.prefill, engine.geometry.vocabulary);
  const seconds: Seconds = {
    prefillSeconds: [],
    warmupSeconds: [],
    decodeSeconds: [],
    softmaxSeconds: [],
    readbackSeconds: [],
  };
  const sample = async () => {
    signal.throwIfAborted();
    const taken = await onePrompt(run, engine, plans, tokens, gpu);
    gpu.throwPendingErrors();
    return taken;
  };
  const { warmupSeconds } = seconds;
  for (let total = 0; needsWarmup(run, warmupSeconds.length, total);) {
    report('warming up', warmupSeconds.length, run.warmup);
    const { prefill, decode = 0 } = await sample();
    warmupSeconds.push(prefill);
    total += prefill + decode;
  }
  let hidden = host.hidden?.() ?? false;
  for (let index = 0; index < run.samples; index++) {
    report('measuring', index, run.samples);
    const taken = await sample();
    seconds.prefillSeconds.push(taken.prefill);
    if (taken.decode !== undefined) seconds.decodeSeconds.push(taken.decode);
    hidden ||= host.hidden?.() ?? false;
  }
  Object.assign(seconds, await splitOff(run.samples, engine, plans, signal));
  gpu.throwPendingErrors();
  return { seconds, hidden };
}

/** True while another warm-up is needed: at least `warmup` repetitions, and WARMUP_SECONDS; never if `warmup` is 0. */
function needsWarmup({ warmup }: Run, taken: number, seconds: number): boolean {
  if (taken < warmup) return true;
  return warmup > 0 && seconds < WARMUP_SECONDS && taken < MOST_WARMUPS;
}

function sizesOf({ layers, embedding, heads, hidden, vocabulary }: Geometry) {
  return { layers, embedding, heads, hidden, vocabulary };
}

/** Number of weights of a model as llama.cpp counts them: without the value LoRA that layer 0 does not use. */
export function parameterCount({ layers, embedding, hidden, vocabulary, ranks }: Geometry): number {
  const { decay, learningRate, value, gate } = ranks;
  const matrices = 4 * embedding ** 2 + 2 * embedding * hidden;
  const lowRanks = 2 * embedding * (decay + learningRate + value + gate);
  // w0 a0 v0, k_k k_a r_k, six lerps and one, two layer norms and the group norm with weight and bias.
  const vectors = (3 + 3 + 7 + 6) * embedding;
  const unused = 2 * embedding * value + embedding;
  return layers * (matrices + lowRanks + vectors) - unused + 2 * vocabulary * embedding + 4 * embedding;
}

const FEW_SAMPLES = 5;
const SHORT_SECONDS = 5e-3;
const LARGE_SPREAD = 0.05;

/** All warnings that follow from the measurement itself, that is, all except `unused`. */
export function warningsOf(
  {
    prefillSeconds: seconds,
    warmupSeconds,
    software,
  }: Pick<RunRecord, 'prefillSeconds' | 'warmupSeconds' | 'software'>,
  hidden: boolean,
): Warning[] {
  const half = Math.floor(seconds.length / 2);
  const typical = median(seconds);
  const found = {
    software,
    hidden,
    few: seconds.length < FEW_SAMPLES,
    spread: spread(seconds) > LARGE_SPREAD * typical,
    short: typical < SHORT_SECONDS,
    cold: warmupSeconds.length === 0,
    drift: half >= 3 && median(seconds.slice(-half)) > (1 + LARGE_SPREAD) * median(seconds.slice(0, half)),
  };
  return (Object.keys(found) as (keyof typeof found)[]).filter((warning) => found[warning]);
}

/** True when a variant was chosen for a matrix shape that the model does not have, so that no step runs it. */
async function lacksShapes(
  { choice, plans: { inner, final } }: PreparedRun,
  { kernels }: OpenGpu,
): Promise<boolean> {
  const running = new Set([...inner.values(), ...final.values()].flat().map(({ pipeline }) => pipeline));
  const shaped = Object.keys(choice).filter((key) => kernelOf(key) !== key);
  const compiled = await Promise.all(shaped.map((key) => kernels.compile(choice[key])));
  return compiled.some(({ timed }) => !timed.pipelines.some((pipeline) => running.has(pipeline)));
}

/** True when the run's own settings, not its GPU's defaults, name a kernel or a family that the model does not use. */
function namesUnused({ experiment }: Run, used: string[], defaults: Experiment): boolean {
  const owners = Object.entries(experiment)
    .filter(([key, [value]]) => isKernelKey(key) && defaults[key]?.[0] !== value)
    .map(([key]) => kernelOf(ownerOf(key)));
  const members = families();
  return owners.some((owner) => !(members[owner] ?? [owner]).some((kernel) => used.includes(kernel)));
}
