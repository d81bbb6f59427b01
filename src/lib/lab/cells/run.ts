/** A cell's text in, events out: the one function that the page's worker, the terminal and the tests all call. */
import type { AdapterDescription } from '../../engine/device';
import { catalogueWith, type Catalogue } from '../experiment/catalogue';
import { readCell } from './cells';
import type { Compared } from '../measure/compare';
import { defaultsFor } from '../experiment/defaults';
import type { Experiment } from '../experiment/experiment';
import type { Generation } from '../text/generate';
import { jobsOf, type Job } from './jobs';
import { messageOf } from '../message';
import type { CellKind } from '../notebook/notebook';
import type { Profile } from '../measure/profile';
import type { RunRecord } from '../records/record';
import type { Roofs } from '../measure/peaks';
import type { LoadedModel, OpenGpu, Session } from '../measure/session';
import type { OwnVariant } from '../shader/shader';
import type { BestSoFar, Tuned } from '../tune/tune';

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
  | { type: 'roofs'; roofs: Roofs; adapter: string; software: boolean }
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
 * Runs a lab cell: a sweep's records one by one, or what the cell's kind finds. Whatever goes wrong is a `failed` event: a
 * run that fails does not end the others, and after a lost GPU the next run opens it anew. `finished` always comes
 * last: read to there, and stop with the signal, which takes effect between samples.
 */
export async function* runCell(
  { kind, text, variants = [] }: CellWork,
  session: Session,
  signal: AbortSignal,
): AsyncGenerator<LabEvent> {
  const catalogue = catalogueWith(variants);
  let jobs: Job[];
  try {
    const cell = readCell(kind, text, catalogue);
    jobsOf(cell, {}, catalogue, session);
    const described = describe(await session.open());
    yield described;
    jobs = jobsOf(cell, described.defaults, catalogue, session);
  } catch (error) {
    yield { type: 'failed', run: text, reason: messageOf(error) };
    yield { type: 'finished', stopped: false };
    return;
  }
  for (const [index, job] of jobs.entries()) {
    if (signal.aborted) break;
    const place = { run: index + 1, runs: jobs.length, settings: job.settings };
    try {
      yield* narrated((emit) => perform(job, place, session, catalogue, signal, emit));
    } catch (error) {
      if (!signal.aborted) yield { type: 'failed', run: job.settings, reason: messageOf(error) };
    }
  }
  yield { type: 'finished', stopped: signal.aborted };
}

/** What there is to say of a GPU before anything runs on it. */
export function describe(gpu: OpenGpu): LabEvent & { type: 'adapter' } {
  return { type: 'adapter', adapter: gpu.adapter, defaults: defaultsFor(gpu) };
}

/** What a run tells of itself on the way. */
export type Report = (phase: Progress['phase'], done?: number, total?: number, what?: string) => void;

/** Loads the job's model and does its work; fails as soon as the GPU is lost. */
async function perform(
  job: Job,
  place: Pick<Progress, 'run' | 'runs' | 'settings'>,
  session: Session,
  catalogue: Catalogue,
  signal: AbortSignal,
  emit: (event: LabEvent) => void,
): Promise<void> {
  const report: Report = (phase, done = 0, total = 0, what = '') =>
    emit({ type: 'progress', progress: { ...place, phase, done, total, what } });
  const loading = (done: number, total: number, what: string) => report('loading', done, total, what);
  const model = job.model && (await session.load(job.model.name, job.model.seed, loading, signal));
  const gpu = await session.open();
  const bench = { gpu, host: session.host, catalogue, report, signal };
  await gpu.unlessLost(job.work(bench, emit, model as LoadedModel));
}

/** Turns what a function emits while it works into a generator that ends, or throws, as the function does. */
async function* narrated<Told>(work: (emit: (told: Told) => void) => Promise<void>): AsyncGenerator<Told> {
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
    if (finished) return await result;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}
