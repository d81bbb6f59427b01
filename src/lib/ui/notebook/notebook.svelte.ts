/** The open notebook: its cells, what came of running them, and the queue. Components show it; only the user and the worker change it. */
import { SvelteMap } from 'svelte/reactivity';
import { type Catalogue, catalogueWith } from '../../lab/experiment/catalogue';
import { readCell, usesShader } from '../../lab/cells/cells';
import {
  type CellKind,
  contentOf,
  isLab,
  shadersOf,
  titleOf,
  withContent,
} from '../../lab/notebook/notebook';
import type { RunRecord } from '../../lab/records/record';
import type { Progress } from '../../lab/measure/progress';
import type { OwnVariant } from '../../shaders/variant';
import type { WorkerEvent } from '../../lab/worker';
import { cellsOf, newCell, newId, type NotebookCell, now, spaced, textOf } from './cellList';
import type { Lab } from '../session/lab.svelte';
import { megabytes } from '../session/models';
import { isResult, joined, recordsIn, type CellState, type Outcome } from './outcome';
import { Past } from './undo';
import { starterFor } from './starters';
import type { PastRun, Store, StoredNotebook } from './store';
import { t } from '../words/words.svelte';

export type { NotebookCell };

const SAVE_MILLISECONDS = 400;
const SHORTEST_PATIENCE_SECONDS = 1;

/** Their phases have no end that could be waited for in runs. */
const UNCOUNTED = ['loading', 'compiling', 'checking'];

export class Notebook {
  cells = $state.raw<NotebookCell[]>([]);
  readonly outcomes = new SvelteMap<string, Outcome>();
  /** The cell that keys and the palette are about. */
  selected = $state<string | undefined>();
  /** A cell that is to be focused: its frame, or what is in it. */
  attention = $state.raw<{ id: string; edit: boolean } | undefined>();
  /** The prose cell whose text is open. */
  editing = $state<string | undefined>();
  /** Given by the user; a notebook without is a draft. */
  name = $state('');
  /** Ids of cells that wait, in order. */
  queue = $state.raw<string[]>([]);
  running = $state<string | undefined>();
  stopping = $state(false);
  progress = $state.raw<Progress | undefined>();
  /** How the last run of any cell ended. */
  finished = $state('');
  /** It is not what its address opened any more. */
  touched = $state(false);
  /** The tab was hidden while something ran. */
  hidden = $state(false);
  saved = $state<'no' | 'saving' | 'yes'>('no');
  /** Why the browser does not keep it. */
  saveProblem = $state<string | undefined>();
  /** An earlier run to compare with. */
  baseline = $state.raw<PastRun | undefined>();
  /** The steps there are to undo and redo. */
  steps = $state.raw({ undo: 0, redo: 0 });

