/** Runs a cell's text and yields events: the one function called by the page's worker, the terminal and the tests. */
import { type Catalogue, catalogueWith } from '../experiment/catalogue';
import { readCell, runsOf } from './cells';
import { complete, defaultsFor } from '../experiment/defaults';
import { choose, withDefaults } from '../experiment/expand';
import { type Job, jobsOf } from './jobs';
import { neighboursOf } from './neighbours';
import { messageOf } from '../message';
import { compileAll, compileToCheck } from '../measure/check';
import type { LoadedModel, OpenGpu, Session } from '../measure/session';
import type { Progress, Report } from '../measure/progress';
import type { CellWork, LabEvent } from './events';

/**
 * Runs a lab cell and yields its results (ResultsOf), a sweep's records one by one. Errors are `failed` events: a
 * failed run does not end the others, and after the GPU was lost the next run opens it again. `finished` always comes
 * last: read until then, and stop with the signal, which takes effect between samples.
 */
export async function* runCell(
  asked: CellWork,
  session: Session,
  signal: AbortSignal,
): AsyncGenerator<LabEvent> {
  const { kind, text, variants = [] } = asked;
  const catalogue = catalogueWith(variants);
  let jobs: Job[];
  try {
    const cell = readCell(kind, text, catalogue);
    const runs = runsOf(cell, catalogue);
    const described = describe(await session.open());
    yield described;
    const whole =
      cell.kind === 'sweep' && asked.effort === 'ahead'
        ? neighboursOf(complete(cell.experiment, described.defaults), catalogue, asked.turned)
        : runs.map((run) => withDefaults(run, described.defaults, catalogue));
    jobs = jobsOf(cell, whole, session, asked);
  } catch (error) {
    yield { type: 'failed', settings: text, reason: messageOf(error) };
    yield { type: 'finished', stopped: false };
    return;
  }
  for (const [index, job] of jobs.entries()) {
    if (signal.aborted) break;
    const place = { run: index + 1, runs: jobs.length, settings: job.settings };
    try {
      yield* narrated((emit) => perform(job, place, session, catalogue, signal, emit));
    } catch (error) {
      if (!signal.aborted) yield { type: 'failed', settings: job.settings, reason: session.explain(error) };
    }
  }
  yield { type: 'finished', stopped: signal.aborted };
}

/** The event that describes a GPU before anything runs on it. */
export function describe(gpu: OpenGpu): LabEvent & { type: 'adapter' } {
  return { type: 'adapter', adapter: gpu.adapter, defaults: defaultsFor(gpu), tuned: gpu.tuned };
}

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
  const gpu = await session.open();
  const begun = (names: string[]) => void compileAhead(names, job, gpu, catalogue).catch(() => undefined);
  const model = job.model && (await session.load(job.model.name, job.model.seed, loading, signal, begun));
  const context = await session.context(signal, { catalogue, report });
  await context.gpu.unlessLost(job.work(context, emit, model as LoadedModel));
}

/**
 * Compiles the variants of a job, and what they are checked with, while its model is loaded: browsers compile in another process. What fails here fails again, and is
 * told, when the job needs it.
 */
async function compileAhead(names: string[], job: Job, gpu: OpenGpu, catalogue: Catalogue): Promise<void> {
  if (!job.run) return;
  const variants = Object.values(choose(job.run(gpu, catalogue), names, catalogue));
  await compileAll(variants, gpu, () => undefined);
  await compileToCheck(variants, gpu);
}

/** Turns the events that a function emits into a generator that ends, or throws, as the function does. */
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
  result.catch(() => undefined); // thrown below, after all events have been yielded
  for (;;) {
    const batch = told;
    told = [];
    yield* batch;
    if (told.length) continue;
    if (finished) return await result;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}
