/** Profiles a chunk: GPU seconds by kernel and shape, beside the wall time of the same chunk. */
import type { Choice, Engine, StepTime } from '../../engine/engine';
import { hasTimestamps } from '../../engine/wallTimes';
import type { Weights } from '../../engine/weights';
import { timestampQuantum } from '../../engine/timer';
import { acceptTime } from './accept';
import { clockTick, repetitionsFor } from './clock';
import { effortFor, type Effort } from './timeUses';
import { NUMBERS } from '../experiment/descriptors';
import type { Run } from '../experiment/expand';
import { encodeSecondsOf, KeptSamples, onePrompt, promptTokens, splitOff } from './prompt';
import { computePeak, measurePeaks } from './peaks';
import { type MatmulCount, type Profile, type ProfileRow, type Peaks, totalOf } from '../records/profile';
import { refuseImpossible } from './possible';
import { prepareRun, type PreparedRun } from './prepare';
import type { Step } from '../../engine/encode';
import { shareOfZeros, totalZeros, type Zeros } from '../../engine/zeros';
import type { LoadedModel, RunContext } from './session';
import { shapeText, workOf } from './shapes';
import { median } from '../statistics/descriptive';
import { sparseBytes, zerosOfDecode } from './zeros';
import { warningsOf } from './warnings';
import { LAB_VERSION } from '../version';
import { Watch } from './watch';

/** Number of repetitions: their mean averages out a browser's coarse clock. */
const REPETITIONS = 8;

export interface ProfileOptions {
  /** Effort of measuring the peaks. */
  effort?: Effort;
  /** Throughput to compare with, in tokens per second. */
  target?: number;
}

/** Profiles the first chunk of a run on a loaded model, after checking its variants. Throws when one is wrong. */
export async function profile(
  run: Run,
  { engine, weights }: LoadedModel,
  context: RunContext,
  { effort = effortFor(context.gpu), target = Number(NUMBERS.target.default) }: ProfileOptions = {},
): Promise<Profile> {
  const { gpu, host, report, signal } = context;
  const startedAt = new Date().toISOString();
  const tokens = Math.min(run.chunk, run.prefill);
  const prepared = await prepareRun({ ...run, prefill: tokens, decode: 0 }, engine, context);
  const { choice } = prepared;
  const { wallSeconds, times, zeros, warnings, softmaxSeconds, readbackSeconds } = await timeAndAccept(
    prepared,
    engine,
    context,
  );
  report('measuring peaks');
  const peaks = await measurePeaks(gpu, signal, effort);
  const dense = rowsOf(times, choice);
  const rows = dense.map((row) => sparseRow(row, choice, zeros));
  await refuseImpossibleRows(rows, choice, context);
  const all = totalOf(rows).seconds;
  const beyond = all > 0 ? (wallSeconds - tokens / target) / all : 0; // a coarse clock may measure 0
  return {
    settings: run.settings,
    tokens,
    target,
    wallSeconds,
    ...((await hasTimestamps(gpu.device)) ? {} : { clock: 'wall' as const }),
    softmaxSeconds: median(softmaxSeconds),
    readbackSeconds: median(readbackSeconds),
    matmuls: countMatmuls(weights, times[0]),
    adapter: gpu.adapter.name,
    software: gpu.adapter.software,
    startedAt,
    agent: host.agent,
    kernelHash: prepared.kernelHash,
    labVersion: LAB_VERSION,
    timeline: timelineOf(times, dense),
    rows: rows.map((row) => ({
      ...row,
      ...atPeaksOf(row, choice, peaks),
      beyondTargetSeconds: beyond * row.seconds,
    })),
    peaks,
    warnings,
  };
}

/** Times the chunk and what follows it, and accepts the time. */
async function timeAndAccept(prepared: PreparedRun, engine: Engine, context: RunContext) {
  const kept = new KeptSamples(engine);
  try {
    const taken = await timeChunk(prepared, kept, context);
    const split = await splitOff(REPETITIONS, engine, prepared.plans, context.signal);
    const zeros = prepared.plans.final.has(1)
      ? await zerosOfDecode(prepared.plans, context.gpu.device)
      : new Map<Step, Zeros>();
    context.gpu.throwPendingErrors();
    await acceptTime(prepared, { prefill: taken.wallSeconds }, { engine }, context, kept.left);
    return { ...taken, zeros, ...split };
  } finally {
    kept.drop();
  }
}

