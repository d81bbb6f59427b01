/**
 * An experiment is a list of settings, and one text names it in the address bar, the notebook and the terminal:
 *
 *   prefill=256&chunk=64,128&matmul_q4_k=block8,tiled&matmul_q4_k.step=16,32
 *
 * Every value is a list; the experiment is one run for each combination. A family of kernels (matmul, matvec …) sets
 * all its formats at once: matmul=tiled, matmul.step=32; a setting of one kernel wins over its family's, and one for
 * matrices of a shape, rows × columns, over its kernel's: matmul_q4_k@10240x2560=dot4, matmul_q4_k@10240x2560.step=32.
 */
import { SYNTHETIC } from '../../engine/synthetic';
import type { Variant } from '../../shaders/variant';
import {
  families,
  familyOf,
  kernelOf,
  membersOf,
  namesOf,
  REGISTRY,
  refusalOf,
  shapesIn,
  variantOf,
  type Catalogue,
} from './catalogue';
import { encode, plain, readSettings, shorten } from './settings';

/** Key → the values asked for, each in its canonical spelling. A key left out has its default. */
export type Experiment = Record<string, string[]>;

interface NumberSetting {
  about: string;
  smallest: number;
  largest: number;
  /** As it is written. */
  default: string;
}

/** The settings that are numbers, in the order they are written. */
export const NUMBERS: Record<string, NumberSetting> = {
  prefill: { about: 'prompt tokens', smallest: 1, largest: 1_048_576, default: '128' },
  chunk: {
    about: 'tokens per pass over the layers; "prefill" for the whole prompt',
    smallest: 1,
    largest: 4096,
    default: 'prefill',
  },
  decode: {
    about: 'tokens decoded one by one after each prefill',
    smallest: 0,
    largest: 65_536,
    default: '0',
  },
  samples: { about: 'timed repetitions', smallest: 1, largest: 1000, default: '5' },
  warmup: { about: 'repetitions before the timed ones, at least', smallest: 0, largest: 1000, default: '1' },
  steps_per_submit: {
    about: 'dispatches per command buffer; 0: few at first, then twice as many each time',
    smallest: 0,
    largest: 100_000,
    default: '0',
  },
  seed: { about: "of a synthetic model's weights", smallest: 0, largest: 4_294_967_295, default: '1' },
  target: { about: 'tokens per second to compare with', smallest: 1, largest: 1_000_000, default: '700' },
};

/** The settings that say how a sweep is shown; they change no run. */
export const VIEWS: Record<string, { about: string; single: boolean }> = {
  reference: { about: 'published figures to draw beside these, by name', single: false },
  x: { about: 'the setting along the chart', single: true },
  scale: { about: "of the chart's axis: linear or log", single: true },
};
const SCALES = ['linear', 'log'];

/** Whether a key is of a kernel, a family or a knob. */
export const isKernelKey = (key: string) =>
  key !== 'model' && !Object.hasOwn(NUMBERS, key) && !Object.hasOwn(VIEWS, key);

/** Models that have a name: everything else is a file or an address. */
export const NAMED_MODELS = ['demo', ...Object.keys(SYNTHETIC)];

const LONGEST_MODEL = 2000;

/**
 * Reads settings: `key=value&key=value` (percent-encoded, with or without the leading `?`), or one `key=value` a line
 * (taken as it is written). Throws an Error that names what is unknown or impossible, and what was possible.
 */
export function parseExperiment(text: string, catalogue = REGISTRY): Experiment {
  return readExperiment(readSettings(text), catalogue);
}

/** The same from keys and values that somebody else has split: the terminal's words, the page's controls. */
export function readExperiment(
  settings: [key: string, values: string[]][],
  catalogue = REGISTRY,
): Experiment {
  const experiment: Experiment = {};
  for (const [key, values] of settings) {
    if (Object.hasOwn(experiment, key))
      throw new Error(`${key} is set twice; write its values as one list, ${key}=a,b`);
    kindOf(key, catalogue);
    experiment[key] = [...new Set(values.map((value) => readValue(key, value, catalogue)))];
    if (experiment[key].length === 0) throw new Error(`${key} has no value`);
    if (Object.hasOwn(VIEWS, key) && VIEWS[key].single && experiment[key].length > 1)
      throw new Error(
        `${key} takes one value; it has ${experiment[key].length}: ${experiment[key].join(', ')}`,
      );
  }
  for (const key of Object.keys(experiment))
    if (kindOf(key, catalogue) === 'knob') checkKnob(experiment, key, catalogue);
  return experiment;
}

/**
 * The canonical text: keys in a fixed order, defaults left out, and nothing encoded that a reader could read.
 * `lines` gives one setting a line, each ended; both forms are read back by `parseExperiment`.
 */
