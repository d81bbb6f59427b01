/** The work of each kind of cell, as jobs in sequence. Imports the engine: for workers and terminals only. */
import { knobsKey } from '../../shaders/variant';
import type { Catalogue } from '../experiment/catalogue';
import { complete, defaultsFor } from '../experiment/defaults';
import { valuesOf } from '../experiment/experiment';
import { choose, type Run } from '../experiment/expand';
import { checkAll } from '../measure/check';
import { compareRuns } from '../measure/compare';
import { measure } from '../measure/measure';
import { measurePeaks } from '../measure/peaks';
import { kernelHashOf, kernelNamesOf, prepareRun } from '../measure/prepare';
import { profile } from '../measure/profile';
import type { LoadedModel, OpenGpu, RunContext, Session } from '../measure/session';
import type { LabKind } from '../notebook/notebook';
import type { Place } from '../records/record';
import { Evaluator } from '../text/evaluator';
import { generateCell, type TellGeneration } from '../text/generate';
import { runOfText } from '../text/text';
import { type BestSoFar, tune, type TuneEvent } from '../tune/tune';
import { LAB_VERSION } from '../version';
import { targetOf } from './cells';
import type { CellWork, LabEvent } from './events';
import type { CellOf, LabCell } from './kinds';
import { type Effort, type KnownPoint, placeOf } from './points';

/** One run of a sweep, or all the work of another cell. */
export interface Job {
  /** The settings of the work, for progress and errors; empty if settings do not describe it completely. */
  settings: string;
  /** The model to load before the work begins. */
  model?: { name: string; seed: number };
  /** The run whose kernels the work will need, where it is known before. */
  run?: (gpu: OpenGpu, catalogue: Catalogue) => Run;
  /** Does the work and emits its results. Throws an Error if there are none. */
  work(context: RunContext, emit: (event: LabEvent) => void, model: LoadedModel): Promise<void>;
}

type JobsOf<Kind extends LabKind> = (
  cell: CellOf<Kind>,
  runs: Run[],
  session: Session,
  asked: Pick<CellWork, 'known' | 'effort' | 'said'>,
) => Job[];

const JOBS: { [Kind in LabKind]: JobsOf<Kind> } = {
  sweep(_cell, runs, _session, { known = [], effort = 'full' }) {
    const evaluator = new Evaluator();
    return runs.map((run) =>
      jobOf(run, effort === 'ahead' ? aheadJob(run) : measureJob(run, evaluator, known, effort)),
    );
  },
  evaluate({ text }, runs) {
    const evaluator = new Evaluator(text);
    return runs.map((run) => jobOf(run, measureJob(run, evaluator)));
  },
  profile: ({ experiment }, runs) => runs.map((run) => jobOf(run, profileJob(run, targetOf(experiment)))),
  compare({ budget }, runs) {
    const job = jobOf(runs[0], compareJob(runs, budget));
    return [{ ...job, settings: runs.map(({ settings }) => settings).join(' --- ') }];
  },
  roofline: () => [{ settings: '', work: peaksJob }],
  tune: (cell, [start], session) => [jobOf(start, tuneJob(cell, session))],
  generate(cell, _runs, _session, { said }) {
    const [name] = valuesOf(cell.experiment, 'model');
    const run: Job['run'] = (gpu, catalogue) =>
      runOfText(complete(cell.experiment, defaultsFor(gpu)), 1, catalogue);
    return [{ settings: '', model: { name, seed: 1 }, run, work: generateJob(cell, said) }];
  },
};

/** The jobs of a cell, given its runs with this GPU's defaults. */
export const jobsOf = (
  cell: LabCell,
  runs: Run[],
  session: Session,
  asked: Pick<CellWork, 'known' | 'effort' | 'said'> = {},
): Job[] => (JOBS[cell.kind] as JobsOf<LabKind>)(cell, runs, session, asked);

const jobOf = (run: Run, work: Job['work']): Job => ({
  settings: run.settings,
  model: { name: run.model, seed: run.seed },
  run: () => run,
  work,
});

