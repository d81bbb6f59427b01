/** Where the time of a chunk goes: GPU seconds by kernel and shape, beside the wall time of the same chunk. */
import type { Choice, Engine, Plans, StepTime } from '../../engine/engine';
import type { Weights } from '../../engine/weights';
import { EFFORT, type Effort } from './microbench';
import type { Catalogue } from '../experiment/catalogue';
import { formatCsv } from '../records/csv';
import { NUMBERS } from '../experiment/experiment';
import { choose, type Run } from '../experiment/expand';
import { checkAll, onePrompt, promptTokens, splitOff } from './measure';
import { computeRoof, measureRoofs, type Roofs } from './peaks';
import type { Report } from '../cells/run';
import type { LoadedModel, OpenGpu } from './session';
import { shapeText, workOf, type Work } from './shapes';
import { median } from '../records/statistics';

/** Repetitions: their mean averages out a browser's coarse clock. */
const REPETITIONS = 8;

/** One kernel at one shape; its passes together. */
export interface ProfileRow extends Work {
  kernel: string;
  variant: string;
  /** `rows 2560, columns 2560, …` */
  shape: string;
  /** Uses in a chunk, and dispatches they come to. */
  uses: number;
  dispatches: number;
  /** On the GPU, of all uses in a chunk, each dispatch measured in a pass of its own. */
  seconds: number;
  /** Of the variant, those that have any workgroups: their dispatches in a chunk and what these take. */
  passes: PassTime[];
  /** What all uses would take at the roofs, the higher of arithmetic and reading; undefined where the work is not known. */
  roofSeconds: number | undefined;
  /** Its share of the chunk's wall time, less the same share of the time that the target allows; negative: none is lost. */
  beyondTargetSeconds: number;
  /** Operations a second that the variant's kind of arithmetic reaches on this GPU, where that was measured. */
  computeRoof: number | undefined;
}

export interface PassTime {
  entryPoint: string;
  dispatches: number;
  seconds: number;
}

export interface Profile {
  /** Settings that make it again. */
  settings: string;
  tokens: number;
  /** Tokens a second to compare with. */
  target: number;
  /** Median wall time of the same chunk, head and argmax included, as a run measures it. */
  wallSeconds: number;
  /** Medians: softmax over the last token's logits, and the probabilities' way to the CPU; not in `wallSeconds`. */
  softmaxSeconds: number;
  readbackSeconds: number;
  /** Products of a matrix and the activations: logical ones, and the dispatches that they come to. */
  matmuls: MatmulCount;
  adapter: string;
  software: boolean;
  rows: ProfileRow[];
  roofs: Roofs;
}

/** How many matrix products there are. A LoRA is two. */
export interface MatmulCount {
  /** In one layer after the first, which has one LoRA less. */
  perLayer: number;
  /** In a pass over the model: all layers and the head. */
  perPass: number;
  dispatchesPerPass: number;
}

export interface ProfileOptions {
  /** For the roofs. */
  effort?: Effort;
  catalogue?: Catalogue;
  /** Tokens a second. */
  target?: number;
  report?: Report;
}

/** Profiles the first chunk of a run on a loaded model, after its variants have been checked. */
export async function profile(
  run: Run,
  { engine, weights }: LoadedModel,
  gpu: OpenGpu,
  signal: AbortSignal,
  options: ProfileOptions = {},
): Promise<Profile> {
  const { effort = EFFORT, target = Number(NUMBERS.target.default), report = () => undefined } = options;
  const choice = choose(run, engine.kernelNames, options.catalogue);
  await checkAll(choice, gpu, report, signal);
  report('compiling');
  const tokens = Math.min(run.chunk, run.prefill);
  const plans = await engine.prepare(choice, run.chunk, run.stepsPerSubmit, [tokens]);
  const { wallSeconds, times } = await timeChunk(run, tokens, engine, plans, gpu, report, signal);
  const { softmaxSeconds, readbackSeconds } = await splitOff(REPETITIONS, engine, plans, signal);
  gpu.complain();
  report('measuring roofs');
  const roofs = await measureRoofs(gpu, signal, effort);
  const rows = rowsOf(times, choice);
  const all = totalOf(rows).seconds;
  const beyond = all > 0 ? (wallSeconds - tokens / target) / all : 0; // a coarse clock may have seen nothing
  return {
    settings: run.text,
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
      ...besideRoofs(row, choice, roofs),
      beyondTargetSeconds: beyond * row.seconds,
    })),
    roofs,
  };
}

