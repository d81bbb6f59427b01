/** The settings of the sweep: one experiment behind the controls, the text and the address bar. */
import { complete } from '../lab/defaults';
import { change, formatExperiment, parseExperiment, type Experiment } from '../lab/experiment';
import { expand, type Run } from '../lab/expand';

/** What a page without settings in its address offers: a question worth asking, answered in seconds by a GPU … */
const STARTER = 'prefill=512&chunk=64,128,256,512&matmul_q4_k=block8,tiled';
/** … and the same question small enough for a CPU that stands in for one. */
const SOFTWARE_STARTER = 'prefill=32&chunk=8,16,32&samples=3&matmul_q4_k=block8,tiled';

export class Settings {
  /** The last experiment that could be read. */
  experiment = $state.raw<Experiment>(parseExperiment(STARTER));
  /** What the text field holds: the experiment, one setting a line, or what was typed and cannot be read. */
  text = $state('');
  #starter = STARTER;
  /** Of this GPU, once it is known: what runs where nothing is said, and so what the controls show. */
  #defaults: Experiment = {};
  /** Nobody has asked for anything yet. */
  #untouched: boolean;

  /** Why the text cannot be read, and where. */
  error = $state<string | undefined>();
  /** The address the page was opened with asked for something impossible. */
  invalidLink = $state(false);

  /** The runs to be made, or why there can be none. */
  readonly expanded = $derived.by((): { runs: Run[]; error?: string } => {
    try {
      const runs = expand(this.experiment);
      return runs.length ? { runs } : { runs, error: 'No combination of these settings is possible' };
    } catch (reason) {
      return { runs: [], error: (reason as Error).message };
    }
  });
  readonly problem = $derived(this.error ?? this.expanded.error);
  /** The experiment for the address bar. Never empty: an empty one would open the starter instead. */
  readonly query = $derived(formatExperiment(this.experiment) || 'model=demo');

  /** `query`: the page's own, with or without `?`; empty for the starter. */
  constructor(query: string) {
    const given = query.replace(/^\?/, '');
    this.#untouched = given === '';
    try {
      this.#take(parseExperiment(given || STARTER));
    } catch (reason) {
      this.text = given.split('&').map(readable).join('\n') + '\n';
      this.error = located(this.text, (reason as Error).message);
      this.invalidLink = true;
    }
  }

  /** Offers less where a CPU stands in for the GPU, unless settings were already asked for. */
  expectSoftware() {
    this.#starter = SOFTWARE_STARTER;
    if (!this.#untouched) return;
    this.reset();
    this.#untouched = true;
  }

  /** Fills in what this GPU runs where the settings say nothing. */
  useDefaults(defaults: Experiment) {
    this.#defaults = defaults;
    if (!this.error) this.#take(this.experiment);
  }

  /** From the text field: taken when it can be read, kept with its error when not. */
  edit(text: string) {
    this.text = text;
    this.#untouched = false;
    try {
      this.experiment = complete(parseExperiment(isQuery(text) ? text : `${text}\n`), this.#defaults);
      this.error = undefined;
      this.invalidLink = false;
    } catch (reason) {
      this.error = located(text, (reason as Error).message);
    }
  }

  /** From a control. Throws when a value is impossible. */
  set(key: string, values: string[]) {
    this.#untouched = false;
    this.#take(change(this.experiment, key, values));
  }

  /** Back to the last settings that could be read. */
  restore() {
    this.#take(this.experiment);
  }

  reset() {
    this.#untouched = false;
    this.#take(parseExperiment(this.#starter));
  }

  /** The text in its canonical form, once nobody is typing in it. */
  tidy() {
    if (!this.error) this.#take(this.experiment);
  }

  #take(experiment: Experiment) {
    this.experiment = complete(experiment, this.#defaults);
    this.text = linesOf(this.experiment);
    this.error = undefined;
    this.invalidLink = false;
  }
}

/** A pasted link's settings, all in one line. */
function isQuery(text: string): boolean {
  return !text.trim().includes('\n') && /[&%]/.test(text);
}

/** One setting a line; a model's address with a comma in it can only be written as a query. */
function linesOf(experiment: Experiment): string {
  try {
    return formatExperiment(experiment, 'lines');
  } catch {
    return formatExperiment(experiment, 'query');
  }
}

/** The error with the line whose key it is about, if there is one: it begins with the key, or quotes it. */
function located(text: string, message: string): string {
  const keys = text.split('\n').map((line) => line.split('=')[0].trim());
  const find = (about: (key: string) => boolean) => keys.findIndex((key) => key !== '' && about(key));
  const begins = find((key) => message.startsWith(`${key} `) || message.startsWith(`${key}:`));
  const line = begins >= 0 ? begins : find((key) => message.includes(`"${key}"`));
  return line < 0 ? message : `Line ${line + 1}: ${message}`;
}

function readable(setting: string): string {
  try {
    return decodeURIComponent(setting);
  } catch {
    return setting;
  }
}
