/**
 * The settings that do not choose a kernel, one descriptor each. Parsing, bounds, the fields of a run, the axes of a chart
 * and the controls of the page are derived from these lists; the dictionaries of the page and the columns of the CSV are
 * checked against them by the compiler.
 */
import { MOST_CHUNK, MOST_POSITIONS } from '../../engine/limits';
import { MOST_SEQUENCES } from '../../shaders/shared/sequences';

/**
 * `result`: changes what a run computes; records store it, and charts can have it as an axis. `timing`: changes only
 * how often a run is timed. `display`: changes only how a run is shown.
 */
type Effect = 'result' | 'timing' | 'display';

export interface NumberDescriptor {
  /** Description in English, for the terminal; the page uses its dictionaries. */
  about: string;
  unit: string;
  smallest: number;
  largest: number;
  /** Default value, as text. */
  default: string;
  /** Decimals are allowed. */
  fraction?: boolean;
  /** A word that is allowed instead of a number. */
  word?: string;
  /** Words that are read as a number. */
  aliases?: Readonly<Record<string, string>>;
  effect: Effect;
  /** True if the setting has a meaning for a given text that is not timed (generate, logits). */
  forTexts: boolean;
  /** True if all runs of a comparison must have the same value to be timed against each other. */
  sameInComparison: boolean;
  /** The control on the page: a list of choices, a field, or a field among the rarely used. */
  control: 'list' | 'field' | 'folded';
  /** The choices of a list. */
  choices?: readonly string[];
}

const COUNT = { fraction: false, forTexts: false, sameInComparison: false } as const;

/** The settings that are numbers, in the order they are written. */
export const NUMBERS = {
  prefill: {
    ...COUNT,
    about: 'prompt tokens',
    unit: 'tokens',
    smallest: 1,
    largest: MOST_POSITIONS,
    default: '128',
    effect: 'result',
    sameInComparison: true,
    control: 'list',
    choices: ['32', '64', '128', '256', '512', '1024', '2048'],
  },
  chunk: {
    ...COUNT,
    about: 'tokens per pass over the layers; "prefill" for the whole prompt',
    unit: 'tokens',
    smallest: 1,
    largest: MOST_CHUNK,
    default: 'prefill',
    word: 'prefill',
    effect: 'result',
    forTexts: true,
    control: 'list',
    choices: ['16', '32', '64', '128', '256', '512', '1024', 'prefill'],
  },
  decode: {
    ...COUNT,
    about: 'tokens decoded one by one after each prefill',
    unit: 'tokens',
    smallest: 0,
    largest: 65_536,
    default: '0',
    effect: 'result',
    sameInComparison: true,
    control: 'folded',
  },
  sequences: {
    ...COUNT,
    about: 'sequences that are decoded together, each with its own prompt and state',
    unit: 'sequences',
    smallest: 1,
    largest: MOST_SEQUENCES,
    default: '1',
    effect: 'result',
    sameInComparison: true,
    control: 'folded',
  },
  samples: {
    ...COUNT,
    about: 'timed repetitions',
    unit: 'repetitions',
    smallest: 1,
    largest: 1000,
    default: '10',
    effect: 'timing',
    control: 'field',
  },
  warmup: {
    ...COUNT,
    about: 'repetitions before the timed ones, at least',
    unit: 'repetitions',
    smallest: 0,
    largest: 1000,
    default: '1',
    effect: 'timing',
    control: 'field',
  },
  steps_per_submit: {
    ...COUNT,
    about: 'dispatches per command buffer; 0: few at first, then twice as many each time',
    unit: 'dispatches',
    smallest: 0,
    largest: 100_000,
    default: '0',
    effect: 'result',
    forTexts: true,
    control: 'folded',
  },
  seed: {
    ...COUNT,
    about: "of a synthetic model's weights",
    unit: '',
    smallest: 0,
    largest: 4_294_967_295,
    default: '1',
    effect: 'result',
    forTexts: true,
    sameInComparison: true,
    control: 'folded',
  },
  evaluate: {
    ...COUNT,
    about: 'tokens of a text whose predictions are compared with those of the exact kernels',
    unit: 'tokens',
    smallest: 0,
    largest: MOST_POSITIONS,
    default: '0',
    aliases: { on: '256', off: '0' },
    effect: 'result',
    control: 'folded',
  },
  target: {
    ...COUNT,
    about: 'tokens per second to compare with',
    unit: 'tokens/s',
    smallest: 1,
    largest: 1_000_000,
    default: '700',
    fraction: true,
    effect: 'display',
    control: 'field',
  },
} as const satisfies Record<string, NumberDescriptor>;

