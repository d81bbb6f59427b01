/** The values that the controls offer: only kernels that the model has, and the workgroups of a variant as shapes. */
import { kernelOf, type Catalogue } from '$lib/lab/experiment/catalogue';
import type { RunRecord } from '$lib/lab/records/record';
import { formatNameOf } from '$lib/shaders/formats/formats';
import { brokenAssertion, constantsOf, type Variant } from '$lib/shaders/variant';

/** Weight formats of the lab's own models. */
const FORMATS: Record<string, readonly string[]> = { demo: ['q4_k', 'q6_k', 'f32'] };
const SYNTHETIC = ['q4_k', 'q6_k', 'f16', 'f32'];

const formatsOf = (model: string) =>
  FORMATS[model] ?? (model.startsWith('synthetic-') ? SYNTHETIC : undefined);

/**
 * True if one of these models uses the kernel, as far as that is known: from records of the model, else from the formats of the
 * lab's own models. A model of which nothing is known may have any kernel.
 */
export function isOffered(
  kernel: string,
  models: readonly string[],
  records: readonly Pick<RunRecord, 'model' | 'variants'>[],
): boolean {
  return models.some((model) => {
    const record = records.findLast((each) => each.model === model);
    if (record) return Object.keys(record.variants).some((key) => kernelOf(key) === kernel);
    const [formats, format] = [formatsOf(model), formatNameOf(kernel)];
    return !formats || !format || formats.includes(format);
  });
}

/** A shape of workgroups, and the knobs that make it. */
export interface Workgroup {
  /** `16 × 8` */
  shape: string;
  threads: number;
  knobs: Record<string, number>;
}

/** Constants that are the sides of a workgroup, in the order of preference; a variant has the first pair that it declares. */
const SIDES = [
  ['row_threads', 'token_threads'],
  ['block', 'block'],
  ['lanes', 'teams'],
  ['lanes', 'group_rows'],
  ['workgroup_size'],
  ['threads'],
  ['rows'],
];

/** Names of the knobs that shape a variant's workgroups; empty if none does. */
export function workgroupKnobs(variant: Variant): string[] {
  const constants = constantsOf(variant);
  const sides = SIDES.find((names) => names.every((name) => Object.hasOwn(constants, name))) ?? [];
  return [...new Set(sides)].filter((name) => Object.hasOwn(variant.knobs, name));
}

/** The workgroups that a variant's knobs can make, smallest first; none if its text does not tell their sides. */
export function workgroupsOf(variant: Variant): Workgroup[] {
  const constants = constantsOf(variant);
  const sides = SIDES.find((names) => names.every((name) => Object.hasOwn(constants, name))) ?? [];
  const names = workgroupKnobs(variant);
  let settings: Record<string, number>[] = names.length ? [{}] : [];
  for (const name of names)
    settings = settings.flatMap((setting) =>
      variant.knobs[name].choices.map((value) => ({ ...setting, [name]: value })),
    );
  return settings
    .filter((knobs) => !brokenAssertion(variant, knobs))
    .map((knobs) => {
      const lengths = sides.map((side) => knobs[side] ?? constants[side]);
      const threads = lengths.reduce((product, length) => product * length, 1);
      return { shape: lengths.join(' × '), threads, knobs };
    })
    .sort((a, b) => a.threads - b.threads);
}

/** The values of a knob that run for one variant: those set that it has, else its own default. */
export function litValues(variant: Variant, knob: string, set: readonly number[] | undefined): number[] {
  const { value, choices } = variant.knobs[knob];
  const possible = (set ?? []).filter((each) => choices.includes(each));
  return possible.length ? possible : [value];
}

/** The variants of a kernel, in the order of the catalogue. */
export const variantsOf = (kernel: string, { variants }: Catalogue): Variant[] =>
  variants.filter((variant) => variant.kernel === kernel);