  readonly text = $derived(textOf(this.cells));
  readonly title = $derived(this.name || this.#titleOf(this.cells));
  /** Shaders that this notebook has of its own: those written here, and those allowed. */
  readonly own: OwnVariant[] = $derived(shadersOf(this.cells.filter(({ foreign }) => !foreign)));
  /** What settings choose from: the registry, and those of its own that can be read. */
  readonly catalogue: Catalogue = $derived(catalogueWith(this.own));
  readonly busy = $derived(this.running !== undefined);
  /** What the running cell is at. */
  readonly doing = $derived.by(() => this.#statusText());
  /** The same, and what waits. */
  readonly status = $derived.by(() =>
    this.queue.length ? `${this.doing} · ${t().page.queued(this.queue.length)}` : this.doing,
  );
  readonly timeLeft = $derived.by(() => this.#timeLeftText());

  id = newId();
  /** Query and hash of the address that shows it. */
  address = '';
  /** Called before a change is saved: what goes with it, such as its address. */
  onsave: () => Promise<void> = () => Promise.resolve();

  readonly #past = new Past<NotebookCell[]>();
  #saving: ReturnType<typeof setTimeout> | undefined;
  #phase = $state.raw({ name: '', since: 0, from: 0 });
  /** When what is not loading began, when the first and the last run ended, and how many have. */
  #behindAt = $state.raw({ began: 0, first: 0, last: 0, count: 0 });
  /** What else running a cell means: a shader's check. Registered by its component. */
  readonly #actions: Record<string, () => void> = {};

  constructor(
    readonly lab: Lab,
    readonly store: Store,
  ) {}

  // ——— Opening ———

  /** Takes another text's place, as something new. `foreign`: its shaders wait for the user to allow them. */
  open(text: string, { foreign = false, address = '' } = {}) {
    this.#reset(cellsOf(text, foreign), newId(), '', address);
    void this.store.claim(this.id);
  }

  /** As it was left; what was running when the page went away was cut short. A copy, where another tab shows it. */
  async restore(stored: StoredNotebook) {
    const free = await this.store.claim(stored.id);
    this.#reset(stored.cells, free ? stored.id : newId(), stored.name, stored.address);
    for (const [id, outcome] of Object.entries(stored.outcomes))
      this.outcomes.set(id, outcome.state === 'running' ? { ...outcome, state: 'cut' } : outcome);
    this.saved = free ? 'yes' : 'no';
  }

  async loadBaseline() {
    this.baseline = await this.store.baseline().catch(() => undefined);
  }

  pin(run: PastRun | undefined) {
    this.store.pin(run?.id);
    this.baseline = run;
  }

  #reset(cells: NotebookCell[], id: string, name: string, address: string) {
    if (this.busy) this.stop();
    this.#abandon();
    this.cells = cells;
    [this.id, this.name, this.address] = [id, name, address];
    this.outcomes.clear();
    this.#past.clear();
    this.steps = this.#past.counts;
    this.selected = cells[0]?.id;
    this.attention = this.editing = undefined;
    this.saved = 'no';
    this.touched = false;
    this.finished = '';
  }

  // ——— Cells ———

  cell(id: string | undefined): NotebookCell | undefined {
    return this.cells.find((cell) => cell.id === id);
  }

  index(id: string | undefined): number {
    return this.cells.findIndex((cell) => cell.id === id);
  }

  /** Adds a cell, with something to start from where no body is given. Returns its id. */
  add(kind: CellKind, index: number, body?: string, name?: string): string {
    const start = starterFor(kind, this, Boolean(this.lab.adapter?.software));
    const cell = newCell(kind, body ?? start.body, name ?? start.name);
    this.#change(spaced([...this.cells.slice(0, index), cell, ...this.cells.slice(index)]));
    this.focus(cell.id, kind === 'prose' && body === undefined);
    return cell.id;
  }

  delete(id: string) {
    const index = this.index(id);
    if (index < 0) return;
    const rest = this.cells.filter((cell) => cell.id !== id);
    this.cancel(id);
    this.#change(rest);
    const next = rest[Math.min(index, rest.length - 1)];
    if (next) this.focus(next.id);
    else this.selected = undefined;
  }

  /** By one place; out at neither end. */
  move(id: string, by: -1 | 1) {
    const from = this.index(id);
    const to = from + by;
    if (from < 0 || to < 0 || to >= this.cells.length) return;
    const cells = [...this.cells];
    [cells[from], cells[to]] = [cells[to], cells[from]];
    this.#change(spaced(cells));
    this.focus(id);
  }

  duplicate(id: string) {
    const index = this.index(id);
    const cell = this.cells[index];
    if (!cell) return;
    const name = cell.kind === 'wgsl' ? this.#freeName(cell.name) : cell.name;
    this.add(cell.kind, index + 1, contentOf(cell), name);
  }

  /** From an editor or a control. What is typed in one go is one step to undo. */
  setBody(id: string, body: string) {
    this.setBodies({ [id]: body }, `text ${id}`);
  }

  /** Of several cells at once, by id: one step to undo. `what`: as of `Past.keep`. */
  setBodies(bodies: Readonly<Record<string, string>>, what = '') {
    const cells = this.cells.map((cell) => {
      const content = contentOf(cell);
      const next = Object.hasOwn(bodies, cell.id) ? bodies[cell.id] : content;
      return next === content ? cell : rewritten(cell, next);
    });
    if (cells.some((cell, index) => cell !== this.cells[index])) this.#change(cells, what);
  }

  /** A shader's kernel/name. Throws when an info string cannot hold it. */
  rename(id: string, name: string) {
    const cell = this.cell(id);
    if (!cell || cell.name === name) return;
    const { open, close, body } = newCell(cell.kind, contentOf(cell), name);
    this.#change(this.cells.map((each) => (each.id === id ? { ...each, name, open, close, body } : each)));
  }

  /** From now on a foreign shader is one of our own. */
  allow(id: string) {
    this.cells = this.cells.map((cell) => (cell.id === id ? { ...cell, foreign: undefined } : cell));
    this.changed();
  }

  /** Puts the frozen records below a cell, into the results cell that is there already or a new one. */
  freeze(id: string, csv: string) {
    const below = this.cells[this.index(id) + 1];
    if (below?.kind === 'csv') this.setBody(below.id, csv);
    else this.add('csv', this.index(id) + 1, csv);
  }

  undo() {
    this.#step(this.#past.undo(this.cells));
  }

  redo() {
    this.#step(this.#past.redo(this.cells));
  }

  focus(id: string, edit = false) {
    this.selected = id;
    if (edit && this.cell(id)?.kind === 'prose') this.editing = id;
    this.attention = { id, edit };
  }

  #change(cells: NotebookCell[], what = '') {
    this.#past.keep(this.cells, what);
    this.touched = true;
    this.steps = this.#past.counts;
    this.cells = cells;
    this.changed();
  }

  #step(cells: NotebookCell[] | undefined) {
    if (!cells) return;
    const before = this.cells;
    this.cells = cells;
    this.steps = this.#past.counts;
    const touched = cells.find((cell) => !before.includes(cell)) ?? this.cell(this.selected) ?? cells[0];
    if (touched) this.focus(touched.id);
    this.changed();
  }

