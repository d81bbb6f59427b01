/** The open notebook: its cells, how they are edited, and how they are stored. Running them is in runner.svelte.ts. */
import { type Catalogue, catalogueWith } from '../../lab/experiment/catalogue';
import { type CellKind, contentOf, shadersOf, titleOf, withContent } from '../../lab/notebook/notebook';
import { LAB_VERSION } from '../../lab/version';
import type { OwnVariant } from '../../shaders/variant';
import type { Lab } from '../session/lab.svelte';
import { t } from '../words/words.svelte';
import { cellsOf, newCell, newId, type NotebookCell, now, spaced, textOf } from './cellList';
import type { Outcome } from './outcome';
import { Runner } from './runner.svelte';
import { starterFor } from './starters';
import type { PastRun, Store, StoredNotebook } from './store';
import { UndoHistory } from './undo';

export type { NotebookCell };

const SAVE_MILLISECONDS = 400;

export class Notebook extends Runner {
  cells = $state.raw<NotebookCell[]>([]);
  /** Id of the cell that keys and the palette act on. */
  selected = $state<string | undefined>();
  /** The cell that should take the focus: its frame, or with `edit` its content. */
  attention = $state.raw<{ id: string; edit: boolean } | undefined>();
  /** Id of the prose cell that is being edited. */
  editing = $state<string | undefined>();
  /** Name given by the user; empty for a draft. */
  name = $state('');
  /** True once the notebook differs from what its address opened. */
  touched = $state(false);
  saved = $state<'no' | 'saving' | 'yes'>('no');
  /** Why the notebook could not be stored; undefined if it could. */
  saveProblem = $state<string | undefined>();
  /** Pinned earlier run that new runs are compared with. */
  baseline = $state.raw<PastRun | undefined>();
  /** Number of steps that can be undone and redone. */
  steps = $state.raw({ undo: 0, redo: 0 });

  readonly text = $derived(textOf(this.cells));
  readonly title = $derived(this.name || this.#titleOf(this.cells));
  /** The notebook's own shaders, including foreign ones that the user has allowed. */
  readonly own: OwnVariant[] = $derived(shadersOf(this.cells.filter(({ foreign }) => !foreign)));
  /**
   * Kernels and variants that settings can name: the shipped ones, and the notebook's own shaders if they can be read.
   */
  readonly catalogue: Catalogue = $derived(catalogueWith(this.own));

  id = newId();
  /** Query and hash of the address that shows the notebook. */
  address = '';
  /** Called before each save, for example to update the address. */
  onsave: () => Promise<void> = () => Promise.resolve();

  readonly #history = new UndoHistory<NotebookCell[]>();
  #saving: ReturnType<typeof setTimeout> | undefined;

  constructor(
    lab: Lab,
    readonly store: Store,
  ) {
    super(lab);
  }

  // ——— Opening ———

  /** Opens a text as a new notebook. `foreign`: its shaders are not compiled until the user allows them. */
  open(text: string, { foreign = false, address = '' } = {}) {
    this.#reset(cellsOf(text, foreign), newId(), '', address);
    void this.store.claim(this.id);
  }

  /**
   * Opens a stored notebook. A run that was in progress is marked as interrupted ('cut'). If another tab has the
   * notebook open, a copy is opened.
   */
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
    this.abandon();
    this.cells = cells;
    [this.id, this.name, this.address] = [id, name, address];
    this.outcomes.clear();
    this.#history.clear();
    this.steps = this.#history.counts;
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

  /** Adds a cell at `index`, with an example as its content unless `body` is given. Returns its id. */
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
    const name = cell.kind === 'wgsl' ? this.#freeName(cell.name) : cell.name;
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
      return next === content ? cell : rewritten(cell, next);
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

  /** Marks a foreign shader as allowed: it becomes one of the notebook's own. */
  allow(id: string) {
    this.cells = this.cells.map((cell) => (cell.id === id ? { ...cell, foreign: undefined } : cell));
    this.changed();
  }

  /** Writes records as CSV into the results cell directly below a cell; adds one if there is none. */
  freeze(id: string, csv: string) {
    const below = this.cells[this.index(id) + 1];
    if (below?.kind === 'csv') this.setBody(below.id, csv);
    else this.add('csv', this.index(id) + 1, csv);
  }

  undo() {
    this.#step(this.#history.undo(this.cells));
  }

  redo() {
    this.#step(this.#history.redo(this.cells));
  }

  focus(id: string, edit = false) {
    this.selected = id;
    if (edit && this.cell(id)?.kind === 'prose') this.editing = id;
    this.attention = { id, edit };
  }

  #change(cells: NotebookCell[], what = '') {
    this.#history.keep(this.cells, what);
    this.touched = true;
    this.steps = this.#history.counts;
    this.cells = cells;
    this.changed();
  }

  #step(cells: NotebookCell[] | undefined) {
    if (!cells) return;
    const before = this.cells;
    this.cells = cells;
    this.steps = this.#history.counts;
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

  // ——— Storing ———

  protected override keepRun(cell: NotebookCell, outcome: Outcome) {
    const run: PastRun = {
      id: newId(),
      notebook: this.title,
      kind: cell.kind,
      body: contentOf(cell),
      outcome: { ...outcome, previous: [] },
      finishedAt: now(),
      label: '',
    };
    // If the run cannot be stored, neither can the notebook, and save() reports that.
    this.store.keepRun($state.snapshot(run) as PastRun).catch(() => undefined);
  }

  /** Schedules a save; several changes in quick succession are saved once. */
  override changed() {
    this.saved = 'saving';
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => void this.save(), SAVE_MILLISECONDS);
  }

  /**
   * Saves immediately. Never rejects: `saveProblem` holds the reason if storing failed. `leaving`: the address already
   * belongs to another notebook, so it is not updated.
   */
  async save({ leaving = false } = {}): Promise<void> {
    clearTimeout(this.#saving);
    if (!leaving) await this.onsave().catch(() => undefined); // the address is only a convenience
    const outcomes = Object.fromEntries(
      this.cells.flatMap(({ id }) => (this.outcomes.has(id) ? [[id, this.outcomes.get(id)!]] : [])),
    );
    const { id, name, title, cells, address } = this;
    try {
      const changedAt = now();
      const stored = { version: LAB_VERSION, id, name, title, cells, outcomes, address, changedAt };
      await this.store.save($state.snapshot(stored) as StoredNotebook);
      this.saved = 'yes';
      this.saveProblem = undefined;
    } catch (reason) {
      this.saved = 'no';
      this.saveProblem = (reason as Error).message || String(reason);
    }
  }
}

/** Returns the cell with new content but the same id, gap and foreign mark. */
function rewritten(cell: NotebookCell, content: string): NotebookCell {
  if (cell.kind === 'prose') return { ...cell, body: ended(content) };
  const { id, gap, foreign } = cell;
  return { ...withContent(cell, content), id, gap, ...(foreign && { foreign }) };
}

const ended = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
