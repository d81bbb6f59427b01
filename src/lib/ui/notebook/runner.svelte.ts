/** Runs the cells of a notebook one after another: the queue, the worker's events, and the outcomes. */
import { SvelteMap } from 'svelte/reactivity';
import { readCell, usesShader } from '../../lab/cells/cells';
import type { Catalogue } from '../../lab/experiment/catalogue';
import type { Progress } from '../../lab/measure/progress';
import { contentOf, isLab } from '../../lab/notebook/notebook';
import type { RunRecord } from '../../lab/records/record';
import type { WorkerEvent } from '../../lab/worker';
import type { OwnVariant } from '../../shaders/variant';
import type { Lab } from '../session/lab.svelte';
import { t } from '../words/words.svelte';
import { type NotebookCell, now } from './cellList';
import { type CellState, isResult, joined, type Outcome, recordsIn } from './outcome';
import { NO_PACE, paceAfterRun, paceAtProgress, shareDone, statusText, timeLeftText } from './progressText';

/** The running part of a notebook; the subclass Notebook adds editing and storage. */
export abstract class Runner {
  abstract readonly cells: NotebookCell[];
  abstract readonly own: OwnVariant[];
  abstract readonly catalogue: Catalogue;
  abstract cell(id: string | undefined): NotebookCell | undefined;
  /** Called when stored state of the notebook has changed. */
  abstract changed(): void;
  /** Adds a finished run to the history. */
  protected abstract keepRun(cell: NotebookCell, outcome: Outcome): void;

  /** Outcomes of the cells, by cell id. */
  readonly outcomes = new SvelteMap<string, Outcome>();
  /** Ids of the queued cells, in order. */
  queue = $state.raw<string[]>([]);
  running = $state<string | undefined>();
  stopping = $state(false);
  progress = $state.raw<Progress | undefined>();
  /** Summary sentence of the last run. */
  finished = $state('');
  /** True if the tab was hidden during the run, which can distort timings. */
  hidden = $state(false);
  #pace = $state.raw(NO_PACE);
  /** Actions registered by onRun, by cell id. */
  readonly #actions: Record<string, () => void> = {};
  #unlisten: (() => void) | undefined;

  readonly busy = $derived(this.running !== undefined);
  /** Status text of the running cell. */
  readonly doing = $derived.by(() => (this.busy ? statusText(this.progress, this.stopping) : ''));
  /** Status text, with the number of queued cells. */
  readonly status = $derived.by(() =>
    this.queue.length ? `${this.doing} · ${t().page.queued(this.queue.length)}` : this.doing,
  );
  readonly timeLeft = $derived.by(() =>
    this.progress && !this.stopping ? timeLeftText(this.#pace, this.progress, performance.now()) : '',
  );
  /** Completed fraction of the running cell's runs, from 0 to 1. */
  readonly share = $derived.by(() => (this.progress ? shareDone(this.progress) : 0));

  constructor(readonly lab: Lab) {}

  /** True if the cell can be started now. */
  canRun(id: string): boolean {
    const cell = this.cell(id);
    if (!cell || this.lab.unavailable || this.queue.includes(id) || this.running === id) return false;
    return isLab(cell.kind) || id in this.#actions;
  }

  /** Queues a cell; a cell with an action of its own (see onRun) runs that at once instead. */
  run(id: string) {
    if (!this.canRun(id)) return;
    const action = this.#actions[id];
    if (action) return action();
    this.queue = [...this.queue, id];
    if (!this.busy) this.#next();
  }

  runAll() {
    for (const { id, kind } of this.cells) if (isLab(kind)) this.run(id);
  }

  /**
   * Empties the queue and stops the running cell after its current sample. A second call terminates the worker at once.
   */
  stop() {
    this.queue = [];
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
    const settled = outcome.state !== 'running';
    return settled && outcome.ran !== this.#ranText(cell) ? 'stale' : outcome.state;
  }

  recordsOf(id: string): RunRecord[] {
    return recordsIn(this.outcomes.get(id)?.events ?? []);
  }

  visibilityChanged(hidden: boolean) {
    if (hidden && this.busy) this.hidden = true;
    this.lab.visibilityChanged(hidden);
  }

  #next() {
    const [id, ...rest] = this.queue;
    this.queue = rest;
    const cell = this.cell(id);
    if (!cell) {
      if (rest.length) this.#next();
      return;
    }
    this.running = id;
    this.stopping = false;
    this.progress = undefined;
    this.hidden = document.visibilityState === 'hidden';
    this.#pace = NO_PACE;
    this.#begin(cell);
    this.#listen(id);
    this.lab.send({
      type: 'run',
      cell: id,
      kind: cell.kind,
      text: contentOf(cell),
      variants: $state.snapshot(this.own) as OwnVariant[],
    });
  }

