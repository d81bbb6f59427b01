/** Runs the cells of a notebook one after another: the queue, the worker's events, and the outcomes. */
import { SvelteMap } from 'svelte/reactivity';
import type { Catalogue } from '../../lab/experiment/catalogue';
import { canHang, type Progress } from '../../lab/measure/progress';
import { contentOf, isLab } from '../../lab/notebook/notebook';
import type { RunRecord } from '../../lab/records/record';
import type { WorkerEvent } from '../../lab/worker';
import type { OwnVariant } from '../../shaders/variant';
import type { Lab } from '../session/lab.svelte';
import { t, told } from '../words/words.svelte';
import { type NotebookCell, now } from './cellList';
import { LAB_VERSION } from '../../lab/version';
import { type Effort, Live } from './live.svelte';
import { pastRunOf, presentSession } from './pastRuns';
import type { PastRun } from './store';
import type { CellState, Outcome, ResultEvent } from './outcome';
import { isResult, joined, recordsIn, turnsIn } from './outcome';
import {
  arranged,
  type Bench,
  knownPoints,
  type Standing,
  standingOf,
  type WantedPoint,
  wantedPoints,
  withPoint,
} from './points';
import { isLongSearch, ranText } from './readCells';
import { aboutTime } from './timeOf';
import { NO_PACE, paceAfterRun, paceAtProgress, statusText, timeLeftText } from './progressText';

/** The running part of a notebook; the subclass Notebook adds editing and storage. */
export abstract class Runner {
  abstract readonly cells: NotebookCell[];
  abstract readonly own: OwnVariant[];
  abstract readonly catalogue: Catalogue;
  abstract cell(id: string | undefined): NotebookCell | undefined;
  /** Called when stored state of the notebook has changed. */
  abstract changed(): void;
  abstract readonly title: string;
  /** Adds a run to the history; a run of live mode that has grown replaces its former state there. */
  abstract storeRun(run: PastRun): void;

  /** Outcomes of the cells, by cell id. */
  readonly outcomes = new SvelteMap<string, Outcome>();
  /** Ids of the queued cells, in order. */
  queue = $state.raw<string[]>([]);
  running = $state<string | undefined>();
  stopping = $state(false);
  progress = $state.raw<Progress | undefined>();
  /** Summary sentence of the last run. */
  finished = $state('');
  /** Searches that the last Run all has left out. */
  leftOut = $state(0);
  /** True if the tab was hidden during the run, which can distort timings. */
  hidden = $state(false);
  #pace = $state.raw(NO_PACE);
  /** Actions registered by onRun, by cell id. */
  readonly #actions: Record<string, () => void> = {};
  #unlisten: (() => void) | undefined;
  /** How thoroughly the running cell is measured; `full` unless live mode began it. */
  effort = $state<Effort>('full');
  /** Queued sweeps of which every point is measured again. */
  #again: readonly string[] = [];
  /** The points that the running sweep measures. */
  #wanted: WantedPoint[] = [];
  readonly live = new Live(this);
  /** A cache: the points of cells, which are immutable. */
  readonly #points = new WeakMap<NotebookCell, { bench: Bench; points: WantedPoint[] }>();

