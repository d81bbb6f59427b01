/** The descriptor of a kind of cell, and what the kinds have in common. No engine: the page loads these at first. */
import type { Catalogue } from '../../experiment/catalogue';
import { type NumberName, NUMBER_NAMES, numberDescriptor } from '../../experiment/descriptors';
import { type Experiment, readExperiment, requireOne } from '../../experiment/experiment';
import { expand, type Run } from '../../experiment/expand';
import { readSettings, shorten } from '../../experiment/settings';
import type { LabKind } from '../../notebook/notebook';
import type { ResultsOf } from '../events';

/** A setting that only one kind of cell has: a single number. */
export interface CellNumber {
  /** In English, for error messages; the page has it in its dictionaries. */
  about: string;
  smallest: number;
  largest: number;
  whole?: boolean;
  default: number;
}

/** The settings that a kind's controls show: lists of choices, fields, fields among the seldom used, and kernels. */
export interface Controls {
  lists: readonly NumberName[];
  fields: readonly NumberName[];
  folded: readonly NumberName[];
}

/**
 * Everything about a kind of cell but its jobs (jobs.ts, which imports the engine), its component (ui/cells/components.ts)
 * and its words (ui/words). `Value` is the cell as it is read, plain data.
 */
export interface KindDescriptor<Kind extends LabKind, Value, Own extends string = never> {
  /** Settings that only this kind has, by name. */
  numbers: Readonly<Record<Own, CellNumber>>;
  /** The controls of its settings; undefined where they are edited in another way, or there are none. */
  controls?: Controls;
  /** The body of a new cell: something that runs, within a minute where `software` stands for a GPU. */
  starter(software: boolean): string;
  /** Reads the body. Throws an Error that names what is unknown or impossible, and what was possible. */
  read(text: string, catalogue: Catalogue): Value;
  /** The canonical text, each setting on its line; `read` reads it back. */
  print(cell: Value, catalogue: Catalogue): string;
  /** The experiments that the cell holds. */
  experiments(cell: Value): Experiment[];
  /** The runs that it makes, without defaults of a GPU. Throws an Error that says why the settings cannot be run. */
  runs(cell: Value, catalogue: Catalogue): Run[];
  /** Whether it tries all variants of the kernels that its settings leave open. */
  searches?: boolean;
  /** The types of the events that are its results. */
  results: Readonly<Record<ResultsOf[Kind]['type'], true>>;
}

/** A block of settings: the values of those that only this kind of cell has, defaults filled in, and the experiment. */
export function readBlock<Own extends string>(
  numbers: Readonly<Record<Own, CellNumber>>,
  text: string,
  catalogue: Catalogue,
): { own: Record<Own, number>; experiment: Experiment } {
  const isOwn = (key: string): key is Own => Object.hasOwn(numbers, key);
  const settings = readSettings(text);
  const own: Partial<Record<Own, number>> = {};
  for (const [key, values] of settings) {
    if (!isOwn(key)) continue;
    if (Object.hasOwn(own, key)) throw new Error(`${key} is set twice`);
    requireOne(key, values);
    own[key] = readNumber(key, values[0], numbers[key]);
  }
  for (const key of keysOf(numbers)) own[key] ??= numbers[key].default;
  const others = settings.filter(([key]) => !isOwn(key));
  return { own: own as Record<Own, number>, experiment: readOthers(others, Object.keys(numbers), catalogue) };
}

/** An unknown setting is told which settings of its own the cell has. */
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

function readNumber(key: string, word: string, { smallest, largest, whole }: CellNumber): number {
  const number = Number(word);
  const written = whole ? /^\d{1,12}$/ : /^\d{1,12}(\.\d{1,12})?(e-?\d{1,2})?$/i;
  if (written.test(word) && number >= smallest && number <= largest) return number;
  throw new Error(
    `${key} must be a ${whole ? 'whole number' : 'number'} from ${smallest} to ${largest}; "${shorten(word)}" is not`,
  );
}

/** The lines of a cell's own settings that are not at their defaults. */
export const printNumbers = <Own extends string>(
  numbers: Readonly<Record<Own, CellNumber>>,
  values: Readonly<Record<NoInfer<Own>, number>>,
): string =>
  keysOf(numbers)
    .filter((key) => values[key] !== numbers[key].default)
    .map((key) => `${key}=${values[key]}\n`)
    .join('');

const keysOf = <Key extends string>(record: Readonly<Record<Key, unknown>>) => Object.keys(record) as Key[];

/** The time that a cell may take. */
export const budget = (seconds: number, about: string): CellNumber => ({
  about,
  smallest: 1,
  largest: 86_400,
  default: seconds,
});

/** Every setting in its usual place, but for those that have no meaning in this kind (`hides`) or are fields here. */
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

/** The runs of one experiment. Throws where there are none. */
export function runsOf(experiment: Experiment, catalogue: Catalogue): Run[] {
  const runs = expand(experiment, catalogue);
  if (runs.length === 0) throw new Error('No combination of these settings is possible');
  return runs;
}