export function formatExperiment(
  experiment: Experiment,
  form: 'query' | 'lines' = 'query',
  catalogue = REGISTRY,
): string {
  const keys = orderedKeys(experiment, catalogue).filter(
    (key) => Object.hasOwn(experiment, key) && !isDefault(experiment, key, catalogue),
  );
  if (form === 'query') return keys.map((key) => `${key}=${experiment[key].map(encode).join(',')}`).join('&');
  return keys.map((key) => `${key}=${experiment[key].map(plain).join(',')}\n`).join('');
}

/** The values of a key, its default when it is not set; for a kernel whose family is set, the family's. */
export function valuesOf(experiment: Experiment, key: string, catalogue = REGISTRY): string[] {
  if (Object.hasOwn(experiment, key)) return experiment[key];
  if (key === 'model') return ['demo'];
  if (Object.hasOwn(NUMBERS, key)) return [NUMBERS[key].default];
  if (Object.hasOwn(VIEWS, key)) return key === 'scale' ? ['linear'] : [];
  if (kernelOf(key) !== key) return valuesOf(experiment, kernelOf(key), catalogue);
  const family = experiment[familyOf(key)]?.filter((name) => variantOf(key, name, catalogue));
  return family?.length ? family : [catalogue.kernels[key].default];
}

/**
 * The experiment with one key changed (no values: back to its default), without the knob settings that no chosen variant
 * has any more: what a control of the page does.
 */
export function change(
  experiment: Experiment,
  key: string,
  values: string[],
  catalogue = REGISTRY,
): Experiment {
  const next: Experiment = { ...experiment, [key]: values.map((value) => readValue(key, value, catalogue)) };
  if (values.length === 0) delete next[key];
  for (const knob of Object.keys(next)) {
    if (kindOf(knob, catalogue) !== 'knob') continue;
    const possible = knobChoices(next, knob, catalogue);
    next[knob] = next[knob].filter((value) => possible.includes(Number(value)));
    if (next[knob].length === 0) delete next[knob];
  }
  return next;
}

/** The knobs of a kernel's (or family's) chosen variants, each with the choices that these variants offer. */
export function knobsOf(
  experiment: Experiment,
  kernel: string,
  catalogue = REGISTRY,
): Record<string, number[]> {
  const knobs: Record<string, number[]> = {};
  for (const { knobs: own } of chosenVariants(experiment, kernel, catalogue))
    for (const [name, { choices }] of Object.entries(own))
      knobs[name] = [...new Set([...(knobs[name] ?? []), ...choices])].sort((a, b) => a - b);
  return knobs;
}

type Kind = 'model' | 'number' | 'view' | 'kernel' | 'family' | 'knob';

function kindOf(key: string, catalogue: Catalogue): Kind {
  if (key === 'model') return 'model';
  if (Object.hasOwn(NUMBERS, key)) return 'number';
  if (Object.hasOwn(VIEWS, key)) return 'view';
  if (Object.hasOwn(catalogue.kernels, kernelOf(key))) return 'kernel';
  const known = families(catalogue);
  if (Object.hasOwn(known, key)) return 'family';
  const [kernel, ...knob] = key.split('.');
  if (
    knob.length === 1 &&
    (Object.hasOwn(catalogue.kernels, kernelOf(kernel)) || Object.hasOwn(known, kernel))
  )
    return 'knob';
  const single = Object.keys(catalogue.kernels).filter((name) => familyOf(name) === name);
  const possible = [
    'model',
    ...Object.keys(NUMBERS),
    ...Object.keys(VIEWS),
    ...single,
    ...Object.keys(known),
  ];
  const example = Object.values(known)[0]?.at(-1);
  throw new Error(
    `Unknown setting "${shorten(key)}"; known: ${possible.join(', ')}` +
      (example ? `; one format's kernel, such as ${example}; and kernel.knob` : '; and kernel.knob'),
  );
}

function readValue(key: string, value: string, catalogue: Catalogue): string {
  if (value === '') throw new Error(`${key} has an empty value`);
  const kind = kindOf(key, catalogue);
  if (kind === 'model') return readModel(value);
  if (kind === 'number') return readNumber(key, value);
  if (kind === 'view') return readView(key, value, catalogue);
  if (kind === 'knob') {
    if (!/^\d{1,9}$/.test(value))
      throw new Error(`${key} must be a whole number; "${shorten(value)}" is not`);
    return String(Number(value));
  }
  const refusal = refusalOf(key, value, catalogue);
  if (refusal) throw new Error(refusal);
  const names = [...new Set(membersOf(key, catalogue).flatMap((kernel) => namesOf(kernel, catalogue)))];
  if (!names.includes(value))
    throw new Error(`${key} has no variant "${shorten(value)}"; it has: ${names.join(', ')}`);
  return value;
}

function readModel(value: string): string {
  if (value.length > LONGEST_MODEL)
    throw new Error(`model: a name of ${value.length} characters is too long`);
  // eslint-disable-next-line no-control-regex -- exactly these must not reach a file name or a request
  if (/[\u0000-\u001f\u007f]/.test(value))
    throw new Error('model: control characters cannot be part of a name');
  if (/^synthetic-/.test(value) && !NAMED_MODELS.includes(value))
    throw new Error(
      `There is no model "${shorten(value)}"; there are: ${NAMED_MODELS.join(', ')}, a file, a URL`,
    );
  return value;
}

