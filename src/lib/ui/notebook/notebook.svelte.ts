/** The open notebook: its cells, how they are edited, and how they are stored. Running them is in runner.svelte.ts. */
import { type Catalogue, catalogueWith } from '../../lab/experiment/catalogue';
import { type CellKind, contentOf, shadersOf, titleOf, UNTITLED } from '../../lab/notebook/notebook';
import { LAB_VERSION } from '../../lab/version';
import type { OwnVariant } from '../../shaders/variant';
import type { Lab } from '../session/lab.svelte';
import { t } from '../words/words.svelte';
import { isFramed } from '../parts/frame';
import {
  cellsOf,
  freeName,
  newCell,
  newId,
  type NotebookCell,
  now,
  rewritten,
  separated,
  spaced,
  textOf,
  withoutMarks,
} from './cellList';
import { Consent } from './consent';
import { type Origin, Origins } from './origins';
import { newSession } from './pastRuns';
import { cut } from './outcome';
import { Runner } from './runner.svelte';
import { Soon } from './soon';
import { starterFor } from './starters';
import type { PastRun, Store, StoredNotebook } from './store';
import { UndoHistory } from './undo';

export type { NotebookCell };

/** A change is stored after this time without another one, and after the second time at the latest. */
const SAVING = { pause: 300, latest: 700 };

export class Notebook extends Runner {
  cells = $state.raw<NotebookCell[]>([]);
  /** Id of the cell that keys and the palette act on. */
  selected = $state<string | undefined>();
  /** The cell that should take the focus: its frame, or with `edit` its content. */
  attention = $state.raw<{ id: string; edit: boolean } | undefined>();
  #editing = $state<string | undefined>();
  /** Name given by the user; empty for a draft. */
  name = $state('');
  /** True once the notebook differs from what its address opened. */
  touched = $state(false);
  saved = $state<'no' | 'saving' | 'yes'>('no');
  /** True if another tab has the notebook that was restored, so that this one is a copy. */
  copied = $state(false);
  /** True if a part of what was stored could not be read. */
  damaged = $state(false);
  /** Why the notebook could not be stored; undefined if it could. */
  saveProblem = $state<string | undefined>();
  /** Pinned earlier run that new runs are compared with. */
  baseline = $state.raw<PastRun | undefined>();
  /** The number of runs that were stored in the history: the page reads the history again when it changes. */
  runsStored = $state(0);
  /** Number of steps that can be undone and redone. */
  steps = $state.raw({ undo: 0, redo: 0 });

  readonly text = $derived(textOf(this.cells));
  readonly title = $derived(this.name || this.#titleOf(this.cells));
  /** The notebook's shaders that may be compiled. */
  readonly own: OwnVariant[] = $derived(shadersOf(this.cells.filter((cell) => !this.isForeign(cell))));
  /** Kernels and variants that settings can name: the shipped ones, and the notebook's own shaders if they can be read. */
  readonly catalogue: Catalogue = $derived(catalogueWith(this.own));

  /** The notebook's shaders that must not be compiled before the user allows them. */
  readonly foreign: NotebookCell[] = $derived(this.cells.filter((cell) => this.isForeign(cell)));

  id = newId();
  /** Query and hash of the address that shows the notebook. */
  address = '';
  /** Called before each save, for example to update the address. */
  onsave: () => Promise<void> = () => Promise.resolve();

  readonly #history = new UndoHistory<NotebookCell[]>();
  readonly #consent = new Consent();
  readonly #origins = new Origins();
  /** True once the user has changed the notebook, now or before it was stored. */
  #written = false;
  readonly #saving = new Soon(SAVING, () => void this.save());

  constructor(
    lab: Lab,
    readonly store: Store,
  ) {
    super(lab);
  }

  // ——— Opening ———

  /**
   * Opens a text as a new notebook. Its shaders are not compiled until the user allows them, unless `trusted`: the text comes
   * from this site. `origin`: where its results came from, if it was not another session of this browser.
   */
  open(
    text: string,
    { trusted = false, address = '', origin }: { trusted?: boolean; address?: string; origin?: Origin } = {},
  ) {
    const cells = cellsOf(text);
    this.#origins.set(cells, origin);
    if (trusted) this.#consent.allow(cells);
    this.copied = this.damaged = false;
    this.#reset(cells, newId(), '', address);
    void this.store.claim(this.id);
  }

  /**
   * Opens a stored notebook. A run that was in progress is marked as interrupted ('cut'). If another tab has the
   * notebook open, a copy is opened.
   */
  async restore(stored: StoredNotebook) {
    const free = await this.store.claim(stored.id);
    this.copied = !free;
    this.damaged = stored.damaged ?? false;
    const cells = stored.cells.map(withoutMarks);
    this.#consent.allow(cells.filter((_, index) => !stored.cells[index].foreign));
    cells.forEach((cell, index) => this.#origins.set([cell], stored.cells[index].origin));
    this.#reset(cells, free ? stored.id : newId(), stored.name, stored.address);
    this.#written = stored.written ?? true;
    for (const [id, outcome] of Object.entries(stored.outcomes)) {
      const own = free ? outcome : { ...outcome, session: undefined }; // the other tab goes on with it
      this.outcomes.set(id, outcome.state === 'running' ? cut(own) : own);
    }
    for (const [id, on] of Object.entries(stored.live ?? {})) this.live.switched.set(id, on);
    this.saved = free ? 'yes' : 'no';
  }

  async loadBaseline() {
    this.baseline = await this.store.baseline().catch(() => undefined);
  }

  pin(run: PastRun | undefined) {
    if (run) this.#endSession(run.id);
    this.store.pin(run?.id);
    this.baseline = run;
  }

  async deleteRun(id: string) {
    this.#endSession(id);
    await this.store.deleteRun(id);
    if (this.baseline?.id === id) this.pin(undefined);
  }

  /** From now on, live mode's points belong to another run of the history than this one. */
  #endSession(id: string) {
    for (const [cell, outcome] of this.outcomes)
      if (outcome.session?.id === id) this.outcomes.set(cell, { ...outcome, session: newSession() });
  }

  #reset(cells: NotebookCell[], id: string, name: string, address: string) {
    if (this.busy) this.stop();
    this.abandon();
    this.#consent.allowShipped(cells);
    this.#written = false;
    this.cells = separated(cells);
    [this.id, this.name, this.address] = [id, name, address];
    this.outcomes.clear();
    this.live.switched.clear();
    this.#history.clear();
    this.steps = this.#history.counts;
    this.selected = cells[0]?.id;
    this.#editing = this.attention = undefined;
    this.saved = 'no';
    this.touched = false;
    this.finished = '';
  }

