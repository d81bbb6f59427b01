/** An experiment's runs: one for each combination of its values. */
import { withKnobs, type Variant } from '../../shaders/variant';
import { familyOf, kernelOf, REGISTRY, shapesIn, variantOf, type Catalogue } from './catalogue';
import { formatExperiment, isKernelKey, NUMBERS, orderedKeys, valuesOf, type Experiment } from './experiment';

const MOST_RUNS = 1000;

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
  /** Dispatches in one command buffer; 0: few at first, then ever more. */
  stepsPerSubmit: number;
  /** Of a synthetic model's weights. */
  seed: number;
  /** Every kernel of the catalogue, of which a model uses some; and those of single shapes, as kernel@ROWSxCOLUMNS. */
  variants: Record<string, ChosenVariant>;
}

/**
 * The runs of an experiment, in the order written: the last key turns fastest. A chunk never holds more tokens than the
 * prompt, so `prefill=64&chunk=64,128` is one run; runs that would do the same thing are made once.
 */
export function expand(experiment: Experiment, catalogue = REGISTRY): Run[] {
  const keys = ['model', ...Object.keys(NUMBERS).filter((key) => key !== 'target')];
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
