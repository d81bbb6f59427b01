/** Measures one run: checks its kernels, warms up, and times its samples. */
import type { Geometry } from '../../engine/gguf';
import { seeded } from '../../shaders/kernel';
import { defaultsFor } from '../experiment/defaults';
import { families, kernelOf } from '../experiment/catalogue';
import { isKernelKey, resultNumbers } from '../experiment/descriptors';
import type { Experiment } from '../experiment/experiment';
import { ownerOf } from '../experiment/settings';
import type { Run } from '../experiment/expand';
import type { RunRecord } from '../records/record';
import { acceptTime } from './accept';
import type { RunContext, LoadedModel, OpenGpu } from './session';
import { mean } from '../statistics/descriptive';
import { clockTick, repetitionsFor } from './clock';
import { kernelHashesOf, kernelNamesOf, prepareRun, type PreparedRun } from './prepare';
import { encodeSecondsOf, KeptSamples, onePrompt, promptTokens, singleTokens, splitOff } from './prompt';
import { LAB_VERSION } from '../version';
import { type Circumstances, warningsOf } from './warnings';
import { Watch } from './watch';
import { shareOf, zerosOfDecode } from './zeros';

/** Minimum warm-up in seconds: an idle GPU takes about this long to reach its steady clock. */
const WARMUP_SECONDS = 0.5;
/** The same for a quick look, whose result is provisional. */
const QUICK_WARMUP_SECONDS = 0.1;
/** Samples of a quick look; the second number where a prefill takes longer than SLOW_SECONDS. */
const QUICK_SAMPLES = [3, 2];
const SLOW_SECONDS = 0.3;

/**
 * Measures one run on a loaded model. Throws when a variant is wrong on this GPU, before any time is taken, and when
 * the signal stops it. `quick`: with two or three samples, a shorter warm-up and without the sentinel, because it is refined soon;
 * what is checked before is the same, and after it one of the samples is compared.
 */
export async function measure(
  run: Run,
  model: LoadedModel,
  context: RunContext,
  effort: 'full' | 'quick' = 'full',
): Promise<RunRecord> {
  const { gpu } = context;
  const { engine } = model;
  const startedAt = new Date().toISOString();
  const prepared = await prepareRun(run, engine, context);
  const { inexact } = prepared;
  const kept = new KeptSamples(engine);
  const { samples, circumstances, checks, memoryBytes } = await taken(kept, model, context, prepared, effort);
  const record = recordOf(prepared, { ...samples, memoryBytes, checks, startedAt }, model, context);
  const found = warningsOf(record, circumstances);
  const unused =
    namesUnused(run, kernelNamesOf(run, engine), defaultsFor(gpu)) || (await lacksShapes(prepared, gpu));
  const others = { inexact, unused };
  const more = (Object.keys(others) as (keyof typeof others)[]).filter((warning) => others[warning]);
  return { ...record, warnings: [...found, ...more] };
}

/** A quick look compares one timed sample; its refinement, soon after, compares a further prompt and other samples as well. */
const QUICK_ANSWER = { sampleSeconds: 0, unseen: false };

/** Takes the samples of a run and accepts their times. */
async function taken(
  kept: KeptSamples,
  model: LoadedModel,
  context: RunContext,
  prepared: PreparedRun,
  effort: 'full' | 'quick',
) {
  try {
    const { samples, circumstances } = await takeSamples(prepared, kept, context, effort === 'quick');
    const memoryBytes = model.engine.memoryBytes;
    const { prefillSeconds, decodeSeconds, sequencesSeconds = [] } = samples;
    const least = (seconds: number[]) => (seconds.length ? Math.min(...seconds) : undefined);
    const seconds = {
      prefill: least(prefillSeconds),
      decode: least(decodeSeconds),
      sequences: least(sequencesSeconds),
    };
    const compared = effort === 'quick' ? QUICK_ANSWER : undefined;
    const checks = await acceptTime(prepared, seconds, model, context, kept.left, compared);
    return { samples, circumstances, checks, memoryBytes };
  } finally {
    kept.drop();
  }
}

/** A record of a prepared run without warnings, from its samples and what was noted while they were taken. */
export function recordOf(
  { run, choice, plans, kernelHash, error, errorKernel }: PreparedRun,
  taken: Samples & Pick<RunRecord, 'memoryBytes' | 'checks' | 'startedAt'>,
  { engine, weights, loadSeconds }: LoadedModel,
  { gpu, host }: RunContext,
): RunRecord {
  return {
    settings: run.settings,
    model: run.model,
    parameters: parameterCount(engine.geometry),
    geometry: sizesOf(engine.geometry),
    weightBytes: weights.byteLength,
    loadSeconds,
    layoutSeconds: plans.layoutSeconds,
    ...resultNumbers(run),
    variants: Object.fromEntries(Object.keys(choice).map((kernel) => [kernel, run.variants[kernel]])),
    kernelHash,
    kernelHashes: kernelHashesOf(choice),
    ...taken,
    error,
    errorKernel,
    adapter: gpu.adapter.name,
    software: gpu.adapter.software,
    agent: host.agent,
    labVersion: LAB_VERSION,
    warnings: [],
  };
}

