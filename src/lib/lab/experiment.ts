/**
 * An experiment is a list of settings, and one text names it in the address bar, the notebook and the terminal:
 *
 *   prefill=256&chunk=64,128&matmul_q4_k=block8,tiled&matmul_q4_k.step=16,32
 *
 * Every value is a list; the experiment is one run for each combination. A family of kernels (matmul, matvec …) sets
 * all its formats at once: matmul=tiled, matmul.step=32; a setting of one kernel wins over its family's, and one for
 * matrices of a shape, rows × columns, over its kernel's: matmul_q4_k@10240x2560=dot4, matmul_q4_k@10240x2560.step=32.
 */
import { SYNTHETIC } from '../engine/synthetic';
import { kernels, variants } from '../shaders';
import type { Kernel } from '../shaders/kernel';
import { formats } from '../shaders/shared/formats';
import { withKnobs, type Variant } from '../shaders/variant';
import { VENDOR_KERNELS } from './vendors';

/** Key → the values asked for, each in its canonical spelling. A key left out has its default. */
export type Experiment = Record<string, string[]>;

/** Which variant of a kernel runs, with every knob it has. */
export interface ChosenVariant {
  name: string;
  knobs: Record<string, number>;
}

/** One point of an experiment. Plain data. */
export interface Run {
  /** Settings that make exactly this run again, as a query string. */
  text: string;
  model: string;
  /** Prompt tokens. */
  prefill: number;
  /** Tokens a pass over the layers; never more than `prefill`. */
  chunk: number;
  /** Tokens decoded one by one after each prefill; 0: none. */
  decode: number;
  samples: number;
  warmup: number;
  /** Dispatches in one command buffer; 0: a whole chunk. */
  stepsPerSubmit: number;
  /** Of a synthetic model's weights. */
  seed: number;
  /** Every kernel of the catalogue, of which a model uses some; and those of single shapes, as kernel@ROWSxCOLUMNS. */
  variants: Record<string, ChosenVariant>;
}

/** The kernels and variants there are to choose from; the registry, except in tests. */
export interface Catalogue {
  kernels: Record<string, Pick<Kernel, 'default'>>;
  variants: Variant[];
  /** Kernels whose default depends on the GPU: what is said of them is never left out. */
  vendorKernels?: string[];
}

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
    about: 'dispatches per command buffer; 0 for a whole chunk',
    smallest: 0,
    largest: 100_000,
    default: '0',
  },
  seed: { about: "of a synthetic model's weights", smallest: 0, largest: 4_294_967_295, default: '1' },
  target: { about: 'tokens per second to compare with', smallest: 1, largest: 1_000_000, default: '700' },
};

/** Models that have a name: everything else is a file or an address. */
export const NAMED_MODELS = ['demo', ...Object.keys(SYNTHETIC)];

const MOST_RUNS = 1000;
const LONGEST_TEXT = 20_000;
const LONGEST_MODEL = 2000;
const REGISTRY: Catalogue = { kernels, variants, vendorKernels: VENDOR_KERNELS };

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

/** Kernel families: name → the kernels it stands for, one a weight format. */
export function families(catalogue = REGISTRY): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const kernel of Object.keys(catalogue.kernels)) {
    const family = familyOf(kernel);
    if (family !== kernel) (found[family] ??= []).push(kernel);
  }
  return found;
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

/**
 * The runs of an experiment, in the order written: the last key turns fastest. A chunk never holds more tokens than the
 * prompt, so `prefill=64&chunk=64,128` is one run; runs that would do the same thing are made once.
 */
export function expand(experiment: Experiment, catalogue = REGISTRY): Run[] {
  const keys = ['model', ...Object.keys(NUMBERS).filter((key) => key !== 'target')];
  const chosen = orderedKeys(experiment, catalogue).filter(
    (key) => !keys.includes(key) && key !== 'target' && experiment[key],
  );
  const lists = [...keys, ...chosen].map((key) => [key, valuesOf(experiment, key, catalogue)] as const);
  const count = lists.reduce((product, [, values]) => product * values.length, 1);
  if (count > MOST_RUNS)
    throw new Error(
      `These settings ask for ${count.toLocaleString('en')} runs; at most ${MOST_RUNS} are possible`,
    );
  const runs = new Map<string, Run>();
  for (const point of points(lists)) {
    const run = runAt(point, catalogue);
    const identity = run && JSON.stringify({ ...run, text: '' });
    if (identity && !runs.has(identity)) runs.set(identity, run);
  }
  return [...runs.values()];
}

