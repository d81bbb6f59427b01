/** The settings of one cell: its text, read, and the changes that controls make to that text, line by line. */
import { numbersOf, readCell } from '../../lab/cells/cells';
import { readBlock } from '../../lab/cells/kinds/kind';
import { complete } from '../../lab/experiment/defaults';
import { change, formatExperiment, type Experiment } from '../../lab/experiment/experiment';
import { expand, type Run } from '../../lab/experiment/expand';
import { locateError, splitAtRule, withSetting } from '../../lab/experiment/settings';
import { contentOf } from '../../lab/notebook/notebook';
import type { Notebook } from './notebook.svelte';
import { t } from '../words/words.svelte';

interface Block {
  experiment: Experiment;
  /** Values of the settings that only this kind of cell has, by name. */
  own: Record<string, number>;
}

export class CellSettings {
  /** The last block that could be read. */
  #last: Block = { experiment: {}, own: {} };

  constructor(
    readonly notebook: Notebook,
    readonly id: string,
  ) {}

  readonly kind = $derived.by(() => this.notebook.cell(this.id)?.kind ?? 'sweep');
  readonly #numbers = $derived(numbersOf(this.kind));
  /** Names of the settings that only this kind of cell has: they are not part of an experiment. */
  readonly extra = $derived(Object.keys(this.#numbers));

  /** The cell's text, without its fences. */
  readonly text = $derived.by(() => {
    const cell = this.notebook.cell(this.id);
    return cell ? contentOf(cell) : '';
  });
  readonly #parts = $derived(splitAtRule(this.text));
  readonly #read = $derived.by((): Block & { error?: string } => {
    try {
      this.#last = readBlock(this.#numbers, this.#parts.settings, this.notebook.catalogue);
      return this.#last;
    } catch (reason) {
      return { ...this.#last, error: locateError(this.text, (reason as Error).message) };
    }
  });
  /** The first block of settings, as written. */
  readonly head = $derived(this.#parts.settings);
  /** The experiment of the first block, without defaults of the GPU. */
  readonly written = $derived(this.#read.experiment);
  /** The same with the defaults of this GPU. */
  readonly experiment = $derived.by(() => complete(this.#read.experiment, this.notebook.lab.defaults));
  /** Values of the settings that only this kind of cell has. */
  readonly own = $derived(this.#read.own);
  /** Why the text cannot be read, and where. */
  readonly error = $derived(this.#read.error);

  /** The runs of a sweep, or why there are none. */
  readonly expanded = $derived.by((): { runs: Run[]; error?: string } => {
    try {
      const runs = expand(this.experiment, this.notebook.catalogue);
      return runs.length ? { runs } : { runs, error: t().cells.nothing };
    } catch (reason) {
      return { runs: [], error: (reason as Error).message };
    }
  });
  /** Why this cell cannot run as it is. */
  readonly problem = $derived.by(() => {
    if (this.kind === 'sweep') return this.error ?? this.expanded.error;
    try {
      readCell(this.kind, this.text, this.notebook.catalogue);
      return undefined;
    } catch (reason) {
      return locateError(this.text, (reason as Error).message);
    }
  });

  /** The whole text, from the text field. */
  edit(text: string) {
    this.notebook.setBody(this.id, text);
  }

  /** From a control: changes the lines of this key and leaves the others as they were written. Throws for an impossible value. */
  set(key: string, values: string[]) {
    const next = change(this.written, key, values, this.notebook.catalogue);
    let text = this.head;
    for (const changed of Object.keys({ ...this.written, ...next }))
      if (next[changed]?.join() !== this.written[changed]?.join())
        text = withSetting(text, changed, next[changed] ?? []);
    this.#replaceHead(text);
  }

  /** Changes a setting that only this kind of cell has. An empty value: back to its default. */
  setOwn(key: string, value: string) {
    this.#replaceHead(withSetting(this.head, key, value === '' ? [] : [value]));
  }

  /** Back to the last settings that could be read. */
  restore() {
    const lines = formatExperiment(this.#last.experiment, 'lines', this.notebook.catalogue);
    const changed = Object.entries(this.#last.own).filter(
      ([key, value]) => value !== this.#numbers[key]?.default,
    );
    this.#replaceHead(changed.reduce((text, [key, value]) => withSetting(text, key, [String(value)]), lines));
  }

  #replaceHead(head: string) {
    this.notebook.setBody(this.id, head + this.#parts.rest);
  }
}
