/** Profiles a chunk: GPU seconds by kernel and shape, beside the wall time of the same chunk. */
import type { Choice, Engine, StepTime } from '../../engine/engine';
import type { Weights } from '../../engine/weights';
import { checkAnswer } from './answer';
import { EFFORT, type Effort } from './timeUses';
import { NUMBERS } from '../experiment/descriptors';
import type { Run } from '../experiment/expand';
import { onePrompt, promptTokens, splitOff } from './prompt';
import { computePeak, measurePeaks } from './peaks';
import { type MatmulCount, type Profile, type ProfileRow, type Peaks, totalOf } from '../records/profile';
import { refuseImpossiblePrompt } from './possible';
import { prepareRun, type PreparedRun } from './prepare';
import type { LoadedModel, RunContext } from './session';
import { shapeText, workOf } from './shapes';
import { median } from '../statistics/descriptive';

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
  { effort = EFFORT, target = Number(NUMBERS.target.default) }: ProfileOptions = {},
): Promise<Profile> {
  const { gpu, report, signal } = context;
  const tokens = Math.min(run.chunk, run.prefill);
  const prepared = await prepareRun(run, engine, context, { tokens });
  const { choice, plans } = prepared;
  const { wallSeconds, times } = await timeChunk(prepared, tokens, engine, context);
  const { softmaxSeconds, readbackSeconds } = await splitOff(REPETITIONS, engine, plans, signal);
  gpu.throwPendingErrors();
  await refuseImpossiblePrompt(prepared, tokens, wallSeconds, gpu, signal);
  await checkAnswer({ ...prepared, run: { ...run, prefill: tokens, decode: 0 } }, { engine }, context);
  report('measuring peaks');
  const peaks = await measurePeaks(gpu, signal, effort);
  const rows = rowsOf(times, choice);
  const all = totalOf(rows).seconds;
  const beyond = all > 0 ? (wallSeconds - tokens / target) / all : 0; // a coarse clock may measure 0
  return {
    settings: run.settings,
    tokens,
    target,
    wallSeconds,
    softmaxSeconds: median(softmaxSeconds),
    readbackSeconds: median(readbackSeconds),
    matmuls: countMatmuls(weights, times[0]),
    adapter: gpu.adapter.name,
    software: gpu.adapter.software,
    rows: rows.map((row) => ({
      ...row,
      ...atPeaksOf(row, choice, peaks),
      beyondTargetSeconds: beyond * row.seconds,
    })),
    peaks,
  };
}

/** Times the chunk as in a run (wall clock) and step by step (GPU timestamps), interleaved. */
async function timeChunk(
  { run, plans }: PreparedRun,
  tokens: number,
  engine: Engine,
  { gpu, report, signal }: RunContext,
) {
  const prompt = promptTokens(tokens, engine.geometry.vocabulary);
  const wall: number[] = [];
  const times: StepTime[][] = [];
  for (let i = -1; i < REPETITIONS; i++) {
    signal.throwIfAborted();
    report('profiling', i + 1, REPETITIONS + 1);
    const { prefill } = await onePrompt({ ...run, decode: 0 }, engine, plans, prompt, gpu);
    engine.load(prompt);
    const profiled = await engine.profile(plans, tokens);
    if (i < 0) continue; // the warm-up
    wall.push(prefill);
    times.push(profiled);
  }
  return { wallSeconds: median(wall), times };
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

type MeasuredRow = Omit<ProfileRow, 'computePeak' | 'secondsAtPeak' | 'beyondTargetSeconds'>;

/** Groups the steps by kernel and shape, slowest first; seconds are means over the repetitions. */
function rowsOf(times: StepTime[][], choice: Choice): MeasuredRow[] {
  const rows = new Map<string, MeasuredRow>();
  times[0].forEach(({ kernel, variant, pass, sizes }, step) => {
    const shape = shapeText(kernel, sizes);
    const key = `${kernel}/${variant} ${shape}`;
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