  #begin(cell: NotebookCell) {
    this.outcomes.set(cell.id, {
      state: 'running',
      ran: this.#ranText(cell),
      events: [],
      planned: 0,
      previous: this.recordsOf(cell.id),
      startedAt: now(),
    });
    this.changed();
  }

  #listen(id: string) {
    this.#unlisten = this.lab.listen(id, {
      receive: (event) => this.#receive(id, event),
      lost: (reason) =>
        this.#end(id, {
          state: 'failed',
          problem: t().cells.crashed(/\.$/.test(reason) ? reason : `${reason}.`),
        }),
    });
  }

  /** Drops the running cell and the queue without waiting, because another notebook is about to be opened. */
  protected abandon() {
    this.#unlisten?.();
    this.#unlisten = undefined;
    [this.running, this.progress, this.stopping, this.queue] = [undefined, undefined, false, []];
  }

  #receive(id: string, event: WorkerEvent) {
    const outcome = this.outcomes.get(id);
    if (!outcome) return;
    if (event.type === 'progress') return this.#receiveProgress(id, outcome, event.progress);
    if (event.type === 'finished') return this.#finish(id, outcome, 'stopped' in event && event.stopped);
    if (!isResult(event)) return;
    this.outcomes.set(id, { ...outcome, events: joined(outcome.events, event) });
    if (event.type === 'record' || event.type === 'failed')
      this.#pace = paceAfterRun(this.#pace, performance.now());
    if (event.type !== 'text') this.changed();
  }

  #receiveProgress(id: string, outcome: Outcome, progress: Progress) {
    this.progress = progress;
    this.#pace = paceAtProgress(this.#pace, progress, performance.now());
    // Only compiling and checking are watched for a hang: a shader can hang there, while a long sample is legitimate.
    if (progress.phase === 'compiling' || progress.phase === 'checking') this.lab.watch(id);
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
    this.changed();
    if (this.lab.unavailable)
      this.queue = []; // the GPU is gone: no cell can run
    else if (this.queue.length) this.#next();
  }

  #settle(id: string, outcome: Outcome) {
    const cell = this.cell(id);
    this.outcomes.set(id, outcome);
    if (cell && outcome.events.some(({ type }) => type !== 'failed' && type !== 'text'))
      this.keepRun(cell, outcome);
    const failed = outcome.events.filter(({ type }) => type === 'failed').length;
    const done = outcome.events.filter(({ type }) => type === 'record').length;
    const words = t().cells;
    this.finished =
      done + failed > 0
        ? words.finished(done, failed, outcome.state === 'stopped' || outcome.problem !== undefined)
        : `${words.kinds[cell?.kind ?? 'sweep']}: ${words.states[outcome.state]}`;
  }

  /** Text that determines a run's result: the cell's content and the shaders it uses. */
  #ranText(cell: NotebookCell): string {
    const shaders = usedBy(cell, this.own, this.catalogue);
    return [contentOf(cell), ...shaders.map(({ kernel, name, wgsl }) => `${kernel}/${name}\n${wgsl}`)].join(
      '\n\n',
    );
  }
}

/** The shaders that the cell's runs use; none if its settings cannot be read. */
function usedBy(cell: NotebookCell, own: OwnVariant[], catalogue: Catalogue): OwnVariant[] {
  if (own.length === 0) return [];
  try {
    const read = readCell(cell.kind, contentOf(cell), catalogue);
    return own.filter((variant) => usesShader(read, variant, catalogue));
  } catch {
    return [];
  }
}
