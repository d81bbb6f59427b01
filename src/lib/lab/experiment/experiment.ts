/**
 * An experiment is a list of settings, and one text names it in the address bar, the notebook and the terminal:
 *
 *   prefill=256&chunk=64,128&matmul_q4_k=block8,tiled&matmul_q4_k.tile_k=16,32
 *
 * Every value is a list; the experiment is one run for each combination. A family of kernels (matmul, matvec …) sets
 * all its formats at once: matmul=tiled, matmul.tile_k=32; a setting of one kernel wins over its family's, and one for
 * matrices of a shape, rows × columns, over its kernel's: matmul_q4_k@10240x2560=dot4, matmul_q4_k@10240x2560.tile_k=32.
 */
import { readSynthetic, SYNTHETIC } from '../../engine/geometries';
import { isHubText, readHubFile } from '../../models/names';
import { familyOf } from '../../shaders/formats/formats';
import type { Variant } from '../../shaders/variant';
import {
  families,
  kernelOf,
  membersOf,
  namesOf,
  REGISTRY,
  refusalOf,
  shapesIn,
  variantOf,
  variantsOf,
  type Catalogue,
} from './catalogue';
import {
  isNumberName,
  isViewName,
  NUMBER_NAMES,
  type NumberName,
  NUMBERS,
  numberDescriptor,
  viewDescriptor,
  type ViewName,
  VIEWS,
} from './descriptors';
import { presentKnob } from './formerNames';
import { formatLines, formatQuery, knobOf, ownerOf, readSettings, type Setting, shorten } from './settings';

/** Key → its values, each in its canonical spelling. A missing key has its default. */
export type Experiment = Record<string, string[]>;

/** The lab's own models; every other is published (models/catalogue.ts), a file or an address. */
export const NAMED_MODELS = ['demo', ...Object.keys(SYNTHETIC)];

/** True for these, and for a synthetic model with a share of zeros. */
export const isNamedModel = (model: string): boolean =>
  model === 'demo' || readSynthetic(model) !== undefined;

const LONGEST_MODEL = 2000;

/**
 * Reads settings: `key=value&key=value` (percent-encoded, with or without the leading `?`), or one `key=value` a line
 * (taken literally). Throws an Error that names what is unknown or impossible, and what was possible.
 */
export function parseExperiment(text: string, catalogue = REGISTRY): Experiment {
  return readExperiment(readSettings(text), catalogue);
}

/** Reads settings that are already split: words of the terminal, controls of the page. Throws like parseExperiment. */
export function readExperiment(settings: readonly Setting[], catalogue = REGISTRY): Experiment {
  const experiment: Experiment = {};
  for (const [key, values] of settings) {
    if (Object.hasOwn(experiment, key))
      throw new Error(`${key} is set twice; write its values as one list, ${key}=a,b`);
    kindOf(key, catalogue);
    experiment[key] = [...new Set(values.map((value) => readValue(key, value, catalogue)))];
    if (experiment[key].length === 0) throw new Error(`${key} has no value`);
    if (isViewName(key) && VIEWS[key].single) requireOne(key, experiment[key]);
  }
  const present = withPresentNames(experiment, catalogue);
  for (const key of Object.keys(present))
    if (kindOf(key, catalogue) === 'knob') checkKnob(present, key, catalogue);
  return present;
}

/** The experiment with its knobs under their present names, also as the chart's axis (formerNames.ts). */
function withPresentNames(experiment: Experiment, catalogue: Catalogue): Experiment {
  const presentKey = (key: string) => {
    const [kernel, knob] = [ownerOf(key), knobOf(key)];
    if (knob === '' || kindOf(key, catalogue) !== 'knob') return key;
    return `${kernel}.${presentKnob(knob, chosenVariants(experiment, kernel, catalogue))}`;
  };
  const present: Experiment = {};
  for (const [key, values] of Object.entries(experiment)) {
    const name = presentKey(key);
    if (Object.hasOwn(present, name)) throw new Error(`${name} is set twice, once by its former name`);
    present[name] = key === 'x' ? values.map(presentKey) : values;
  }
  return present;
}

