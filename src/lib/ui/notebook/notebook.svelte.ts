/** The open notebook: its cells, how they change, and how they are kept. Running them is runner.svelte.ts. */
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
  /** The cell that keys and the palette act on. */
  selected = $state<string | undefined>();
  /** The cell to focus: its frame, or with `edit` its content. */
  attention = $state.raw<{ id: string; edit: boolean } | undefined>();
  /** The prose cell whose text is open. */
  editing = $state<string | undefined>();
  /** Given by the user; a notebook without is a draft. */
  name = $state('');
  /** Whether it differs from what its address opened. */
  touched = $state(false);
  saved = $state<'no' | 'saving' | 'yes'>('no');
  /** Why the browser could not store it. */
  saveProblem = $state<string | undefined>();
  /** An earlier run to compare with. */
  baseline = $state.raw<PastRun | undefined>();
  /** How many steps can be undone and redone. */
  steps = $state.raw({ undo: 0, redo: 0 });

  readonly text = $derived(textOf(this.cells));
  readonly title = $derived(this.name || this.#titleOf(this.cells));
  /** The notebook's own shaders: those written here, and foreign ones that the user has allowed. */
  readonly own: OwnVariant[] = $derived(shadersOf(this.cells.filter(({ foreign }) => !foreign)));
  /** What settings can choose from: the shipped variants, and its own shaders as far as they can be read. */
  readonly catalogue: Catalogue = $derived(catalogueWith(this.own));

  id = newId();
  /** Query and hash of the address that shows it. */
  address = '';
  /** Called before a change is saved, for example to update the address. */
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

  /** Opens a stored notebook as it was left; a run that was under way counts as cut short. If another tab shows it, opens a copy. */
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

  /** Adds a cell, with an example as its content unless one is given. Returns its id. */
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

  /** Moves a cell by one place, within the list. */
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

  /** Sets a cell's content (see contentOf). Quick changes in a row are one step to undo. */
  setBody(id: string, body: string) {
    this.setBodies({ [id]: body }, `text ${id}`);
  }

  /** Sets the contents of several cells, by id, as one step to undo. `what`: see UndoHistory.keep. */
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

  /** Makes a foreign shader one of the notebook's own. */
  allow(id: string) {
    this.cells = this.cells.map((cell) => (cell.id === id ? { ...cell, foreign: undefined } : cell));
    this.changed();
  }

  /** Puts records as CSV below a cell, into the results cell that is there or a new one. */
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
    // If it cannot be stored, neither can the notebook, and save() reports that.
    this.store.keepRun($state.snapshot(run) as PastRun).catch(() => undefined);
  }

  /** Saves soon, once for many changes in a row. */
  override changed() {
    this.saved = 'saving';
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => void this.save(), SAVE_MILLISECONDS);
  }

  /** Saves now. Never throws: `saveProblem` says why the browser could not store it. `leaving`: the address already shows another notebook. */
  async save({ leaving = false } = {}): Promise<void> {
    clearTimeout(this.#saving);
    if (!leaving) await this.onsave().catch(() => undefined); // an address is a convenience
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

/** The cell with another content and the same id, gap and origin. */
function rewritten(cell: NotebookCell, content: string): NotebookCell {
  if (cell.kind === 'prose') return { ...cell, body: ended(content) };
  const { id, gap, foreign } = cell;
  return { ...withContent(cell, content), id, gap, ...(foreign && { foreign }) };
}

const ended = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
