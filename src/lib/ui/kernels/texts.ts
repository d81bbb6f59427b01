/** The shipped shader texts of a kernel or a family, as starting points and for comparison. */
import { kernels, readVariants, variants } from '../../shaders';
import { familyOf } from '../../shaders/formats/formats';
import { compiledSource, sourceOf } from '../../shaders/sources';
import type { Variant } from '../../shaders/variant';

/** Maps each family to its kernels, in the order of the weight formats. */
export const families: ReadonlyMap<string, string[]> = new Map(
  [...new Set(Object.keys(kernels).map(familyOf))].map((family) => [
    family,
    Object.keys(kernels).filter((kernel) => familyOf(kernel) === family),
  ]),
);

/** Kernel names that a shader can implement: each kernel, and each family with more than one kernel. */
export const kernelNames: readonly string[] = [...families].flatMap(([family, members]) =>
  members.length > 1 ? [family, ...members] : members,
);

/**
 * Variants of a kernel or family, with their complete texts; a family's variants once per name. Empty if there is no
 * such kernel.
 */
export function shippedVariants(kernel: string): Variant[] {
  const members = Object.hasOwn(kernels, kernel) ? [kernel] : (families.get(kernel) ?? []);
  const found = variants.filter((variant) => members.includes(variant.kernel));
  return found
    .filter((variant, index) => found.findIndex(({ name }) => name === variant.name) === index)
    .map((variant) => ({ ...variant, text: sourceOf(variant) }));
}

/**
 * The complete texts that are compiled for a shader, shared files included, by kernel: a family's shader has one text for
 * each weight format. Throws an Error if the header cannot be read.
 */
export const compiledTexts = (kernel: string, name: string, text: string): Map<string, string> =>
  new Map(readVariants(kernel, name, text).map((variant) => [variant.kernel, compiledSource(variant)]));