/** Throws if a setting that takes one value has several; `where` limits the statement to a place ("here"). */
export function requireOne(key: string, values: readonly string[], where = ''): void {
  if (values.length > 1)
    throw new Error(`${key} takes one value${where}; it has ${values.length}: ${values.join(', ')}`);
}

/**
 * The canonical text: keys in a fixed order, defaults left out, and nothing encoded that could be read without. `lines`
 * gives each setting a line, or one line with a query where a model's name holds a comma. `parseExperiment` reads both.
 */
export function formatExperiment(
  experiment: Experiment,
  form: 'query' | 'lines' = 'query',
  catalogue = REGISTRY,
): string {
  const settings = Object.entries(withoutDefaults(experiment, catalogue));
  return form === 'query' ? formatQuery(settings) : formatLines(settings);
}

/** The experiment in canonical order, without settings that have their default value. */
export function withoutDefaults(experiment: Experiment, catalogue = REGISTRY): Experiment {
  const keys = orderedKeys(experiment, catalogue).filter(
    (key) => Object.hasOwn(experiment, key) && !isDefault(experiment, key, catalogue),
  );
  return Object.fromEntries(keys.map((key) => [key, experiment[key]]));
}

/** The values of a key, or its default if it is not set; for a kernel whose family is set, those of the family. */
export function valuesOf(experiment: Experiment, key: string, catalogue = REGISTRY): string[] {
  if (Object.hasOwn(experiment, key)) return experiment[key];
  if (key === 'model') return ['demo'];
  if (isNumberName(key)) return [NUMBERS[key].default];
  if (isViewName(key)) return [...VIEWS[key].default];
  if (kernelOf(key) !== key) return valuesOf(experiment, kernelOf(key), catalogue);
  const family = experiment[familyOf(key)]?.filter((name) => variantOf(key, name, catalogue));
  return family?.length ? family : [catalogue.kernels[key].default];
}