/** Times the chunk as in a run (wall clock) and step by step (GPU timestamps), interleaved. */
async function timeChunk(prepared: PreparedRun, kept: KeptSamples, context: RunContext) {
  const { run, plans, inexact } = prepared;
  const { engine } = kept;
  const { gpu, report, signal } = context;
  const prompts = (count: number) =>
    promptTokens(count * run.prefill, engine.geometry.vocabulary, 2 ** 32 * Math.random());
  const watch = new Watch(context);
  const [warmupSeconds, prefillSeconds]: number[][] = [[], []];
  const times: StepTime[][] = [];
  let repetitions = 1;
  for (let i = -1; i < REPETITIONS; i++) {
    signal.throwIfAborted();
    report('profiling', i + 1, REPETITIONS + 1);
    if (i === 0 || i === REPETITIONS >> 1) await watch.timeSentinel();
    const { prefill } = await kept.take((keep) =>
      onePrompt(run, engine, plans, prompts(repetitions), gpu, { repetitions, keep }),
    );
    engine.load(prompts(1));
    const profiled = await engine.profile(plans, run.prefill);
    watch.look();
    (i < 0 ? warmupSeconds : prefillSeconds).push(prefill);
    if (i < 0) repetitions = repetitionsFor(prefill, clockTick(), run.prefill);
    else times.push(profiled);
  }
  await watch.timeSentinel();
  const warnings = warningsOf(
    {
      ...{ prefillSeconds, warmupSeconds, decodeSeconds: [], repetitions, clockTick: clockTick() },
      encodeSeconds: await encodeSecondsOf(engine, plans, prompts(1), gpu),
      sentinelSeconds: watch.sentinelSeconds,
      software: gpu.adapter.software,
    },
    watch.circumstances,
  );
  return {
    wallSeconds: median(prefillSeconds),
    times,
    warnings: inexact ? [...warnings, 'inexact' as const] : warnings,
  };
}

/** Throws a Refusal `impossible` for a row whose arithmetic cannot be done in its time, its timestamps' ticks allowed for. */
async function refuseImpossibleRows(rows: MeasuredRow[], choice: Choice, { gpu, signal }: RunContext) {
  if (!gpu.device.features.has('timestamp-query')) return;
  const tick = await timestampQuantum(gpu.device);
  for (const row of rows) {
    const { kernel, variant, shape, uses, dispatches, seconds, flop } = row;
    if (!flop || seconds === 0) continue; // no rate is shown
    const work = { what: `${kernel}/${variant} at ${shape}`, flop: uses * flop };
    await refuseImpossible(work, [variantIn(choice, row)], seconds + dispatches * tick, gpu, signal);
  }
}

/** Time of a row at the peak rates: compute or bandwidth, whichever takes longer. */
function atPeaksOf(row: MeasuredRow, choice: Choice, peaks: Peaks) {
  const compute = computePeak(variantIn(choice, row), peaks);
  const atPeaks = [
    row.flop !== undefined && compute !== undefined ? row.flop / compute : undefined,
    row.bytes !== undefined ? row.bytes / peaks.read : undefined,
  ].filter((seconds) => seconds !== undefined);
  return {
    computePeak: compute,
    secondsAtPeak: atPeaks.length ? row.uses * Math.max(...atPeaks) : undefined,
  };
}

/** The variant that a step ran: the choice for its kernel, or for one shape of it. */
function variantIn(choice: Choice, { kernel, variant }: Pick<ProfileRow, 'kernel' | 'variant'>) {
  return Object.values(choice).find((each) => each.kernel === kernel && each.name === variant)!;
}