/** The variants of a run for these kernels, knobs turned: what the engine takes. */
export function choose(run: Run, kernelNames: string[], catalogue = REGISTRY): Record<string, Variant> {
  const shaped = Object.keys(run.variants).filter(
    (key) => kernelOf(key) !== key && kernelNames.includes(kernelOf(key)),
  );
  return Object.fromEntries(
    [...kernelNames, ...shaped].map((kernel) => {
      const { name, knobs } = run.variants[kernel] ?? { name: '', knobs: {} };
      const variant = variantOf(kernel, name, catalogue);
      if (!variant) throw new Error(`The model needs the kernel ${kernel}, which has no variant here`);
      return [kernel, withKnobs(variant, knobs)];
    }),
  );
}

/** Splits settings into keys and lists of values, unchecked. */
export function readSettings(text: string): [key: string, values: string[]][] {
  if (text.length > LONGEST_TEXT)
    throw new Error(`The settings are ${text.length} characters long; at most ${LONGEST_TEXT} are possible`);
  const lines = text.includes('\n');
  const parts = lines ? text.split('\n') : text.replace(/^\?/, '').split('&');
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      if (at < 1) throw new Error(`"${shorten(part)}" is not a setting; write key=value`);
      const key = part.slice(0, at).trim();
      return [key, readList(key, part.slice(at + 1), lines)];
    });
}

/** Only a model's name may itself hold a comma, so only there are values split before they are decoded. */
function readList(key: string, list: string, lines: boolean): string[] {
  const split = (text: string) => text.split(',').map((value) => value.trim());
  if (lines) return split(list);
  return key === 'model' ? split(list).map(decode) : split(decode(list));
}

type Kind = 'model' | 'number' | 'kernel' | 'family' | 'knob';