  #freeName(name: string): string {
    const taken = this.cells.map((cell) => cell.name);
    for (let number = 2; ; number++) {
      const free = `${name.replace(/_\d+$/, '')}_${number}`;
      if (!taken.includes(free)) return free;
    }
  }

  #titleOf(cells: NotebookCell[]): string {
    const title = titleOf(cells);
    return title === 'Untitled' ? t().page.untitled : title;
  }

  // ——— Running ———

  /** Cells that can run here and now. */
  canRun(id: string): boolean {
    const cell = this.cell(id);
    if (!cell || this.lab.unavailable || this.queue.includes(id) || this.running === id) return false;
    return isLab(cell.kind) || id in this.#actions;
  }

  /** Takes its place in the queue, and runs when its turn comes. A shader is checked at once. */
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

  /** Ends what runs, and forgets what waits. Asked again, it does not wait for the sample: the worker is ended. */
  stop() {
    this.queue = [];
    if (!this.busy) return;
    if (this.stopping) return this.lab.restart(t().page.ended);
    this.stopping = true;
    this.lab.send({ type: 'stop' });
  }

  /** A cell that only waits does not run; one that runs is stopped. */
  cancel(id: string) {
    this.queue = this.queue.filter((waiting) => waiting !== id);
    if (this.running === id) this.stop();
  }

  clear(id: string) {
    if (this.running === id) return;
    this.outcomes.delete(id);
    this.changed();
  }

  /** What running a cell means that has no results of its own. Returns how to take it back. */
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
    this.#behindAt = { began: 0, first: 0, last: 0, count: 0 };
    this.#begin(cell);
    this.#listen(id);
    this.lab.send({
      type: 'run',
      cell: id,
      kind: cell.kind,
      text: contentOf(cell),
      variants: plain(this.own),
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

  #unlisten: (() => void) | undefined;

  #listen(id: string) {
    this.#unlisten = this.lab.listen(id, {
      receive: (event) => this.#receive(id, event),
      lost: (reason) => this.#end(id, { state: 'failed', problem: t().cells.crashed(ended(reason, '.')) }),
    });
  }

  #abandon() {
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
    const now = performance.now();
    const { began, first, count } = this.#behindAt;
    if (event.type === 'record' || event.type === 'failed')
      this.#behindAt = { began, first: count ? first : now, last: now, count: count + 1 };
    if (event.type !== 'text') this.changed();
  }

  #receiveProgress(id: string, outcome: Outcome, progress: Progress) {
    this.progress = progress;
    if (progress.phase !== this.#phase.name || progress.done < this.#phase.from)
      this.#phase = { name: progress.phase, since: performance.now(), from: progress.done };
    if (progress.phase !== 'loading' && this.#behindAt.began === 0)
      this.#behindAt = { ...this.#behindAt, began: performance.now() };
    // A shader that hangs is compiled or checked for ever; a long sample is only long.
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
    if (outcome) {
      this.outcomes.set(id, { ...outcome, ...end });
      this.#remember(id, { ...outcome, ...end });
      const failed = outcome.events.filter(({ type }) => type === 'failed').length;
      const done = outcome.events.filter(({ type }) => type === 'record').length;
      this.finished =
        done + failed > 0
          ? t().cells.finished(done, failed, end.state === 'stopped' || end.problem !== undefined)
          : `${t().cells.kinds[this.cell(id)?.kind ?? 'sweep']}: ${t().cells.states[end.state]}`;
    }
    [this.running, this.progress, this.stopping] = [undefined, undefined, false];
    this.changed();
    if (this.lab.unavailable)
      this.queue = []; // nothing that waits can run
    else if (this.queue.length) this.#next();
  }

  #remember(id: string, outcome: Outcome) {
    const cell = this.cell(id);
    if (!cell || !outcome.events.some(({ type }) => type !== 'failed' && type !== 'text')) return;
    const run: PastRun = {
      id: newId(),
      notebook: this.title,
      kind: cell.kind,
      body: contentOf(cell),
      outcome: { ...outcome, previous: [] },
      finishedAt: now(),
      label: '',
    };
    this.store.keepRun(plain(run)).catch(() => undefined); // what matters, the notebook itself, says so when it cannot be kept
  }

  #ranText(cell: NotebookCell): string {
    const shaders = this.own.filter((variant) => uses(cell, variant, this.catalogue));
    return [contentOf(cell), ...shaders.map(({ kernel, name, wgsl }) => `${kernel}/${name}\n${wgsl}`)].join(
      '\n\n',
    );
  }

  // ——— Saying ———

  #statusText(): string {
    const words = t().page;
    if (!this.busy) return '';
    if (this.stopping) return words.stopping;
    if (!this.progress) return words.starting;
    const { phase, run, runs, done, total, what } = this.progress;
    const loaded = phase === 'loading' && total ? words.loadedOf(megabytes(done), megabytes(total)) : '';
    const place = runs > 1 ? `${words.runOf(run, runs)}: ` : '';
    const detail = loaded || (UNCOUNTED.includes(phase) && phase !== 'loading' ? what : '');
    return `${place}${words.phases[phase]}${detail ? `, ${detail}` : ''}`;
  }

  /** From the runs behind us, or from how far the phase has come; loading counts for neither. The first run compiles for the others. */
  #timeLeftText(): string {
    const { began, first, last, count } = this.#behindAt;
    if (!this.progress || this.stopping) return '';
    const { runs, phase, done, total } = this.progress;
    let seconds = 0;
    if (runs > 1 && count === 1) seconds = ((first - began) / 1000) * (runs - 1);
    else if (runs > 1) seconds = count ? ((last - first) / 1000 / (count - 1)) * (runs - count) : 0;
    else if (!UNCOUNTED.includes(phase) && done > this.#phase.from && total > done) {
      const took = (performance.now() - this.#phase.since) / 1000;
      seconds = (took / (done - this.#phase.from)) * (total - done);
    }
    if (seconds < SHORTEST_PATIENCE_SECONDS) return '';
    return seconds < 90
      ? t().page.secondsLeft(Math.round(seconds))
      : t().page.minutesLeft(Math.round(seconds / 60));
  }

  /** Of everything asked for, how much is behind us: 0 to 1. */
  readonly share = $derived.by(() => {
    if (!this.progress) return 0;
    const { run, runs, done, total, phase } = this.progress;
    const within = total && !UNCOUNTED.includes(phase) ? done / total : 0;
    return Math.min(1, (run - 1 + within) / Math.max(1, runs));
  });

  // ——— Keeping ———

  /** Saves soon; often said, seldom done. */
  changed() {
    this.saved = 'saving';
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => void this.save(), SAVE_MILLISECONDS);
  }

  /** Never throws: a browser that keeps nothing is told of, and the page works on. `leaving`: the address is another's already. */
  async save({ leaving = false } = {}): Promise<void> {
    clearTimeout(this.#saving);
    if (!leaving) await this.onsave().catch(() => undefined); // an address is a convenience
    const outcomes = Object.fromEntries(
      this.cells.flatMap(({ id }) => (this.outcomes.has(id) ? [[id, this.outcomes.get(id)!]] : [])),
    );
    const { id, name, title, cells, address } = this;
    try {
      const changedAt = now();
      await this.store.save(plain({ id, name, title, cells, outcomes, address, changedAt }));
      this.saved = 'yes';
      this.saveProblem = undefined;
    } catch (reason) {
      this.saved = 'no';
      this.saveProblem = (reason as Error).message || String(reason);
    }
  }
}

/** Whether what a cell does depends on the shader. One whose settings cannot be read depends on none. */
function uses(cell: NotebookCell, variant: OwnVariant, catalogue: Catalogue): boolean {
  try {
    return usesShader(readCell(cell.kind, contentOf(cell), catalogue), variant, catalogue);
  } catch {
    return false;
  }
}

/** The cell with another body; whose it is does not change. */
function rewritten(cell: NotebookCell, body: string): NotebookCell {
  if (cell.kind === 'prose') return { ...cell, body: ended(body) };
  const { id, gap, foreign } = cell;
  return { ...withContent(cell, body), id, gap, ...(foreign && { foreign }) };
}

/** Reactive proxies cannot be posted or stored. */
const plain = <Value>(value: Value): Value => $state.snapshot(value) as Value;

const ended = (text: string, end = '\n') => (text === '' || text.endsWith(end) ? text : text + end);