  // ——— Cells ———

  /** True for a shader that must not be compiled before the user allows it. */
  isForeign(cell: NotebookCell): boolean {
    return this.#consent.isForeign(cell);
  }

  /** Id of the prose cell that is being edited. */
  get editing(): string | undefined {
    return this.#editing;
  }

  /** Begins to edit a prose cell, or ends it with `undefined`. Fences typed into the former cell become cells. */
  edit(id: string | undefined) {
    const former = this.#editing;
    this.#editing = id;
    if (former === undefined || former === id) return;
    const cells = separated(this.cells, id);
    if (cells === this.cells) return;
    this.cells = cells; // no step of its own: undoing it alone would leave cells in prose
    this.changed();
  }

  cell(id: string | undefined): NotebookCell | undefined {
    return this.cells.find((cell) => cell.id === id);
  }

  index(id: string | undefined): number {
    return this.cells.findIndex((cell) => cell.id === id);
  }

  /** Adds a cell at `index`, with an example as its content unless `body` is given. Returns its id. */
  add(kind: CellKind, index: number, body?: string, name?: string): string {
    const start = starterFor(kind, this, Boolean(this.lab.adapter?.software));
    const cell = newCell(kind, body ?? start.body, name ?? start.name);
    if (body === undefined) this.#consent.allow([cell]);
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

  /** Moves a cell up (-1) or down (1) by one place; does nothing at the end of the list. */
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
    const name = cell.kind === 'wgsl' ? freeName(cell.name, this.cells) : cell.name;
    this.add(cell.kind, index + 1, contentOf(cell), name);
  }

  /** Sets a cell's content (see contentOf). Rapid changes are merged into one undo step. */
  setBody(id: string, body: string) {
    this.setBodies({ [id]: body }, `text ${id}`);
  }

  /** Sets the contents of several cells, by id, as one undo step. `what`: see UndoHistory.keep. */
  setBodies(bodies: Readonly<Record<string, string>>, what = '') {
    const cells = this.cells.map((cell) => {
      const content = contentOf(cell);
      const next = Object.hasOwn(bodies, cell.id) ? bodies[cell.id] : content;
      if (next === content) return cell;
      const changed = rewritten(cell, next);
      // The user's own text is allowed; an edit of a foreign shader is not, because most of it is still a stranger's.
      if (!this.isForeign(cell)) this.#consent.allow([changed]);
      return changed;
    });
    if (cells.some((cell, index) => cell !== this.cells[index])) this.#change(cells, what);
  }

  /** Renames a shader to kernel/name. Throws an Error if an info string cannot hold the name. */
  rename(id: string, name: string) {
    const cell = this.cell(id);
    if (!cell || cell.name === name) return;
    const { open, close, body } = newCell(cell.kind, contentOf(cell), name);
    this.#change(this.cells.map((each) => (each.id === id ? { ...each, name, open, close, body } : each)));
  }