/** Measures a run, and its text quality if it asks for that, unless it is known with the kernels that would run now. */
const measureJob =
  (
    run: Run,
    evaluator: Evaluator,
    known: readonly KnownPoint[] = [],
    effort: Exclude<Effort, 'ahead'> = 'full',
  ): Job['work'] =>
  async (context, emit, model) => {
    const place = placeOf(run.settings);
    const before = known.filter((point) => point.place === place);
    if (before.length) {
      const hash = kernelHashOf(choose(run, kernelNamesOf(run, model.engine), context.catalogue));
      if (before.some(({ kernelHash = hash }) => kernelHash === hash)) return;
    }
    // A quick look is measured again soon, with all samples.
    const evaluates = run.evaluate > 0 && effort === 'full';
    if (evaluates) await evaluator.prepare(run, model, context);
    const record = await measure(run, model, context, effort);
    const quality = evaluates ? await evaluator.qualityOf(run, model, context) : undefined;
    emit({ type: 'record', record: quality ? { ...record, quality } : record });
  };

/** Compiles and checks what a run needs. A neighbour that cannot run is no failure, because it was not asked for. */
const aheadJob =
  (run: Run): Job['work'] =>
  async (context, _emit, model) => {
    const choice = choose(run, kernelNamesOf(run, model.engine), context.catalogue);
    // A layout of its own would take as much memory again as the matrices, for settings that may never be chosen.
    const layouts = Object.values(choice).some(({ resident }) => resident.length > 0);
    const { gpu, report, signal } = context;
    const prepared = layouts ? checkAll(choice, gpu, report, signal) : prepareRun(run, model.engine, context);
    await prepared.catch((reason: unknown) => {
      gpu.throwPendingErrors();
      if (signal.aborted) throw reason;
    });
  };

const profileJob =
  (run: Run, target: number): Job['work'] =>
  async (context, emit, model) =>
    emit({ type: 'profiled', profile: await profile(run, model, context, { target }) });

const compareJob =
  (runs: Run[], seconds: number): Job['work'] =>
  async (context, emit, model) =>
    emit({
      type: 'compared',
      compared: await compareRuns(runs, model, context, seconds, (plan) => emit({ type: 'planned', plan })),
    });

/** The place and time of a measurement that begins now. */
const placeNow = ({ gpu: { adapter }, host }: RunContext): Place => ({
  adapter: adapter.name,
  software: adapter.software,
  agent: host.agent,
  startedAt: new Date().toISOString(),
  labVersion: LAB_VERSION,
});

async function peaksJob(context: RunContext, emit: (event: LabEvent) => void): Promise<void> {
  const { gpu, report, signal } = context;
  const place = placeNow(context);
  report('measuring peaks');
  const peaks = await measurePeaks(gpu, signal);
  gpu.throwPendingErrors();
  emit({ type: 'peaks', peaks, adapter: place.adapter, software: place.software, place });
}

const generateJob =
  (cell: CellOf<'generate'>, said: CellWork['said']): Job['work'] =>
  (context, emit, model) => {
    const tell: TellGeneration = (told) =>
      emit('text' in told ? { type: 'text', ...told } : { type: 'generated', ...told });
    return generateCell(cell, model, context, tell, said);
  };

/** Runs a search and translates its events into those of a cell. */
function tuneJob(cell: CellOf<'tune'>, session: Session): Job['work'] {
  return async (context, emit) => {
    const { catalogue, report, signal } = context;
    const [from, place] = [performance.now(), placeNow(context)];
    const options = { budgetSeconds: cell.budget, largestError: cell.error, catalogue };
    const progress = (what = '') => report('tuning', (performance.now() - from) / 1e3, cell.budget, what);
    const tell = (event: TuneEvent) => {
      if (event.type === 'tuning') progress();
      if (event.type === 'candidate') progress(`${event.kernel}/${event.candidate.variant.name}`);
      if (event.type === 'comparing') report('comparing', 0, 0, event.settings);
      if (event.type === 'kernel') emit({ type: 'tuning', best: bestOf(event), place });
    };
    for await (const tuned of tune(cell.experiment, session, options, signal, tell))
      emit({ type: 'tuned', tuned, place });
  };
}

function bestOf({
  settings,
  kernel,
  before,
  ranking,
  tried,
  resumed,
}: TuneEvent & { type: 'kernel' }): BestSoFar {
  const [{ variant, seconds: bestSeconds }] = ranking;
  return {
    settings,
    kernel,
    variant: variant.name,
    knobs: knobsKey(variant),
    beforeSeconds: before.seconds,
    bestSeconds,
    trials: tried,
    ...(resumed && { resumed }),
  };
}
