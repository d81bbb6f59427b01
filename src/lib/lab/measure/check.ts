/** Compiles the variants of a run and compares each with its reference on this device, before anything is timed. */
import { check } from '../../engine/check';
import type { Choice } from '../../engine/forward';
import { kernels as registry } from '../../shaders';
import type { Variant } from '../../shaders/variant';
import type { Report } from './progress';
import type { OpenGpu } from './session';

/**
 * Compiles the variants in parallel, then checks each against its kernel's reference on this device. A variant that was
 * checked before is not checked again. Returns the largest error (normalised mean squared) and its kernel; throws for a
 * wrong variant.
 */
export async function checkAll(choice: Choice, gpu: OpenGpu, report: Report, signal: AbortSignal) {
  const variants = Object.values(choice);
  const unchecked = variants.filter((variant) => !gpu.checked.has(checkKey(variant)));
  await compileAll(unchecked, gpu, report);
  for (const [index, variant] of unchecked.entries()) {
    signal.throwIfAborted();
    report('checking', index, unchecked.length, variant.kernel);
    gpu.checked.set(checkKey(variant), await checkOne(variant, gpu));
  }
  let worst = { error: 0, kernel: '' };
  for (const variant of variants) {
    const error = gpu.checked.get(checkKey(variant)) ?? 0;
    if (error >= worst.error) worst = { error, kernel: variant.kernel };
  }
  return worst;
}

/** Key of a checked variant. It includes the kernel: one text can be right for one kernel and wrong for another. */
const checkKey = ({ kernel, wgsl }: Variant) => `${kernel}\n${wgsl}`;

/** Compiles variants in parallel: drivers use several threads when several pipelines are requested at once. */
export async function compileAll(variants: Variant[], { kernels }: OpenGpu, report: Report): Promise<void> {
  let done = 0;
  if (variants.length) report('compiling', done, variants.length);
  const compile = async (variant: Variant) => {
    await kernels.compile(variant);
    report('compiling', ++done, variants.length, variant.kernel);
  };
  await Promise.all(variants.map(compile));
}

async function checkOne(variant: Variant, { kernels }: OpenGpu): Promise<number> {
  const kernel = registry[variant.kernel];
  let largest = 0;
  for (const sizes of kernel.cases) largest = Math.max(largest, await check(kernels, kernel, variant, sizes));
  return largest;
}