  readonly busy = $derived(this.running !== undefined);
  /** Status text of the running cell. */
  readonly doing = $derived.by(() => (this.busy ? statusText(this.progress, this.stopping) : ''));
  /** Status text, with the number of queued cells. */
  readonly status = $derived.by(() =>
    this.queue.length
      ? `${this.doing} · ${t().page.queued(this.queue.length)}${aboutTime(this, this.queue)}`
      : this.doing,
  );
  readonly timeLeft = $derived.by(() =>
    this.progress && !this.stopping ? timeLeftText(this.#pace, this.progress, performance.now()) : '',
  );
  /** Completed fraction of the running cell's runs, from 0 to 1. */
  readonly share = $derived.by(() => (this.progress ? this.#pace.share : 0));

  constructor(readonly lab: Lab) {}

  /** True if the cell can be started now. */
  canRun(id: string): boolean {
    const cell = this.cell(id);
    if (!cell || this.lab.unavailable || this.queue.includes(id)) return false;
    if (this.running === id && this.effort === 'full') return false;
    return isLab(cell.kind) || id in this.#actions;
  }

  /**
   * Queues a cell; a cell with an action of its own (see onRun) runs that at once instead. A sweep measures the points that it
   * lacks; with `again`, or if it lacks none, all of them.
   */
  run(id: string, { again = false } = {}) {
    if (!this.canRun(id)) return;
    const action = this.#actions[id];
    if (action) return action();
    if (again) this.#again = [...this.#again, id];
    this.queue = [...this.queue, id];
    if (!this.busy) this.#next();
    else if (this.effort !== 'full') this.supersede();
  }

  /** Runs all cells except searches that take long, which are started one by one. */
  runAll() {
    this.leftOut = this.cells.filter(isLongSearch).length;
    for (const cell of this.allToRun) this.run(cell.id);
  }

  /** The cells that runAll runs. */
  get allToRun(): NotebookCell[] {
    return this.cells.filter((cell) => isLab(cell.kind) && !isLongSearch(cell) && this.canRun(cell.id));
  }

  /**
   * Empties the queue and stops the running cell after its current sample. A second call terminates the worker at once.
   */
  stop() {
    this.queue = [];
    this.live.pause();
    if (!this.busy) return;
    if (this.stopping) return this.lab.restart(t().page.ended);
    this.stopping = true;
    this.lab.send({ type: 'stop' });
  }

  /** Removes a cell from the queue, or stops it if it is running. */
  cancel(id: string) {
    this.queue = this.queue.filter((waiting) => waiting !== id);
    if (this.running === id) this.stop();
  }

  clear(id: string) {
    if (this.running === id) return;
    this.outcomes.delete(id);
    this.changed();
  }

  /**
   * Registers the action that `run` performs for a cell without results, such as a shader. Returns a function that
   * unregisters it.
   */
  onRun(id: string, action: () => void): () => void {
    this.#actions[id] = action;
    return () => delete this.#actions[id];
  }

  stateOf(cell: NotebookCell): CellState {
    if (this.queue.includes(cell.id)) return 'queued';
    const outcome = this.outcomes.get(cell.id);
    if (!outcome) return 'never';
    if (outcome.state === 'running' || outcome.ran === this.#ranText(cell)) return outcome.state;
    // A sweep whose points are all known is not stale: only how it is drawn has changed.
    const known = this.wantedOf(cell.id).length > 0 && this.standingOf(cell.id).missing.length === 0;
    return known && outcome.state === 'done' ? 'done' : 'stale';
  }

  /** The circumstances that identify the points of sweeps here. */
  get bench(): Bench {
    const { lab, catalogue, own } = this;
    const adapter = lab.adapter?.name ?? '';
    return { adapter, version: LAB_VERSION, defaults: lab.defaults, catalogue, own };
  }

  /** The points that a sweep's settings ask for. */
  wantedOf(id: string): WantedPoint[] {
    const cell = this.cell(id);
    if (cell?.kind !== 'sweep') return [];
    const { bench } = this;
    const known = this.#points.get(cell);
    if (known && sameBench(known.bench, bench)) return known.points;
    const points = wantedPoints(contentOf(cell), bench);
    this.#points.set(cell, { bench, points });
    return points;
  }

  /** Which points of a sweep are missing, provisional or failed. */
  standingOf(id: string): Standing {
    const { bench } = this;
    const { events = [], kept = [] } = this.outcomes.get(id) ?? {};
    return standingOf([...kept, ...events], this.wantedOf(id), bench);
  }

  /** Shows the points of a sweep's present settings that are known, and keeps the others. */
  arrange(id: string) {
    const [cell, outcome] = [this.cell(id), this.outcomes.get(id)];
    if (!cell || !outcome || this.running === id) return;
    const next = arranged(outcome, this.wantedOf(id), this.bench);
    const whole = this.standingOf(id).missing.length === 0;
    this.outcomes.set(id, whole ? { ...next, state: 'done', ran: this.#ranText(cell) } : next);
    this.changed();
  }

  /** Makes a point of a sweep the one that its others are compared with; undefined for none. */
  compareWith(id: string, record: RunRecord | undefined) {
    const outcome = this.outcomes.get(id);
    if (!outcome) return;
    this.outcomes.set(id, { ...outcome, base: record?.startedAt });
    this.changed();
  }

  recordsOf(id: string): RunRecord[] {
    return recordsIn(this.outcomes.get(id)?.events ?? []);
  }

  /** Gives a sweep a point that was measured elsewhere on this page. */
  adopt(id: string, record: RunRecord) {
    const cell = this.cell(id);
    if (!cell) return;
    const events: ResultEvent[] = [{ type: 'record', record }];
    const outcome = { ...{ planned: 0, previous: [], startedAt: now() }, events, ran: this.#ranText(cell) };
    this.outcomes.set(id, { ...outcome, state: 'done' });
  }

  visibilityChanged(hidden: boolean) {
    if (hidden && this.busy) this.hidden = true;
    this.lab.visibilityChanged(hidden);
  }

  #next() {
    const [id, ...rest] = this.queue;
    this.queue = rest;
    if (this.cell(id)) this.begin(id, 'full');
    else if (rest.length) this.#next();
  }

  /** Starts a cell at once; nothing may be running. */
  begin(id: string, effort: Effort) {
    const cell = this.cell(id)!;
    this.running = id;
    this.effort = effort;
    this.stopping = false;
    this.progress = undefined;
    this.hidden = document.visibilityState === 'hidden';
    this.#pace = NO_PACE;
    const said = turnsIn(this.outcomes.get(id)?.events ?? []);
    this.#prepare(cell, effort);
    this.#listen(id);
    const { events } = this.outcomes.get(id)!;
    this.lab.send({
      type: 'run',
      cell: id,
      kind: cell.kind,
      text: contentOf(cell),
      variants: $state.snapshot(this.own) as OwnVariant[],
      ...(cell.kind === 'sweep' && { known: knownPoints(events, this.#wanted, this.bench, effort) }),
      ...(cell.kind === 'generate' && { said }),
      ...(effort === 'quick' && { effort }),
      ...(effort === 'refine' && { idle: true }),
    });
    this.lab.expectAnswer();
    this.changed();
  }

  /** Ends what live mode runs at the next sample, because something newer is asked for. */
  supersede() {
    if (this.running !== undefined) this.lab.send({ type: 'supersede', cell: this.running });
  }

  /** Makes the outcome of a run that begins. A sweep keeps the points that it asks for and has. */
  #prepare(cell: NotebookCell, effort: Effort) {
    const { id } = cell;
    const former = this.outcomes.get(id);
    const begun = {
      state: 'running' as const,
      ran: this.#ranText(cell),
      planned: 0,
      problem: undefined,
      startedAt: now(),
      session: effort === 'full' ? undefined : presentSession(former),
    };
    this.#wanted = this.wantedOf(id);
    const { missing, provisional, failed } = this.standingOf(id);
    const whole = missing.length + provisional.length + failed.length === 0;
    const again = this.#again.includes(id) || (effort === 'full' && whole);
    this.#again = this.#again.filter((each) => each !== id);
    if (cell.kind !== 'sweep' || !former || again) {
      const kept = former && { kept: former.kept, base: former.base };
      this.outcomes.set(id, { events: [], previous: this.recordsOf(id), ...kept, ...begun });
      return;
    }
    const next = arranged(former, this.#wanted, this.bench);
    const events = effort === 'full' ? next.events.filter(({ type }) => type === 'record') : next.events;
    this.outcomes.set(id, { ...next, events, ...begun });
  }

  #listen(id: string) {
    this.#unlisten = this.lab.listen(id, {
      receive: (event) => this.#receive(id, event),
      lost: (reason) => {
        if (this.effort !== 'full') this.#fail(id, reason);
        this.#end(id, {
          state: 'failed',
          problem: t().cells.crashed(told(/\.$/.test(reason) ? reason : `${reason}.`)),
        });
      },
    });
  }

  /** Notes that the point in progress failed, so that live mode does not try it again. */
  #fail(id: string, reason: string) {
    const outcome = this.outcomes.get(id);
    if (!outcome || !this.progress) return;
    this.#keep(id, outcome, { type: 'failed', settings: this.progress.settings, reason });
  }

  /** Adds a result to an outcome. */
  #keep(id: string, outcome: Outcome, event: ResultEvent) {
    const point = event.type === 'record' || event.type === 'failed';
    const events =
      point && this.cell(id)?.kind === 'sweep'
        ? withPoint(outcome.events, event, this.#wanted, this.bench)
        : joined(outcome.events, event);
    this.outcomes.set(id, { ...outcome, events, ...(point && { cuts: 0 }) });
  }

  /** Drops the running cell and the queue without waiting, because another notebook is about to be opened. */
  protected abandon() {
    if (this.running !== undefined && this.effort !== 'full') this.live.keep(this.running);
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.live.pause();
    this.#again = [];
    [this.running, this.progress, this.stopping, this.queue] = [undefined, undefined, false, []];
    this.effort = 'full';
  }

  #receive(id: string, event: WorkerEvent) {
    const outcome = this.outcomes.get(id);
    if (!outcome) return;
    if (event.type === 'progress') return this.#receiveProgress(id, outcome, event.progress);
    if (event.type === 'finished') return this.#finish(id, outcome, 'stopped' in event && event.stopped);
    if (!isResult(event)) return;
    this.#keep(id, outcome, event);
    if (event.type === 'record' || event.type === 'failed') {
      this.#pace = paceAfterRun(this.#pace, performance.now());
      this.live.pointArrived(id);
    }
    if (event.type !== 'text') this.changed();
  }

  #receiveProgress(id: string, outcome: Outcome, progress: Progress) {
    this.progress = progress;
    this.#pace = paceAtProgress(this.#pace, progress, performance.now());
    if (canHang(progress.phase)) this.lab.watch(id);
    else this.lab.calm(id);
    if (outcome.planned !== progress.runs) this.outcomes.set(id, { ...outcome, planned: progress.runs });
  }

  #finish(id: string, outcome: Outcome, stopped: boolean) {
    const failed = outcome.events.length > 0 && outcome.events.every(({ type }) => type === 'failed');
    this.#end(id, { state: stopped ? 'stopped' : failed ? 'failed' : 'done' });
  }

