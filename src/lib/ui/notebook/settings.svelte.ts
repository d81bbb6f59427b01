/** The settings of one cell: its text, read; and what a control does to that text, line by line. */
import { CELL_NUMBERS, readCell } from '../../lab/cells/cells';
import { complete } from '../../lab/experiment/defaults';
import { change, formatExperiment, parseExperiment, type Experiment } from '../../lab/experiment/experiment';
import { expand, type Run } from '../../lab/experiment/expand';
import { contentOf } from '../../lab/notebook/notebook';
import type { Notebook } from './notebook.svelte';
import { t } from '../words/words.svelte';

/** What stands before the line that ends the settings of a cell, and what begins with that line. */
export function splitAtRule(body: string): [settings: string, rest: string] {
  const at = body.search(/^---[ \t]*$/m);
  return at < 0 ? [body, ''] : [body.slice(0, at), body.slice(at)];
}

export class CellSettings {
  /** The last experiment that could be read. */
  #last: Experiment = {};

  constructor(
    readonly notebook: Notebook,
    readonly id: string,
  ) {}

  readonly #kind = $derived.by(() => this.notebook.cell(this.id)?.kind ?? 'sweep');
  /** Settings of this kind of cell alone, which are no part of an experiment. */
  readonly extra = $derived.by(() => Object.keys(CELL_NUMBERS[this.#kind] ?? {}));

  /** The cell's text, without its fences. */
  readonly text = $derived.by(() => {
    const cell = this.notebook.cell(this.id);
    return cell ? contentOf(cell) : '';
  });
  readonly #read = $derived.by(
    (): { experiment: Experiment; own: Record<string, string>; error?: string } => {
      const { own, rest } = this.#partOff(splitAtRule(this.text)[0]);
      try {
        this.#last = parseExperiment(asSettings(rest), this.notebook.catalogue);
        return { experiment: this.#last, own };
      } catch (reason) {
        return { experiment: this.#last, own, error: located(this.text, (reason as Error).message) };
      }
    },
  );
  /** As written. */
  readonly written = $derived(this.#read.experiment);
  /** With what this GPU runs where nothing is said. */
  readonly experiment = $derived.by(() => complete(this.#read.experiment, this.notebook.lab.defaults));
  /** Values of the settings of this kind of cell alone. */
  readonly own = $derived(this.#read.own);
  /** Why the text cannot be read, and where. */
  readonly error = $derived(this.#read.error);

  /** The runs to be made, or why there can be none. */
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
    if (this.#kind === 'sweep') return this.error ?? this.expanded.error;
    try {
      readCell(this.#kind, this.text, this.notebook.catalogue);
      return undefined;
    } catch (reason) {
      return located(this.text, (reason as Error).message);
    }
  });

  /** From the text field. */
  edit(text: string) {
    this.notebook.setBody(this.id, text);
  }

  /** From a control: changes the lines that it is about, and leaves the others as they were written. Throws when a value is impossible. */
  set(key: string, values: string[]) {
    const { catalogue } = this.notebook;
    const next = change(this.written, key, values, catalogue);
    const [settings, rest] = splitAtRule(this.text);
    const lines = isQuery(settings) ? formatExperiment(this.written, 'lines', catalogue) : settings;
    let text = lines;
    for (const changed of Object.keys({ ...this.written, ...next }))
      if (next[changed]?.join() !== this.written[changed]?.join())
        text = withSetting(text, changed, next[changed] ?? []);
    this.notebook.setBody(this.id, text + rest);
  }

  /** A setting of this kind of cell alone. Empty: back to its default. */
  setOwn(key: string, value: string) {
    const [settings, rest] = splitAtRule(this.text);
    this.notebook.setBody(this.id, withSetting(settings, key, value === '' ? [] : [value]) + rest);
  }

  /** Back to the last settings that could be read. */
  restore() {
    const [, rest] = splitAtRule(this.text);
    const own = Object.entries(this.own).map(([key, value]) => `${key}=${value}\n`);
    const lines = formatExperiment(this.#last, 'lines', this.notebook.catalogue);
    this.notebook.setBody(this.id, own.join('') + lines + rest);
  }

  #partOff(settings: string) {
    const own: Record<string, string> = {};
    const rest = settings.split('\n').map((line) => {
      const [key, ...value] = line.split('=');
      if (!this.extra.includes(key.trim())) return line;
      own[key.trim()] = value.join('=').trim();
      return '';
    });
    return { own, rest: rest.join('\n') };
  }
}

/** The line of this key with these values: in its place where there is one, at the end where there is none; without values, gone. */
export function withSetting(text: string, key: string, values: string[]): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.split('=')[0].trim() === key);
  const line = `${key}=${values.join(',')}`;
  if (at >= 0) lines.splice(at, 1, ...(values.length ? [line] : []));
  else if (values.length) {
    const end = lines.findLastIndex((each) => each.trim() !== '') + 1;
    lines.splice(end, 0, line);
  }
  return lines.at(-1) === '' ? lines.join('\n') : `${lines.join('\n')}\n`;
}

/** Settings in one line, as an address has them. */
function isQuery(text: string): boolean {
  return !text.trim().includes('\n') && /[&%]/.test(text);
}

const asSettings = (text: string) => (isQuery(text) ? text.trim() : `${text}\n`);

/** The error with the line whose key it is about, if there is one: it begins with the key, or quotes it. */
function located(text: string, message: string): string {
  const keys = text.split('\n').map((line) => line.split('=')[0].trim());
  const find = (about: (key: string) => boolean) => keys.findIndex((key) => key !== '' && about(key));
  const begins = find((key) => message.startsWith(`${key} `) || message.startsWith(`${key}:`));
  const line = begins >= 0 ? begins : find((key) => message.includes(`"${key}"`));
  return line < 0 ? message : `${line + 1}: ${message}`;
}
