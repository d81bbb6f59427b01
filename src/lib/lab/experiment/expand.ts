/** Expands an experiment into its runs: one for each combination of its values. */
import { MOST_POSITIONS } from '../../engine/limits';
import { withKnobs, type Variant } from '../../shaders/variant';
import { familyOf } from '../../shaders/formats/formats';
import { isForSequences } from '../../shaders/shared/sequences';
import { kernelOf, REGISTRY, shapesIn, variantOf, type Catalogue } from './catalogue';
import { complete } from './defaults';
import { fieldOf, isKernelKey, NUMBERS, RUN_NAMES, type RunNumbers } from './descriptors';
import { orderedKeys, valuesOf, withoutDefaults, type Experiment } from './experiment';
import { formatQuery } from './settings';

const MOST_RUNS = 1000;

/** The variant of a kernel that runs, with the values of all its knobs. */
export interface ChosenVariant {
  name: string;
  knobs: Record<string, number>;
}

/**
 * One point of an experiment, plain data. Its numbers (`prefill`, `chunk`, `stepsPerSubmit` …) are those of descriptors.ts;
 * `chunk` is a number of tokens, never more than `prefill`.
 */
export interface Run extends RunNumbers {
  /** Settings that repeat exactly this run, as a query string: the text of `experiment`. */
  settings: string;
  /** One value for each key, without defaults. */
  experiment: Experiment;
  model: string;
  /** Variants of all kernels in the catalogue (a model uses some), and of single shapes by kernel@ROWSxCOLUMNS. */
  variants: Record<string, ChosenVariant>;
}

/**
 * The runs of an experiment, in the order written: the last key varies fastest. A chunk never holds more tokens than the
 * prompt, so `prefill=64&chunk=64,128` is one run; equal runs are made once. Throws for more than 1000 combinations.
 */
export function expand(experiment: Experiment, catalogue = REGISTRY): Run[] {
  const keys = ['model', ...RUN_NAMES];
  const chosen = orderedKeys(experiment, catalogue).filter((key) => isKernelKey(key) && experiment[key]);
  const lists = [...keys, ...chosen].map((key) => [key, valuesOf(experiment, key, catalogue)] as const);
  const count = lists.reduce((product, [, values]) => product * values.length, 1);
  if (count > MOST_RUNS)
    throw new Error(
      `These settings ask for ${count.toLocaleString('en')} runs; at most ${MOST_RUNS} are possible`,
    );
  const runs = new Map<string, Run>();
  for (const point of points(lists)) {
    const run = runAt(point, catalogue);
    const identity = run && JSON.stringify({ ...run, settings: '', experiment: {} });
    if (identity && !runs.has(identity)) runs.set(identity, run);
  }
  return [...runs.values()];
}

/** The run with this GPU's defaults for the kernels that its settings leave open. */
export const withDefaults = (run: Run, defaults: Experiment, catalogue = REGISTRY): Run =>
  expand(complete(run.experiment, defaults), catalogue)[0];

/**
 * The variants of a run for these kernels, with their knobs set, in the form that the engine takes. Throws for a kernel
 * that the catalogue lacks.
 */
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

function runAt(asked: Record<string, string>, catalogue: Catalogue): Run | undefined {
  // Without decoding, the number of sequences makes no difference: one run is enough.
  const point = asked.decode === '0' ? { ...asked, sequences: '1' } : asked;
  const used = new Set<string>(['model', ...RUN_NAMES]);
  const chosen: Record<string, ChosenVariant> = {};
  for (const kernel of [...Object.keys(catalogue.kernels), ...shapesIn(point)]) {
    if (isForSequences(kernelOf(kernel)) && point.sequences === '1') continue; // it would not run
    const choice = variantAt(point, kernel, used, catalogue);
    if (choice === 'impossible') return undefined;
    if (choice) chosen[kernel] = choice;
  }
  const numbers = Object.fromEntries(
    RUN_NAMES.map((name) => [fieldOf(name), Number(point[name])]),
  ) as unknown as RunNumbers;
  const { prefill } = numbers;
  const wanted = point.chunk === NUMBERS.chunk.word ? NUMBERS.chunk.largest : numbers.chunk;
  const chunk = Math.min(wanted, prefill);
  const settings = Object.entries({ ...point, chunk: chunk === prefill ? 'prefill' : String(chunk) });
  const own = settings.filter(([key]) => used.has(key)).map(([key, value]) => [key, [value]] as const);
  const experiment = withoutDefaults(Object.fromEntries(own) as unknown as Experiment, catalogue);
  requireRoom(numbers);
  return {
    settings: formatQuery(Object.entries(experiment)),
    experiment,
    model: point.model,
    ...numbers,
    chunk,
    variants: chosen,
  };
}

/** The engine keeps the ids of a prompt and of the tokens decoded after it in one buffer. */
function requireRoom({ prefill, decode }: RunNumbers): void {
  if (prefill + decode > MOST_POSITIONS)
    throw new Error(
      `prefill and decode are at most ${MOST_POSITIONS} tokens together; these are ${prefill + decode}`,
    );
}

/**
 * A kernel's variant and knobs at one point; adds the keys that decided them to `used`. A family's setting has no effect on
 * a kernel without that variant or knob.
 */
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
