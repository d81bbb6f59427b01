/** A cell's text in, events out: the one function that the page's worker, the terminal and the tests all call. */
import type { AdapterDescription } from '../engine/device';
import { complete, defaultsFor } from './defaults';
import { parseExperiment, type Experiment } from './experiment';
import { expand, type Run } from './expand';
import { measure } from './measure';
import type { RunRecord } from './record';
import type { Compared } from './compare';
import type { Generation } from './generate';
import type { CellKind } from './notebook';
import type { Profile } from './profile';
import type { Roofs } from './roofs';
import type { BestSoFar, Tuned } from './tune';
import type { OpenGpu, Session } from './session';
import type { OwnVariant } from './shader';

export type { AdapterDescription };

/** Where a run is. Plain data. */
export interface Progress {
  /** Number of the run, from 1. */
  run: number;
  runs: number;
  /** Settings that make the run again. */
  settings: string;
  phase: Phase;
  /**
   * Of the phase: bytes while loading, kernels while compiling and checking, samples while measuring, rounds of at most
   * `total` while comparing, repetitions while profiling, seconds while tuning, tokens while generating.
   */
  done: number;
  total: number;
  /** The tensor that is being loaded, the kernel that is being checked or tuned; else empty. */
  what: string;
}

export type Phase =
  | 'loading'
  | 'compiling'
  | 'checking'
  | 'warming up'
  | 'measuring'
  | 'comparing'
  | 'profiling'
  | 'measuring roofs'
  | 'tuning'
  | 'prefilling'
  | 'generating'
  | 'timing';

/** What is to be run: a cell of the notebook, with the shaders that the notebook has of its own. */
export interface CellWork {
  kind: CellKind;
  /** The body. */
  text: string;
  variants?: OwnVariant[];
}

export type LabEvent =
  /** `defaults`: what this GPU runs where settings say nothing; `complete` puts them in. */
  | { type: 'adapter'; adapter: AdapterDescription; defaults: Experiment }
  | { type: 'no-adapter'; reason: string }
  | { type: 'progress'; progress: Progress }
  /** Of a sweep: one a run. */
  | { type: 'record'; record: RunRecord }
  /** Of a compare cell, once, at its end. */
  | { type: 'compared'; compared: Compared }
  /** Of a profile cell: one a run. */
  | { type: 'profiled'; profile: Profile }
  /** Of a roofline cell. */
  | { type: 'roofs'; roofs: Roofs }
  /** Of a tune cell: the best so far, after each kernel. */
  | { type: 'tuning'; best: BestSoFar }
  /** Of a tune cell: one for each chunk. */
  | { type: 'tuned'; tuned: Tuned }
  /** Of a generate cell: the next piece of the text, whole characters. */
  | { type: 'text'; text: string }
  /** Of a generate cell: the whole, when it has ended or was stopped. */
  | { type: 'generated'; generation: Generation }
  /** `run`: the settings of the run that failed; of the whole cell when they could not be read or no GPU was found. */
  | { type: 'failed'; run: string; reason: string }
  | { type: 'finished'; stopped: boolean };

/**
 * Runs the settings of a cell, one record for each run. Whatever goes wrong is a `failed` event: a run that fails does not
 * end the experiment, and after a lost GPU the next run opens it anew. `finished` always comes last: read
 * to there, and stop with the signal, which takes effect between samples.
 */
export async function* runCell(
  { text: settings }: CellWork,
  session: Session,
  signal: AbortSignal,
): AsyncGenerator<LabEvent> {
  let runs: Run[];
  try {
    const experiment = parseExperiment(settings);
    expand(experiment);
    const described = describe(await session.open());
    yield described;
    runs = expand(complete(experiment, described.defaults));
  } catch (error) {
    yield { type: 'failed', run: settings, reason: messageOf(error) };
    yield { type: 'finished', stopped: false };
    return;
  }
  for (const [index, run] of runs.entries()) {
    if (signal.aborted) break;
    yield* runOne(run, { run: index + 1, runs: runs.length, settings: run.text }, session, signal);
  }
  yield { type: 'finished', stopped: signal.aborted };
}

/** What there is to say of a GPU before anything runs on it. */
export function describe(gpu: OpenGpu): LabEvent & { type: 'adapter' } {
  return { type: 'adapter', adapter: gpu.adapter, defaults: defaultsFor(gpu) };
}

/** What a run tells of itself on the way. */
export type Report = (phase: Progress['phase'], done?: number, total?: number, what?: string) => void;

async function* runOne(
  run: Run,
  place: Pick<Progress, 'run' | 'runs' | 'settings'>,
  session: Session,
  signal: AbortSignal,
): AsyncGenerator<LabEvent> {
  const progress = narrated<Progress, RunRecord>((emit) => {
    const report: Report = (phase, done = 0, total = 0, what = '') =>
      emit({ ...place, phase, done, total, what });
    return oneRecord(run, session, report, signal);
  });
  try {
    for (;;) {
      const { done, value } = await progress.next();
      if (!done) yield { type: 'progress', progress: value };
      else return yield { type: 'record', record: value };
    }
  } catch (error) {
    if (!signal.aborted) yield { type: 'failed', run: run.text, reason: messageOf(error) };
  }
}

async function oneRecord(
  run: Run,
  session: Session,
  report: Report,
  signal: AbortSignal,
): Promise<RunRecord> {
  const loading = (done: number, total: number, what: string) => report('loading', done, total, what);
  const model = await session.load(run.model, run.seed, loading, signal);
  const gpu = await session.open();
  return gpu.unlessLost(measure(run, model, gpu, session.host, report, signal));
}

/** Turns what a function emits while it works into a generator that returns what the function returns. */
async function* narrated<Told, Result>(
  work: (emit: (told: Told) => void) => Promise<Result>,
): AsyncGenerator<Told, Result> {
  let told: Told[] = [];
  let wake = () => {};
  let finished = false;
  const result = work((each) => {
    told.push(each);
    wake();
  }).finally(() => {
    finished = true;
    wake();
  });
  result.catch(() => undefined); // thrown below, once all that was told has been passed on
  for (;;) {
    const batch = told;
    told = [];
    yield* batch;
    if (told.length) continue;
    if (finished) return result;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

/** One line, whatever was thrown. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s*\n\s*/g, ' ').trim();
}