/**
 * The experiment with one key changed (no values: back to its default), as a control of the page changes it. Knob settings
 * that no chosen variant has any more are dropped.
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
  if (isNumberName(key)) return 'number';
  if (isViewName(key)) return 'view';
  if (Object.hasOwn(catalogue.kernels, kernelOf(key))) return 'kernel';
  const known = families(catalogue);
  if (Object.hasOwn(known, key)) return 'family';
  const owner = ownerOf(key);
  const isOwner = Object.hasOwn(catalogue.kernels, kernelOf(owner)) || Object.hasOwn(known, owner);
  if (isOwner && /^\w+$/.test(knobOf(key))) return 'knob';
  const single = Object.keys(catalogue.kernels).filter((name) => familyOf(name) === name);
  const possible = ['model', ...NUMBER_NAMES, ...Object.keys(VIEWS), ...single, ...Object.keys(known)];
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
  if (isNumberName(key)) return readNumber(key, value);
  if (isViewName(key)) return readView(key, value, catalogue);
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
  // oxlint-disable-next-line no-control-regex -- exactly these must not reach a file name or a request
  if (/[\u0000-\u001f\u007f]/.test(value))
    throw new Error('model: control characters cannot be part of a name');
  if (isHubText(value)) readHubFile(value);
  if (/^synthetic-/.test(value) && !isNamedModel(value))
    throw new Error(
      `There is no model "${shorten(value)}"; there are: ${NAMED_MODELS.join(', ')}, rwkv7-g1…, hf:…, a file, a URL`,
    );
  return value;
}

function readNumber(key: NumberName, written: string): string {
  const { smallest, largest, fraction, word, aliases = {} } = numberDescriptor(key);
  if (written === word) return written;
  const value = Object.hasOwn(aliases, written) ? aliases[written] : written;
  const pattern = fraction ? /^\d{1,12}(\.\d{1,6})?$/ : /^\d{1,12}$/;
  const number = Number(value);
  const words = [...(word ? [word] : []), ...Object.keys(aliases)];
  if (!pattern.test(value) || number < smallest || number > largest)
    throw new Error(
      `${key} must be a ${fraction ? 'number' : 'whole number'} from ${smallest} to ${largest}` +
        `${words.length ? `, or "${words.join('" or "')}"` : ''}; "${shorten(value)}" is not`,
    );
  return String(number);
}

function readView(key: ViewName, value: string, catalogue: Catalogue): string {
  const { choices } = viewDescriptor(key);
  if (choices && !choices.includes(value))
    throw new Error(`${key} must be ${choices.join(' or ')}; "${shorten(value)}" is not`);
  if (key === 'reference' && !/^[A-Za-z0-9][\w-]{0,59}$/.test(value))
    throw new Error(`reference is a name such as phase-2; "${shorten(value)}" is not`);
  if (key === 'x' && (kindOf(value, catalogue) === 'view' || value === 'target'))
    throw new Error(`x is the setting along the chart, such as chunk; "${value}" changes no run`);
  return value;
}

/** Throws for a knob that no chosen variant has: it would be ignored, and the measured speed attributed to it. */
function checkKnob(experiment: Experiment, key: string, catalogue: Catalogue): void {
  const [kernel, knob] = [ownerOf(key), knobOf(key)];
  const chosen = chosenVariants(experiment, kernel, catalogue);
  const choices = knobChoices(experiment, key, catalogue);
  if (choices.length === 0) {
    const owners = membersOf(kernel, catalogue)
      .flatMap((member) => [...variantsOf(member, catalogue).values()])
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
  const [kernel, knob] = [ownerOf(key), knobOf(key)];
  const knobs = knobsOf(experiment, kernel, catalogue);
  return Object.hasOwn(knobs, knob) ? knobs[knob] : [];
}

function chosenVariants(experiment: Experiment, kernel: string, catalogue: Catalogue): Variant[] {
  const members = kernelOf(kernel) === kernel ? membersOf(kernel, catalogue) : [kernel];
  return members.flatMap((member) =>
    valuesOf(experiment, member, catalogue).flatMap((name) => variantOf(member, name, catalogue) ?? []),
  );
}

/**
 * Every key in the order of the canonical text: model, numbers, views, families, kernels, kernels at one shape, and the
 * knobs of each.
 */
export function orderedKeys(experiment: Experiment, catalogue: Catalogue): string[] {
  const known = KEYS.get(catalogue) ?? fixedKeys(catalogue);
  KEYS.set(catalogue, known);
  const shapes = shapesIn(experiment);
  const knobs = shapes.flatMap((shape) => knobKeys(shape, catalogue));
  return [...known.owners, ...shapes, ...known.knobs, ...knobs];
}
/** A cache of the keys that every experiment can have: making the runs of one asks for them at each. */
const KEYS = new WeakMap<Catalogue, ReturnType<typeof fixedKeys>>();

function fixedKeys(catalogue: Catalogue) {
  const owners = [...Object.keys(families(catalogue)), ...Object.keys(catalogue.kernels)];
  return {
    owners: ['model', ...NUMBER_NAMES, ...Object.keys(VIEWS), ...owners],
    knobs: owners.flatMap((owner) => knobKeys(owner, catalogue)),
  };
}

function knobKeys(owner: string, catalogue: Catalogue): string[] {
  const own = membersOf(owner, catalogue).flatMap((kernel) =>
    [...variantsOf(kernel, catalogue).values()].flatMap(({ knobs }) => Object.keys(knobs)),
  );
  return [...new Set(own)].map((knob) => `${owner}.${knob}`);
}

/**
 * True if a setting may be left out. A kernel's may be only while its family is not set; a knob's never, because its
 * default depends on the variant.
 */
function isDefault(experiment: Experiment, key: string, catalogue: Catalogue): boolean {
  const kind = kindOf(key, catalogue);
  if (kind === 'knob' || kind === 'family' || kernelOf(key) !== key) return false;
  if (kind === 'kernel' && catalogue.vendorKernels?.includes(key)) return false;
  if (kind === 'kernel' && familyOf(key) !== key && experiment[familyOf(key)]) return false;
  return experiment[key].join() === valuesOf({}, key, catalogue).join();
}
