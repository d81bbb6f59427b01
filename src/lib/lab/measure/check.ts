/**
 * Compiles variants and checks them on this device before anything is timed: at their kernels' own cases against the
 * CPU reference, and at the shapes of the model against the plain variant.
 */
import { check } from '../../engine/check';
import type { Step } from '../../engine/encode';
import { kernels as registry } from '../../shaders';
import { isInexact, type Sizes } from '../../shaders/kernel';
import { requireRules } from '../../shaders/rules';
import type { Variant } from '../../shaders/variant';
import type { Checks } from '../records/record';
import { bytesAtShape, checkAtShape, checkingVariants } from './atShape';
import { overlapping } from './overlapping';
import type { Report } from './progress';
import type { OpenGpu } from './session';

/** The outcome of a check: the largest error and its kernel, and what was checked. */
export interface Checked {
  error: number;
  kernel: string;
  checks: Checks;
  /** A variant states an error above 1e-3: no verdict and no tuned setting may rest on it. */
  inexact: boolean;
}

/** A variant at one of the shapes at which it runs. */
export type VariantUse = { variant: Variant; sizes: Sizes };

/**
 * Compiles the variants of the uses in parallel, then checks each at its kernel's cases and at its shapes. What was
 * checked on this device before is not checked again. Throws a Refusal for a wrong variant.
 */
export async function checkUses(
  uses: VariantUse[],
  gpu: OpenGpu,
  report: Report,
  signal: AbortSignal,
): Promise<Checked> {
  const from = performance.now();
  const variants = [...new Set(uses.map(({ variant }) => variant))];
  const worst = await checkAll(Object.fromEntries(variants.entries()), gpu, report, signal);
  const distinct = [...new Map(uses.map((use) => [shapeKey(use), use])).values()];
  const unchecked = distinct.filter((use) => !gpu.checked.has(shapeKey(use)));
  await untilAborted(
    compileToCheck(
      unchecked.map(({ variant }) => variant),
      gpu,
    ),
    signal,
  );
  const pieces = unchecked.map(({ variant, sizes }) => ({
    bytes: bytesAtShape(variant, sizes),
    start: (submitted: () => void) => gpu.unlessLost(checkAtShape(gpu, variant, sizes, gpu.seed, submitted)),
  }));
  const errors = await overlapping(pieces, signal, (index) =>
    report('checking', index, pieces.length, unchecked[index].variant.kernel),
  );
  for (const [index, use] of unchecked.entries()) gpu.checked.set(shapeKey(use), errors[index]);
  for (const use of distinct) {
    const error = gpu.checked.get(shapeKey(use))!;
    if (error > worst.error) Object.assign(worst, { error, kernel: use.variant.kernel });
  }
  const seconds = (performance.now() - from) / 1e3;
  return {
    ...worst,
    checks: { shapes: distinct.length, seed: gpu.seed, seconds },
    inexact: variants.some(isInexact),
  };
}

/** The uses of steps, by variant and sizes. */
export const usesOfSteps = (steps: Step[]): VariantUse[] =>
  steps.map(({ source, sizes }) => ({ variant: source, sizes }));

/** Compiles, all at once, what these variants are compared with at shapes. What fails here fails again when it is needed, and is told then. */
export async function compileToCheck(
  variants: readonly Variant[],
  { kernels }: Pick<OpenGpu, 'kernels'>,
): Promise<void> {
  const needed = checkingVariants(variants.filter(({ passes }) => passes.length > 0));
  await Promise.allSettled(needed.map((variant) => kernels.compile(variant)));
}

/**
 * Compiles the variants in parallel, then checks each at its kernel's cases. Returns the largest error (normalised mean
 * squared) and its kernel; throws for a wrong variant.
 */
export async function checkAll(
  choice: Record<string, Variant>,
  gpu: Pick<OpenGpu, 'kernels' | 'checked' | 'seed'>,
  report: Report,
  signal: AbortSignal,
) {
  const variants = Object.values(choice).filter(({ passes }) => passes.length > 0);
  const unchecked = variants.filter((variant) => !gpu.checked.has(checkKey(variant)));
  const told: Report = (...progress) => signal.aborted || report(...progress);
  await untilAborted(compileAll(unchecked, gpu, told), signal);
  const cases = unchecked.flatMap((variant) =>
    registry[variant.kernel].cases.map((sizes) => ({ variant, sizes })),
  );
  const pieces = cases.map(({ variant, sizes }) => ({
    bytes: bytesAtShape(variant, sizes),
    start: (submitted: () => void) =>
      check(gpu.kernels, registry[variant.kernel], variant, sizes, gpu.seed, submitted),
  }));
  const errors = await overlapping(pieces, signal, (index) => {
    const { variant } = cases[index];
    report('checking', unchecked.indexOf(variant), unchecked.length, variant.kernel);
  });
  for (const variant of unchecked) {
    const own = errors.filter((_, index) => cases[index].variant === variant);
    gpu.checked.set(checkKey(variant), Math.max(0, ...own));
  }
  let worst = { error: 0, kernel: '' };
  for (const variant of variants) {
    const error = gpu.checked.get(checkKey(variant)) ?? 0;
    if (error >= worst.error) worst = { error, kernel: variant.kernel };
  }
  return worst;
}

/** True if all these variants passed at their kernels' cases on this device before. */
export const isChecked = (variants: Variant[], { checked }: Pick<OpenGpu, 'checked'>): boolean =>
  variants.every((variant) => variant.passes.length === 0 || checked.has(checkKey(variant)));

/** Key of a checked variant. It includes the kernel: one text can be right for one kernel and wrong for another. */
const checkKey = ({ kernel, wgsl }: Variant) => `${kernel}\n${wgsl}`;

const shapeKey = ({ variant, sizes }: VariantUse) => `${Object.values(sizes).join()}\n${checkKey(variant)}`;

/**
 * Compiles variants in parallel: drivers use several threads when several pipelines are requested at once. Throws a
 * HeaderError `bindings`, before it compiles any, for a variant that could write its inputs.
 */
export async function compileAll(
  variants: Variant[],
  { kernels }: Pick<OpenGpu, 'kernels'>,
  report: Report,
): Promise<void> {
  for (const variant of variants) requireRules(variant, registry[variant.kernel]);
  let done = 0;
  if (variants.length) report('compiling', done, variants.length);
  const compile = async (variant: Variant) => {
    await kernels.compile(variant);
    report('compiling', ++done, variants.length, variant.kernel);
  };
  await Promise.all(variants.map(compile));
}

/** The result of work, or the signal's reason at once. The work cannot be stopped: `Kernels.settled` waits for what is left of it. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  work.catch(() => undefined); // its failure after the abort is of no interest
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => (abort = () => reject(signal.reason as Error)));
  signal.addEventListener('abort', abort);
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort));
}