function kindOf(key: string, catalogue: Catalogue): Kind {
  if (key === 'model') return 'model';
  if (Object.hasOwn(NUMBERS, key)) return 'number';
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
  const possible = ['model', ...Object.keys(NUMBERS), ...single, ...Object.keys(known)];
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
  if (kind === 'knob') {
    if (!/^\d{1,9}$/.test(value))
      throw new Error(`${key} must be a whole number; "${shorten(value)}" is not`);
    return String(Number(value));
  }
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

function runAt(point: Record<string, string>, catalogue: Catalogue): Run | undefined {
  const used = new Set(['model', ...Object.keys(NUMBERS)]);
  const chosen: Record<string, ChosenVariant> = {};
  for (const kernel of [...Object.keys(catalogue.kernels), ...shapesIn(point)]) {
    const choice = variantAt(point, kernel, used, catalogue);
    if (choice === 'impossible') return undefined;
    if (choice) chosen[kernel] = choice;
  }
  const prefill = Number(point.prefill);
  const largest = Number(NUMBERS.chunk.largest);
  const chunk = Math.min(point.chunk === 'prefill' ? largest : Number(point.chunk), prefill);
  const settings = Object.entries({ ...point, chunk: chunk === prefill ? 'prefill' : String(chunk) });
  const own = Object.fromEntries(
    settings.filter(([key]) => used.has(key)).map(([key, value]) => [key, [value]]),
  );
  return {
    text: formatExperiment(own, 'query', catalogue),
    model: point.model,
    prefill,
    chunk,
    decode: Number(point.decode),
    samples: Number(point.samples),
    warmup: Number(point.warmup),
    stepsPerSubmit: Number(point.steps_per_submit),
    seed: Number(point.seed),
    variants: chosen,
  };
}

/** A kernel's variant and knobs at one point; marks the keys that had a say. A family's setting leaves alone what lacks it. */
function variantAt(point: Record<string, string>, kernel: string, used: Set<string>, catalogue: Catalogue) {
  const owners = [kernel, kernelOf(kernel), familyOf(kernelOf(kernel))];
  const key = owners.find((owner) => point[owner] && variantOf(kernel, point[owner], catalogue));
  if (key) used.add(key);
  const variant = variantOf(
    kernel,
    key ? point[key] : catalogue.kernels[kernelOf(kernel)].default,
    catalogue,
  );
  if (!variant) return undefined;
  const knobs: Record<string, number> = {};
  for (const [name, { value, choices }] of Object.entries(variant.knobs)) {
    const asked = owners.map((owner) => `${owner}.${name}`).find((owner) => point[owner] !== undefined);
    const possible = asked !== undefined && choices.includes(Number(point[asked]));
    if (asked === `${kernel}.${name}` && !possible) return 'impossible' as const;
    if (asked && possible) used.add(asked);
    knobs[name] = asked && possible ? Number(point[asked]) : value;
  }
  return { name: variant.name, knobs };
}

function* points(lists: (readonly [string, string[]])[]): Generator<Record<string, string>> {
  const total = lists.reduce((product, [, values]) => product * values.length, 1);
  for (let index = 0; index < total; index++) {
    let rest = index;
    const point: [string, string][] = [];
    for (const [key, values] of lists.toReversed()) {
      point.push([key, values[rest % values.length]]);
      rest = Math.floor(rest / values.length);
    }
    yield Object.fromEntries(point.reverse());
  }
}

/** model, numbers, families, kernels, those of one shape, then the knobs of each: the order of the canonical text. */
function orderedKeys(experiment: Experiment, catalogue: Catalogue): string[] {
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
  return ['model', ...Object.keys(NUMBERS), ...owners, ...knobs];
}

/** A kernel at its default may go unsaid only while its family says nothing; what a knob's default is depends on the variant. */
function isDefault(experiment: Experiment, key: string, catalogue: Catalogue): boolean {
  const kind = kindOf(key, catalogue);
  if (kind === 'knob' || kind === 'family' || kernelOf(key) !== key) return false;
  if (kind === 'kernel' && catalogue.vendorKernels?.includes(key)) return false;
  if (kind === 'kernel' && familyOf(key) !== key && experiment[familyOf(key)]) return false;
  return experiment[key].join() === valuesOf({}, key, catalogue).join();
}

/** matmul_q4_k → matmul; a kernel that is not one format's is its own family. */
function familyOf(kernel: string): string {
  const format = Object.keys(formats).find((name) => kernel.endsWith(`_${name}`));
  return format ? kernel.slice(0, -format.length - 1) : kernel;
}

/** matmul_q4_k@10240x2560 → matmul_q4_k; a key that is not of one shape stays as it is. */
export function kernelOf(key: string): string {
  return key.replace(/@[1-9]\d{0,6}x[1-9]\d{0,6}$/, '');
}

/** The kernels of single shapes that settings speak of, by variant or knob. */
function shapesIn(settings: Record<string, unknown>): string[] {
  const owners = Object.keys(settings).map((key) => key.split('.')[0]);
  return [...new Set(owners.filter((owner) => kernelOf(owner) !== owner))].sort();
}

function membersOf(key: string, catalogue: Catalogue): string[] {
  const kernel = kernelOf(key);
  return Object.hasOwn(catalogue.kernels, kernel) ? [kernel] : (families(catalogue)[key] ?? []);
}

function namesOf(kernel: string, catalogue: Catalogue): string[] {
  return catalogue.variants.filter((variant) => variant.kernel === kernel).map(({ name }) => name);
}

function variantOf(kernel: string, name: string, catalogue: Catalogue): Variant | undefined {
  return catalogue.variants.find((variant) => variant.kernel === kernelOf(kernel) && variant.name === name);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % that nobody encoded
  }
}

/** Encodes what would end the value, the setting or the address, and leaves the rest readable. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|3D|3F|24|3B)/g, decodeURIComponent);
}

function plain(value: string): string {
  if (/[,\n]/.test(value) || value !== value.trim())
    throw new Error(`"${shorten(value)}" cannot be written on a line of its own; use the query form`);
  return value;
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