/** The fields of a record that come from its samples. */
type Samples = Pick<
  RunRecord,
  | 'prefillSeconds'
  | 'warmupSeconds'
  | 'decodeSeconds'
  | 'sequencesSeconds'
  | 'tokenSeconds'
  | 'softmaxSeconds'
  | 'readbackSeconds'
  | 'repetitions'
  | 'promptSeed'
  | 'clockTick'
  | 'encodeSeconds'
  | 'sentinelSeconds'
  | 'zeros'
>;

/** Warms up, takes the samples with a new prompt for each, and times the sentinel before, amid and after them unless `quick`. */
async function takeSamples(
  prepared: PreparedRun,
  kept: KeptSamples,
  context: RunContext,
  quick: boolean,
): Promise<{ samples: Samples; circumstances: Circumstances }> {
  const { run, plans } = prepared;
  const { engine } = kept;
  const { gpu, report, signal } = context;
  const watch = new Watch(context);
  const promptSeed = Math.floor(2 ** 32 * Math.random());
  const seeds = seeded(promptSeed);
  const prompts = (count: number) =>
    promptTokens(count * run.prefill, engine.geometry.vocabulary, 2 ** 32 * seeds());
  const sample = async (repetitions: number, keep = false) => {
    signal.throwIfAborted();
    const taken = await onePrompt(run, engine, plans, prompts(repetitions), gpu, { repetitions, keep });
    gpu.throwPendingErrors();
    return taken;
  };
  const warmupSeconds = await warmUp(
    run,
    quick ? QUICK_WARMUP_SECONDS : WARMUP_SECONDS,
    () => sample(1),
    report,
  );
  const repetitions = repetitionsOf(run, warmupSeconds);
  const count = quick ? Math.min(run.samples, quickSamples(warmupSeconds)) : run.samples;
  const [prefillSeconds, decodeSeconds, sequencesSeconds]: number[][] = [[], [], []];
  for (let index = 0; index < count; index++) {
    report('measuring', index, count);
    if (!quick && (index === 0 || index === count >> 1)) await watch.timeSentinel();
    const { prefill, decode, sequences } = await kept.take((keep) => sample(repetitions, keep));
    prefillSeconds.push(prefill);
    if (sequences !== undefined) sequencesSeconds.push(sequences);
    if (decode !== undefined) decodeSeconds.push(decode);
    watch.look();
  }
  if (!quick) await watch.timeSentinel();
  report('measuring', count, count);
  // If a CPU computes, its own share of the time says little, and a turn takes as long as a sample.
  const turns = quick || gpu.adapter.software ? 1 : undefined;
  const encodeSeconds = await encodeSecondsOf(engine, plans, prompts(1), gpu, turns);
  const split = await splitOff(quick ? 1 : count, engine, plans, signal);
  const single = run.decode > 0 && run.sequences === 1;
  const zeros = single ? shareOf(await zerosOfDecode(plans, gpu.device)) : undefined;
  const tokenSeconds = quick || !single ? [] : await singleTokens(run.decode, engine, plans, signal);
  gpu.throwPendingErrors();
  const facts = { repetitions, promptSeed, clockTick: clockTick(), encodeSeconds };
  return {
    samples: {
      ...{ prefillSeconds, warmupSeconds, decodeSeconds, ...split, ...facts },
      ...(watch.sentinelSeconds.length ? { sentinelSeconds: watch.sentinelSeconds } : {}),
      ...(tokenSeconds.length ? { tokenSeconds } : {}),
      ...(zeros === undefined ? {} : { zeros }),
      ...(sequencesSeconds.length ? { sequencesSeconds } : {}),
    },
    circumstances: watch.circumstances,
  };
}

/** Prefill seconds of the warm-up: at least `warmup` repetitions and `least` seconds; none if `warmup` is 0. */
async function warmUp(
  { warmup }: Run,
  least: number,
  sample: () => ReturnType<typeof onePrompt>,
  report: RunContext['report'],
): Promise<number[]> {
  const taken: number[] = [];
  for (let total = 0; taken.length < warmup || (warmup > 0 && total < least);) {
    report('warming up', taken.length, warmup);
    const { prefill, decode = 0, sequences = 0 } = await sample();
    taken.push(prefill);
    total += prefill + decode + sequences;
  }
  return taken;
}

/** Prefills of one sample, from the later half of the warm-up; 1 without a warm-up, which says nothing about the time. */
function repetitionsOf({ prefill, decode }: Run, warmupSeconds: number[]): number {
  if (warmupSeconds.length === 0) return 1;
  const warm = warmupSeconds.slice(warmupSeconds.length >> 1);
  return repetitionsFor(mean(warm), clockTick(), prefill + decode);
}

const quickSamples = (warmupSeconds: number[]) =>
  QUICK_SAMPLES[Math.min(...warmupSeconds) > SLOW_SECONDS && warmupSeconds.length ? 1 : 0];

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

/** True when a variant was chosen for a matrix shape that the model does not have, so that no step runs it. */
async function lacksShapes(
  { choice, plans: { inner, final, sequences } }: PreparedRun,
  { kernels }: OpenGpu,
): Promise<boolean> {
  const steps = [...inner.values(), ...final.values(), sequences?.steps ?? []].flat();
  const running = new Set(steps.map(({ pipeline }) => pipeline));
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