/** The chunk as a run has it, on the wall clock, and step by step on the GPU's, in turn. */
async function timeChunk(
  run: Run,
  tokens: number,
  engine: Engine,
  plans: Plans,
  gpu: OpenGpu,
  report: Report,
  signal: AbortSignal,
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

/** What a chunk's row would take at the roofs. */
function besideRoofs(row: MeasuredRow, choice: Choice, roofs: Roofs) {
  const compute = computeRoof(variantIn(choice, row), roofs);
  const atRoofs = [
    row.flop !== undefined && compute !== undefined ? row.flop / compute : undefined,
    row.bytes !== undefined ? row.bytes / roofs.read : undefined,
  ].filter((seconds) => seconds !== undefined);
  return { computeRoof: compute, roofSeconds: atRoofs.length ? row.uses * Math.max(...atRoofs) : undefined };
}

/** The variant that a step ran: its kernel's, or that of a shape. */
function variantIn(choice: Choice, { kernel, variant }: Pick<ProfileRow, 'kernel' | 'variant'>) {
  return Object.values(choice).find((each) => each.kernel === kernel && each.name === variant)!;
}

function countMatmuls({ layers }: Weights, steps: StepTime[]): MatmulCount {
  const counts = layers.map(({ receptanceKeyValue, lora }) => {
    const inputs = receptanceKeyValue.reduce((sum, { batch }) => sum + batch, 0);
    const loras = Object.values(lora.ranks).filter((rank) => rank > 0).length;
    return inputs + 2 * loras + 3; // the output, and the key and value of channel mix
  });
  // wkv_token has the LoRAs' way up.
  const isProduct = ({ kernel }: StepTime) => /^(matmul|matvec|lora)_|^wkv_token$/.test(kernel);
  return {
    perLayer: counts[counts.length - 1],
    perPass: counts.reduce((sum, count) => sum + count, 1),
    dispatchesPerPass: steps.filter(isProduct).length,
  };
}

type MeasuredRow = Omit<ProfileRow, 'computeRoof' | 'roofSeconds' | 'beyondTargetSeconds'>;

/** Steps of the same kernel and shape together, the slowest first; seconds are means over the repetitions. */
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

const TITLES = [
  'kernel',
  'variant',
  'shape',
  'uses',
  'dispatches',
  'gpu_ms',
  'share_percent',
  'tflops',
  'gb_per_s',
  'share_of_compute_roof',
  'share_of_bandwidth_roof',
];

/**
 * One line a row, then `all` of them, then the `chunk` as a whole on the wall clock: what its dispatches, each in a pass
 * of its own, take more or less than the chunk is what passes cost and what the CPU hides or does not.
 */
export function profileToCsv({ rows, wallSeconds, roofs }: Profile): string {
  const all = totalOf(rows);
  return formatCsv([
    TITLES,
    ...rows.map((row) => [
      ...[row.kernel, row.variant, row.shape, row.uses, row.dispatches],
      milliseconds(row.seconds),
      percent(row.seconds / all.seconds),
      ...rates(row, row.computeRoof, roofs.read),
    ]),
    ['all', '', '', all.uses, all.dispatches, milliseconds(all.seconds), '100.0', '', '', '', ''],
    [
      'chunk',
      '',
      'wall',
      '',
      '',
      milliseconds(wallSeconds),
      percent(wallSeconds / all.seconds),
      '',
      '',
      '',
      '',
    ],
  ]);
}

/** TFLOPS and GB/s, and what shares of the roofs they are; empty where there is nothing to be said. */
function rates(
  { flop, bytes, uses, seconds }: ProfileRow,
  computeRoof: number | undefined,
  readRoof: number,
) {
  const rate = (amount: number | undefined) =>
    amount === undefined || seconds === 0 ? undefined : (uses * amount) / seconds;
  const [compute, memory] = [rate(flop), rate(bytes)];
  return [
    compute && (compute / 1e12).toPrecision(4),
    memory && (memory / 1e9).toPrecision(4),
    compute && computeRoof && (compute / computeRoof).toFixed(3),
    memory && (memory / readRoof).toFixed(3),
  ];
}

/** Of all rows together. */
export function totalOf(rows: readonly Pick<ProfileRow, 'uses' | 'dispatches' | 'seconds'>[]) {
  const sum = (key: 'uses' | 'dispatches' | 'seconds') => rows.reduce((total, row) => total + row[key], 0);
  return { uses: sum('uses'), dispatches: sum('dispatches'), seconds: sum('seconds') };
}

const milliseconds = (seconds: number) => (1e3 * seconds).toPrecision(4);
const percent = (share: number) => (100 * share).toFixed(1);