  /** Allows the text of a foreign shader, wherever it occurs. Does nothing in a frame, where a click can be stolen. */
  allow(id: string) {
    this.#allow(this.cells.filter((cell) => cell.id === id));
  }

  /** Allows all foreign shaders of the notebook. */
  allowAll() {
    this.#allow(this.foreign);
  }

  #allow(cells: NotebookCell[]) {
    if (cells.length === 0 || isFramed()) return;
    this.#consent.allow(cells);
    this.cells = this.cells.map((each) => (each.kind === 'wgsl' ? { ...each } : each)); // consent is not reactive
    this.changed();
  }

  /** Adds a cell of the history with its outcome. */
  addRun({ kind, body, outcome }: PastRun) {
    const id = this.add(kind, this.cells.length, body);
    this.outcomes.set(id, outcome);
    this.changed();
  }

  /** Writes records as CSV into the results cell directly below a cell; adds one if there is none. */
  freeze(id: string, csv: string) {
    const below = this.cells[this.index(id) + 1];
    this.#origins.set([newCell('csv', csv)], 'page');
    if (below?.kind === 'csv') this.setBody(below.id, csv);
    else this.add('csv', this.index(id) + 1, csv);
  }

  /** Adds a cell with these results, a CSV. */
  addResults(csv: string, index: number, origin: Origin) {
    this.#origins.set([newCell('csv', csv)], origin);
    this.add('csv', index, csv);
  }

  /** The origin of the results in a cell; undefined: another session. */
  originOf(cell: NotebookCell): Origin | undefined {
    return this.#origins.of(cell);
  }

  undo() {
    this.#step(this.#history.undo(this.cells));
  }

  redo() {
    this.#step(this.#history.redo(this.cells));
  }

  focus(id: string, edit = false) {
    this.selected = id;
    if (edit && this.cell(id)?.kind === 'prose') this.edit(id);
    this.attention = { id, edit };
  }

  #change(cells: NotebookCell[], what = '') {
    this.#history.keep(this.cells, what);
    this.touched = this.#written = true;
    this.steps = this.#history.counts;
    this.cells = separated(cells, this.#editing);
    this.changed();
  }

  #step(cells: NotebookCell[] | undefined) {
    if (!cells) return;
    const before = this.cells;
    this.cells = separated(cells, this.#editing);
    this.steps = this.#history.counts;
    const touched =
      this.cells.find((cell) => !before.includes(cell)) ?? this.cell(this.selected) ?? this.cells[0];
    if (touched) this.focus(touched.id);
    this.changed();
  }

  #titleOf(cells: NotebookCell[]): string {
    const title = titleOf(cells);
    return title === UNTITLED ? t().page.untitled : title;
  }

  // ——— Storing ———

  override storeRun(run: PastRun) {
    // If the run cannot be stored, neither can the notebook, and save() reports that.
    const stored = () => void this.runsStored++;
    this.store.keepRun($state.snapshot(run) as PastRun).then(stored, () => undefined);
  }

  /** Schedules a save: when changes pause, and soon even if they do not. */
  override changed() {
    this.saved = 'saving';
    this.#saving.ask();
  }

  /**
   * Saves immediately. Never rejects: `saveProblem` holds the reason if storing failed. `leaving`: the address already
   * belongs to another notebook, so it is not updated.
   */
  async save({ leaving = false } = {}): Promise<void> {
    this.#saving.cancel();
    try {
      // First the content, because making the address takes time in which the page may end.
      await this.#store();
      const { address } = this;
      if (!leaving) await this.onsave().catch(() => undefined); // the address is only a convenience
      if (this.address !== address) await this.#store();
      this.saved = this.#saving.asked ? 'saving' : 'yes';
      this.saveProblem = undefined;
    } catch (reason) {
      this.saved = 'no';
      this.saveProblem = (reason as Error).message || String(reason);
    }
  }

  async #store(): Promise<void> {
    const outcomes = Object.fromEntries(
      this.cells.flatMap(({ id }) => (this.outcomes.has(id) ? [[id, this.outcomes.get(id)!]] : [])),
    );
    const cells = this.cells.map((cell) => {
      const origin = this.originOf(cell);
      const marked = this.isForeign(cell) ? { ...cell, foreign: true } : cell;
      return origin ? { ...marked, origin } : marked;
    });
    const { id, name, title, address } = this;
    const live = Object.fromEntries(this.live.switched);
    const facts = { version: LAB_VERSION, written: this.#written, changedAt: now(), live };
    await this.store.save(
      $state.snapshot({ ...facts, id, name, title, cells, outcomes, address }) as StoredNotebook,
    );
  }
}
