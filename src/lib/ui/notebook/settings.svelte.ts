/** The settings of one cell, parsed from its text. Controls change that text line by line. */
import { numbersOf, readCell, wordsOf } from '../../lab/cells/cells';
import { readBlock } from '../../lab/cells/kinds/kind';
import { complete, turning } from '../../lab/experiment/defaults';
import { change, formatExperiment, type Experiment } from '../../lab/experiment/experiment';
import { expand, type Run } from '../../lab/experiment/expand';
import { locateError, splitAtRule, withSetting } from '../../lab/experiment/settings';
import { contentOf } from '../../lab/notebook/notebook';
import type { Notebook } from './notebook.svelte';
import { namesOneOf } from './readCells';
import { t } from '../words/words.svelte';

interface Block {
  experiment: Experiment;
  /** Values of the settings specific to this kind of cell, by name. */
  own: Record<string, number | string>;
}

export class CellSettings {
  /** The last block that was read without an error. */
  #last: Block = { experiment: {}, own: {} };

  constructor(
    readonly notebook: Notebook,
    readonly id: string,
  ) {}

  readonly kind = $derived.by(() => this.notebook.cell(this.id)?.kind ?? 'sweep');
  readonly #numbers = $derived(numbersOf(this.kind));
  readonly #words = $derived(wordsOf(this.kind));
  /** Names of the settings specific to this kind of cell; they are not part of an experiment. */
  readonly extra = $derived([...Object.keys(this.#numbers), ...Object.keys(this.#words)]);

  /** The cell's text, without its fences. */
  readonly text = $derived.by(() => {
    const cell = this.notebook.cell(this.id);
    return cell ? contentOf(cell) : '';
  });
  readonly #parts = $derived(splitAtRule(this.text));
  readonly #read = $derived.by((): Block & { error?: string } => {
    try {
      const { settings } = this.#parts;
      this.#last = readBlock<string, string>(this.#numbers, settings, this.notebook.catalogue, this.#words);
      return this.#last;
    } catch (reason) {
      return { ...this.#last, error: locateError(this.text, (reason as Error).message) };
    }
  });
  /** Text of the first block of settings. */
  readonly head = $derived(this.#parts.settings);
  /** Experiment of the first block as written, without this GPU's defaults. */
  readonly written = $derived(this.#read.experiment);
  /** The same experiment, completed with this GPU's defaults. */
  readonly experiment = $derived.by(() => complete(this.#read.experiment, this.notebook.lab.defaults));
  /** Values of the settings specific to this kind of cell. */
  readonly own = $derived(this.#read.own);
  /** Why and where the text cannot be read; undefined if it can. */
  readonly error = $derived(this.#read.error);

  /** Runs of a sweep, with an error message if there are none. */
  readonly expanded = $derived.by((): { runs: Run[]; error?: string } => {
    try {
      const runs = expand(this.experiment, this.notebook.catalogue);
      return runs.length ? { runs } : { runs, error: t().cells.nothing };
    } catch (reason) {
      return { runs: [], error: (reason as Error).message };
    }
  });
  /** Why the cell cannot run; undefined if it can. */
  readonly problem = $derived.by(() => {
    if (this.kind === 'sweep') return this.error ?? this.expanded.error;
    try {
      readCell(this.kind, this.text, this.notebook.catalogue);
      return undefined;
    } catch (reason) {
      return locateError(this.text, (reason as Error).message);
    }
  });

  /** True if the text names a shader that waits to be allowed, and cannot be read before: the banner above has the button. */
  readonly waiting = $derived.by(
    () =>
      this.problem !== undefined &&
      namesOneOf(
        this.text,
        this.notebook.foreign.map(({ name }) => name),
      ),
  );

  /** Replaces the whole text (from the text field). */
  edit(text: string) {
    this.notebook.setBody(this.id, text);
  }

  /** Sets a key from a control and leaves all other lines as they are written. Throws an Error for an invalid value. */
  set(key: string, values: string[]) {
    this.setAll([[key, values]]);
  }

  /** Sets several keys in one step. Throws as `set` does. */
  setAll(settings: readonly (readonly [key: string, values: string[]])[]) {
    let next = this.written;
    for (const [key, values] of settings) next = change(next, key, values, this.notebook.catalogue);
    let text = this.head;
    for (const changed of Object.keys({ ...this.written, ...next }))
      if (next[changed]?.join() !== this.written[changed]?.join())
        text = withSetting(text, changed, next[changed] ?? []);
    this.#replaceHead(text);
  }

  /** Turns knobs of the variants that run for a kernel. Throws as `set` does. */
  turn(kernel: string, knobs: Record<string, number[]>) {
    this.setAll(turning(kernel, knobs, this.written, this.notebook.lab.defaults));
  }

  /** Sets a setting specific to this kind of cell; an empty value restores its default. */
  setOwn(key: string, value: string) {
    this.#replaceHead(withSetting(this.head, key, value === '' ? [] : [value]));
  }

  /** Restores the last settings that could be read. */
  restore() {
    const lines = formatExperiment(this.#last.experiment, 'lines', this.notebook.catalogue);
    const changed = Object.entries(this.#last.own).filter(
      ([key, value]) => value !== (this.#numbers[key] ?? this.#words[key])?.default,
    );
    this.#replaceHead(changed.reduce((text, [key, value]) => withSetting(text, key, [String(value)]), lines));
  }

  #replaceHead(head: string) {
    this.notebook.setBody(this.id, head + this.#parts.rest);
  }
}