function countMatmuls({ layers }: Weights, steps: StepTime[]): MatmulCount {
  const counts = layers.map(({ receptanceKeyValue, lora }) => {
    const inputs = receptanceKeyValue.reduce((sum, { batch }) => sum + batch, 0);
    const loras = Object.values(lora.ranks).filter((rank) => rank > 0).length;
    return inputs + 2 * loras + 3; // the output matrix, and the key and value matrices of channel mix
  });
  // wkv_token includes the up-projections of the LoRAs.
  const isProduct = ({ kernel }: StepTime) => /^(matmul|matvec|lora)_|^wkv_token$/.test(kernel);
  return {
    perLayer: counts[counts.length - 1],
    perPass: counts.reduce((sum, count) => sum + count, 1),
    dispatchesPerPass: steps.filter(isProduct).length,
  };
}

/** The dispatches of the repetition with the median time, with the places of their rows; undefined without timestamps. */
function timelineOf(times: StepTime[][], rows: readonly MeasuredRow[]): Profile['timeline'] {
  const whole = times.filter((steps) =>
    steps.every(({ begin, seconds }) => begin !== undefined && seconds !== undefined),
  );
  if (whole.length === 0) return undefined;
  const lengthOf = (steps: StepTime[]) => steps.at(-1)!.begin! + steps.at(-1)!.seconds!;
  const middle = whole.toSorted((a, b) => lengthOf(a) - lengthOf(b))[whole.length >> 1];
  const places = new Map(rows.map((row, at) => [keyOf(row), at]));
  return middle.map(({ kernel, variant, sizes, begin = 0, seconds = 0 }) => ({
    row: places.get(keyOf({ kernel, variant, shape: shapeText(kernel, sizes) }))!,
    begin,
    seconds,
  }));
}

const keyOf = ({ kernel, variant, shape }: Pick<ProfileRow, 'kernel' | 'variant' | 'shape'>) =>
  `${kernel}/${variant} ${shape}`;

type MeasuredRow = Omit<ProfileRow, 'computePeak' | 'secondsAtPeak' | 'beyondTargetSeconds'>;

/** A row of a sparse variant with the work that its zeros leave, and their share in its shape: it is not to be compared with a dense one. */
function sparseRow(row: MeasuredRow, choice: Choice, counted: ReadonlyMap<Step, Zeros>): MeasuredRow {
  const own = [...counted].filter(
    ([{ kernel, variant, sizes }]) =>
      keyOf({ kernel, variant, shape: shapeText(kernel, sizes) }) === keyOf(row),
  );
  if (own.length === 0) return row;
  const zeros = totalZeros(own.map(([, each]) => each));
  const share = shareOfZeros(zeros);
  return {
    ...row,
    shape: `${row.shape}, zeros ${Math.round(100 * share)}%`,
    flop: row.flop && row.flop * (1 - share),
    bytes: sparseBytes(variantIn(choice, row), own[0][0].sizes, zeros),
  };
}

/** Groups the steps by kernel and shape, slowest first; seconds are means over the repetitions. */
function rowsOf(times: StepTime[][], choice: Choice): MeasuredRow[] {
  const rows = new Map<string, MeasuredRow>();
  times[0].forEach(({ kernel, variant, pass, sizes }, step) => {
    const shape = shapeText(kernel, sizes);
    const key = keyOf({ kernel, variant, shape });
    const empty = { uses: 0, dispatches: 0, seconds: 0 };
    const row = rows.get(key) ?? { kernel, variant, shape, ...empty, passes: [], ...workOf(kernel, sizes) };
    rows.set(key, row);
    row.uses += Number(pass === 0);
    row.dispatches++;
    const seconds = times.flatMap((each) => each[step].seconds ?? []);
    const taken = seconds.reduce((sum, part) => sum + part, 0) / Math.max(1, seconds.length);
    row.seconds += taken;
    const { entryPoint } = variantIn(choice, row).passes[pass];
    let own = row.passes.find((each) => each.entryPoint === entryPoint);
    if (!own) row.passes.push((own = { entryPoint, dispatches: 0, seconds: 0 }));
    own.dispatches++;
    own.seconds += taken;
  });
  return [...rows.values()].sort((a, b) => b.seconds - a.seconds);
}
