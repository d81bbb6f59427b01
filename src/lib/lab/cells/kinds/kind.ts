/** The descriptor of a kind of cell, and shared helpers. Does not import the engine: the page loads these first. */
import type { Catalogue } from '../../experiment/catalogue';
import { type NumberName, NUMBER_NAMES, numberDescriptor } from '../../experiment/descriptors';
import { type Experiment, readExperiment, requireOne } from '../../experiment/experiment';
import { expand, type Run } from '../../experiment/expand';
import { readSettings, shorten } from '../../experiment/settings';
import type { LabKind } from '../../notebook/notebook';
import type { ResultsOf } from '../events';

/** A setting that only one kind of cell has: a single number. */
export interface CellNumber {
  /** Description in English, for error messages; the page uses its dictionaries. */
  about: string;
  smallest: number;
  largest: number;
  whole?: boolean;
  default: number;
}

/** A setting that only one kind of cell has, and that is no number: its value is the canonical text of what was written. */
export interface CellWord {
  /** As in `CellNumber`. */
  about: string;
  /** The possible values; undefined if it takes any text. */
  choices?: readonly string[];
  default: string;
  /** Reads the values between commas. Throws an Error that begins with the key and says what is possible. */
  read(key: string, values: string[]): string;
}

/** A word that is one of a few. */
export const choice = (about: string, choices: readonly string[]): CellWord => ({
  about,
  choices,
  default: choices[0],
  read(key, values) {
    requireOne(key, values);
    if (choices.includes(values[0])) return values[0];
    throw new Error(`${key} must be one of ${choices.join(', ')}; "${shorten(values[0])}" is not`);
  },
});

/** Settings shown in a kind's controls besides kernels: lists of choices, fields, and folded (rarely used) fields. */
export interface Controls {
  lists: readonly NumberName[];
  fields: readonly NumberName[];
  folded: readonly NumberName[];
}

/**
 * Everything about a kind of cell except its jobs (jobs.ts, which imports the engine), its component
 * (ui/cells/others.ts) and its words (ui/words). `Value` is the parsed cell, plain data.
 */
export interface KindDescriptor<Kind extends LabKind, Value, Own extends string = never> {
  /** Settings that only this kind has, by name. */
  numbers: Readonly<Record<Own, CellNumber>>;
  words?: Readonly<Record<string, CellWord>>;
  /** The controls of its settings; undefined if they are edited in another way, or if there are none. */
  controls?: Controls;
  /** The body of a new cell. It runs as it is; if `software` is true (a CPU emulates the GPU), within a minute. */
  starter(software: boolean): string;
  /** Reads the body. Throws an Error that names what is unknown or impossible, and what was possible. */
  read(text: string, catalogue: Catalogue): Value;
  /** The canonical text, each setting on its line; `read` reads it back. */
  print(cell: Value, catalogue: Catalogue): string;
  /** The experiments in the cell. */
  experiments(cell: Value): Experiment[];
  /** The runs of the cell, without the defaults of a GPU. Throws an Error that says why the settings cannot be run. */
  runs(cell: Value, catalogue: Catalogue): Run[];
  /** True if the cell tries all variants of the kernels that its settings leave open. */
  searches?: boolean;
  /** The types of the events that are its results. */
  results: Readonly<Record<ResultsOf[Kind]['type'], true>>;
}

/**
 * Reads a block of settings into the values of the kind's own settings, with defaults filled in, and the experiment.
 * Throws as `read` does.
 */
export function readBlock<Own extends string, Word extends string = never>(
  numbers: Readonly<Record<Own, CellNumber>>,
  text: string,
  catalogue: Catalogue,
  words = {} as Readonly<Record<Word, CellWord>>,
): { own: Record<Own, number> & Record<Word, string>; experiment: Experiment } {
  const isOwn = (key: string) => Object.hasOwn(numbers, key) || Object.hasOwn(words, key);
  const settings = readSettings(text);
  const own: Record<string, number | string> = {};
  for (const [key, values] of settings) {
    if (!isOwn(key)) continue;
    if (Object.hasOwn(own, key)) throw new Error(`${key} is set twice`);
    own[key] = Object.hasOwn(words, key)
      ? words[key as Word].read(key, values)
      : readNumber(key, values, numbers[key as Own]);
  }
  for (const [key, setting] of Object.entries<CellNumber | CellWord>({ ...numbers, ...words }))
    own[key] ??= setting.default;
  const others = settings.filter(([key]) => !isOwn(key));
  const names = [...Object.keys(numbers), ...Object.keys(words)];
  return {
    own: own as Record<Own, number> & Record<Word, string>,
    experiment: readOthers(others, names, catalogue),
  };
}

/** Reads the other settings; an error about an unknown one also lists the cell's own settings. */
function readOthers(
  settings: ReturnType<typeof readSettings>,
  own: string[],
  catalogue: Catalogue,
): Experiment {
  try {
    return readExperiment(settings, catalogue);
  } catch (error) {
    const { message } = error as Error;
    const known = `; known: ${own.map((name) => `${name}, `).join('')}`;
    throw new Error(
      message.replace(/^(Unknown setting "[^]*?"); known: /, (_, start: string) => start + known),
      { cause: error },
    );
  }
}

function readNumber(key: string, values: string[], { smallest, largest, whole }: CellNumber): number {
  requireOne(key, values);
  const [word] = values;
  const number = Number(word);
  const written = whole ? /^\d{1,12}$/ : /^\d{1,12}(\.\d{1,12})?(e-?\d{1,2})?$/i;
  if (written.test(word) && number >= smallest && number <= largest) return number;
  throw new Error(
    `${key} must be a ${whole ? 'whole number' : 'number'} from ${smallest} to ${largest}; "${shorten(word)}" is not`,
  );
}

/** The lines of a cell's own settings that are not at their defaults. */
export const printOwn = <Own extends string>(
  settings: Readonly<Record<Own, CellNumber | CellWord>>,
  values: Readonly<Record<NoInfer<Own>, number | string>>,
): string =>
  (Object.keys(settings) as Own[])
    .filter((key) => values[key] !== settings[key].default)
    .map((key) => `${key}=${String(values[key])}\n`)
    .join('');

/** A setting for a time limit, in seconds. */
export const budget = (seconds: number, about: string): CellNumber => ({
  about,
  smallest: 1,
  largest: 86_400,
  default: seconds,
});

/**
 * The controls for every setting in its usual place, except settings without a meaning in this kind (`hides`) and
 * settings that are fields in this kind (`fields`).
 */
export function controls({
  hides = [],
  fields = [],
}: {
  hides?: NumberName[];
  fields?: NumberName[];
}): Controls {
  const usual = (control: string) =>
    NUMBER_NAMES.filter((name) => numberDescriptor(name).control === control && !hides.includes(name));
  return {
    lists: usual('list'),
    fields: [...usual('field'), ...fields],
    folded: usual('folded').filter((name) => !fields.includes(name)),
  };
}

/** The runs of one experiment. Throws if there are none. */
export function runsOf(experiment: Experiment, catalogue: Catalogue): Run[] {
  const runs = expand(experiment, catalogue);
  if (runs.length === 0) throw new Error('No combination of these settings is possible');
  return runs;
}
