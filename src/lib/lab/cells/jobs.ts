/** What each kind of lab cell does, as jobs that are done one after another. */
import type { Catalogue } from '../experiment/catalogue';
import { type LabCell, targetOf } from './cells';
import { compareRuns } from '../measure/compare';
import { fieldOf, isKernelKey, NUMBERS, RUN_NAMES } from '../experiment/descriptors';
import { type Experiment, valuesOf } from '../experiment/experiment';
import { expand, type Run } from '../experiment/expand';
import { generateCell } from '../text/generate';
import { measure } from '../measure/measure';
import { type RunContext } from '../measure/session';
import { profile } from '../measure/profile';
import { measurePeaks } from '../measure/peaks';
import type { LabEvent } from './events';
import { knobsKey } from '../../shaders/variant';
import type { LoadedModel, Session } from '../measure/session';
import { tune, type TuneEvent } from '../tune/tune';

/** One run of a sweep, or all that another cell does. */
export interface Job {
  /** Settings, as far as one text can say what is done. */
  settings: string;
  /** Loaded before the work begins. */
  model?: { name: string; seed: number };
  /** Tells what it finds. Throws where that is nothing. */
  work(context: RunContext, emit: (event: LabEvent) => void, model: LoadedModel): Promise<void>;
}

/** More runs than this stand beside each other in no chart, and their buffers in no memory. */
const MOST_COMPARED = 8;

/** The runs of a cell, none for kinds that have no runs. Throws an Error that says why its settings cannot be run. */
export function runsOf(cell: LabCell, catalogue: Catalogue): Run[] {
  const runsOfOne = (experiment: Experiment) => {
    const runs = expand(experiment, catalogue);
    if (runs.length === 0) throw new Error('No combination of these settings is possible');
    return runs;
  };
  if (cell.kind === 'compare') return comparable(cell.experiments.flatMap(runsOfOne));
  if (cell.kind === 'tune') return runsOfOne(withoutKernels(cell.experiment)).slice(0, 1);
  return cell.kind === 'sweep' || cell.kind === 'profile' ? runsOfOne(cell.experiment) : [];
}

/** The jobs of a cell, given its runs with this GPU's defaults. */
export function jobsOf(cell: LabCell, runs: Run[], session: Session): Job[] {
  switch (cell.kind) {
    case 'sweep':
      return runs.map((run) => jobOf(run, measureJob(run)));
    case 'profile':
      return runs.map((run) => jobOf(run, profileJob(run, targetOf(cell.experiment))));
    case 'compare': {
      const job = jobOf(runs[0], compareJob(runs, cell.budget));
      return [{ ...job, settings: runs.map(({ settings }) => settings).join(' --- ') }];
    }
    case 'roofline':
      return [{ settings: '', work: peaksJob }];
    case 'tune':
      return [jobOf(runs[0], tuneJob(cell, session))];
    case 'generate': {
      const name = valuesOf(cell.experiment, 'model')[0];
      const work: Job['work'] = async (context, emit, model) => {
        const generation = await generateCell(cell, model, context, (text) => emit({ type: 'text', text }));
        emit({ type: 'generated', generation });
      };
      return [{ settings: '', model: { name, seed: 1 }, work }];
    }
  }
}

const jobOf = ({ settings, model: name, seed }: Run, work: Job['work']): Job => ({
  settings,
  model: { name, seed },
  work,
});

const measureJob =
  (run: Run): Job['work'] =>
  async (context, emit, model) =>
    emit({ type: 'record', record: await measure(run, model, context) });

const profileJob =
  (run: Run, target: number): Job['work'] =>
  async ({ gpu, catalogue, report, signal }, emit, model) => {
    const found = await profile(run, model, gpu, signal, { catalogue, report, target });
    emit({ type: 'profiled', profile: found });
  };

const compareJob =
  (runs: Run[], seconds: number): Job['work'] =>
  async (context, emit, model) =>
    emit({ type: 'compared', compared: await compareRuns(runs, model, context, seconds) });

async function peaksJob({ gpu, report, signal }: RunContext, emit: (event: LabEvent) => void): Promise<void> {
  report('measuring peaks');
  const peaks = await measurePeaks(gpu, signal);
  gpu.throwPendingErrors();
  emit({ type: 'peaks', peaks, adapter: gpu.adapter.name, software: gpu.adapter.software });
}

/** The search tells of itself in its own words; here they become a cell's. */
function tuneJob(cell: LabCell & { kind: 'tune' }, session: Session): Job['work'] {
  return async ({ catalogue, report, signal }, emit) => {
    const from = performance.now();
    const options = { budgetSeconds: cell.budget, largestError: cell.error, catalogue };
    const progress = (what = '') => report('tuning', (performance.now() - from) / 1e3, cell.budget, what);
    const tell = (event: TuneEvent) => {
      if (event.type === 'tuning') progress();
      if (event.type === 'candidate') progress(`${event.kernel}/${event.candidate.variant.name}`);
      if (event.type === 'comparing') report('comparing', 0, 0, event.settings);
      if (event.type === 'kernel') emit({ type: 'tuning', best: bestOf(event) });
    };
    for await (const tuned of tune(cell.experiment, session, options, signal, tell))
      emit({ type: 'tuned', tuned });
  };
}

function bestOf({ settings, kernel, before, best }: TuneEvent & { type: 'kernel' }) {
  const { variant, seconds: bestSeconds } = best;
  return {
    settings,
    kernel,
    variant: variant.name,
    knobs: knobsKey(variant),
    beforeSeconds: before.seconds,
    bestSeconds,
  };
}

/** Runs that can be timed in turn: of one model, and the same tokens. */
function comparable(runs: Run[]): Run[] {
  if (runs.length < 2)
    throw new Error(
      'A comparison needs two settings: part them by a line ---, or give one setting two values, matmul_q4_k=block8,tiled',
    );
  if (runs.length > MOST_COMPARED)
    throw new Error(`A comparison has at most ${MOST_COMPARED} runs; these settings are ${runs.length}`);
  for (const key of ['model', ...RUN_NAMES.filter((name) => NUMBERS[name].sameInComparison)] as const) {
    const [first, ...others] = new Set(runs.map((run) => String(run[fieldOf(key)])));
    if (others.length)
      throw new Error(
        `All runs of a comparison have the same ${key}; these have ${[first, ...others].join(', ')}. A sweep can vary it`,
      );
  }
  return runs;
}

/** What a search starts from: kernels and knobs that it names are its choices, not its places. */
function withoutKernels(experiment: Experiment): Experiment {
  return Object.fromEntries(Object.entries(experiment).filter(([key]) => !isKernelKey(key)));
}