function readNumber(key: string, value: string): string {
  const { smallest, largest } = NUMBERS[key];
  if (key === 'chunk' && value === 'prefill') return value;
  const pattern = key === 'target' ? /^\d{1,12}(\.\d{1,6})?$/ : /^\d{1,12}$/;
  const number = Number(value);
  if (!pattern.test(value) || number < smallest || number > largest)
    throw new Error(
      `${key} must be a ${key === 'target' ? 'number' : 'whole number'} from ${smallest} to ${largest}` +
        `${key === 'chunk' ? ', or "prefill"' : ''}; "${shorten(value)}" is not`,
    );
  return String(number);
}

function readView(key: string, value: string, catalogue: Catalogue): string {
  if (key === 'scale' && !SCALES.includes(value))
    throw new Error(`scale must be ${SCALES.join(' or ')}; "${shorten(value)}" is not`);
  if (key === 'reference' && !/^[A-Za-z0-9][\w-]{0,59}$/.test(value))
    throw new Error(`reference is a name such as phase-2; "${shorten(value)}" is not`);
  if (key === 'x' && (kindOf(value, catalogue) === 'view' || value === 'target'))
    throw new Error(`x is the setting along the chart, such as chunk; "${value}" changes no run`);
  return value;
}

/** A knob that no chosen variant has would be ignored, and its speed believed: that is an error. */
function checkKnob(experiment: Experiment, key: string, catalogue: Catalogue): void {
  const [kernel, knob] = key.split('.');
  const chosen = chosenVariants(experiment, kernel, catalogue);
  const choices = knobChoices(experiment, key, catalogue);
  if (choices.length === 0) {
    const owners = membersOf(kernel, catalogue)
      .flatMap((member) => catalogue.variants.filter((variant) => variant.kernel === member))
      .filter((variant) => Object.hasOwn(variant.knobs, knob));
    const names = (list: Variant[]) => [...new Set(list.map(({ name }) => name))].join(', ');
    const knobs = Object.keys(knobsOf(experiment, kernel, catalogue)).join(', ') || 'none';
    throw new Error(
      owners.length
        ? `${key}: the variant chosen (${names(chosen)}) has no such knob; choose ${kernel}=${names(owners)}`
        : `${kernel} has no knob "${shorten(knob)}"; its variant ${names(chosen)} has: ${knobs}`,
    );
  }
  const wrong = experiment[key].find((value) => !choices.includes(Number(value)));
  if (wrong !== undefined) throw new Error(`${key} cannot be ${wrong}; its choices: ${choices.join(', ')}`);
}

function knobChoices(experiment: Experiment, key: string, catalogue: Catalogue): number[] {
  const [kernel, knob] = key.split('.');
  const knobs = knobsOf(experiment, kernel, catalogue);
  return Object.hasOwn(knobs, knob) ? knobs[knob] : [];
}

function chosenVariants(experiment: Experiment, kernel: string, catalogue: Catalogue): Variant[] {
  const members = kernelOf(kernel) === kernel ? membersOf(kernel, catalogue) : [kernel];
  return members.flatMap((member) =>
    valuesOf(experiment, member, catalogue).flatMap((name) => variantOf(member, name, catalogue) ?? []),
  );
}

/** model, numbers, families, kernels, those of one shape, then the knobs of each: the order of the canonical text. */
export function orderedKeys(experiment: Experiment, catalogue: Catalogue): string[] {
  const owners = [
    ...Object.keys(families(catalogue)),
    ...Object.keys(catalogue.kernels),
    ...shapesIn(experiment),
  ];
  const knobs = owners.flatMap((owner) => {
    const own = membersOf(owner, catalogue).flatMap((kernel) =>
      catalogue.variants
        .filter((variant) => variant.kernel === kernel)
        .flatMap((variant) => Object.keys(variant.knobs)),
    );
    return [...new Set(own)].map((knob) => `${owner}.${knob}`);
  });
  return ['model', ...Object.keys(NUMBERS), ...Object.keys(VIEWS), ...owners, ...knobs];
}

/** A kernel at its default may go unsaid only while its family says nothing; what a knob's default is depends on the variant. */
function isDefault(experiment: Experiment, key: string, catalogue: Catalogue): boolean {
  const kind = kindOf(key, catalogue);
  if (kind === 'knob' || kind === 'family' || kernelOf(key) !== key) return false;
  if (kind === 'kernel' && catalogue.vendorKernels?.includes(key)) return false;
  if (kind === 'kernel' && familyOf(key) !== key && experiment[familyOf(key)]) return false;
  return experiment[key].join() === valuesOf({}, key, catalogue).join();
}