  #end(id: string, end: Pick<Outcome, 'state' | 'problem'>) {
    this.lab.calm(id);
    this.#unlisten?.();
    this.#unlisten = undefined;
    const outcome = this.outcomes.get(id);
    if (outcome) this.#settle(id, { ...outcome, ...end });
    [this.running, this.progress, this.stopping] = [undefined, undefined, false];
    this.effort = 'full';
    this.changed();
    if (this.lab.unavailable)
      this.queue = []; // the GPU is gone: no cell can run
    else if (this.queue.length) this.#next();
    else this.live.next();
  }

  #settle(id: string, outcome: Outcome) {
    const cell = this.cell(id);
    this.outcomes.set(id, outcome);
    if (this.effort !== 'full') return this.live.keep(id);
    if (cell && outcome.events.some(({ type }) => type !== 'failed' && type !== 'text'))
      this.storeRun(pastRunOf(this.title, cell, outcome));
    const failed = outcome.events.filter(({ type }) => type === 'failed').length;
    const done = outcome.events.filter(({ type }) => type === 'record').length;
    const words = t().cells;
    this.finished =
      done + failed > 0
        ? words.finished(done, failed, outcome.state === 'stopped' || outcome.problem !== undefined)
        : `${words.kinds[cell?.kind ?? 'sweep']}: ${words.states[outcome.state]}`;
  }

  #ranText(cell: NotebookCell): string {
    return ranText(cell, this.own, this.catalogue);
  }
}

const sameBench = (a: Bench, b: Bench) =>
  (Object.keys(a) as (keyof Bench)[]).every((key) => a[key] === b[key]);