export interface ViewDescriptor {
  about: string;
  /** Takes one value, not a list. */
  single: boolean;
  default: readonly string[];
  /** The only possible values. */
  choices?: readonly string[];
}

/** The settings that say how a sweep is shown; they change no run. */
export const VIEWS = {
  reference: { about: 'published figures to draw beside these, by name', single: false, default: [] },
  x: { about: 'the setting along the chart', single: true, default: [] },
  scale: {
    about: "of the chart's axis: linear or log",
    single: true,
    default: ['linear'],
    choices: ['linear', 'log'],
  },
} as const satisfies Record<string, ViewDescriptor>;

export type NumberName = keyof typeof NUMBERS;
export type ViewName = keyof typeof VIEWS;

export const isNumberName = (key: string): key is NumberName => Object.hasOwn(NUMBERS, key);
export const isViewName = (key: string): key is ViewName => Object.hasOwn(VIEWS, key);
export const numberDescriptor = (name: NumberName): NumberDescriptor => NUMBERS[name];
export const viewDescriptor = (name: ViewName): ViewDescriptor => VIEWS[name];

/** True if a key names a kernel, a family or a knob. */
export const isKernelKey = (key: string): boolean =>
  key !== 'model' && !isNumberName(key) && !isViewName(key);

/** True if a setting changes what a run does, not only how it is timed or shown. */
export const changesResult = (key: string): boolean =>
  !isViewName(key) && !(isNumberName(key) && NUMBERS[key].effect !== 'result');

export const NUMBER_NAMES = Object.keys(NUMBERS) as NumberName[];

type WithEffect<Each extends Effect> = {
  [Name in NumberName]: (typeof NUMBERS)[Name]['effect'] extends Each ? Name : never;
}[NumberName];
/** The numbers that a record stores. */
export type ResultName = WithEffect<'result'>;
/** The numbers that a run has. */
export type RunName = WithEffect<'result' | 'timing'>;

export const RUN_NAMES = NUMBER_NAMES.filter((name): name is RunName => NUMBERS[name].effect !== 'display');
export const RESULT_NAMES = NUMBER_NAMES.filter(
  (name): name is ResultName => NUMBERS[name].effect === 'result',
);

/** steps_per_submit → stepsPerSubmit: a setting's name as a field of runs and records. */
export type FieldOf<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<FieldOf<Rest>>}`
  : Name;

export const fieldOf = <Name extends string>(name: Name) =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as FieldOf<Name>;

/** A run's settings that are numbers, by field. */
export type RunNumbers = { [Name in RunName as FieldOf<Name>]: number };
/** The numbers of a run that change its result, by field. */
export type ResultNumbers = { [Name in ResultName as FieldOf<Name>]: number };

/**
 * The default of each number that changes a result: the value in results that do not have it, because they are older than the
 * setting or come from another program. Every result has `prefill` and `chunk`.
 */
export const RESULT_DEFAULTS = Object.fromEntries(
  RESULT_NAMES.filter((name) => name !== 'prefill' && name !== 'chunk').map((name) => [
    fieldOf(name),
    Number(NUMBERS[name].default),
  ]),
) as unknown as Omit<ResultNumbers, 'prefill' | 'chunk'>;

/** The numbers of a run, or of a record, that change its result. */
export const resultNumbers = (from: ResultNumbers): ResultNumbers =>
  Object.fromEntries(RESULT_NAMES.map((name) => [fieldOf(name), from[fieldOf(name)]])) as ResultNumbers;
