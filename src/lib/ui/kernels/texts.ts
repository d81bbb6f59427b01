/** The shipped texts of a kernel or a family of kernels: a notebook's shader starts from one and is compared with it. */
import { kernels, readVariants, variants } from '../../shaders';
import { familyOf } from '../../shaders/formats/formats';
import { compiledSource, sourceOf } from '../../shaders/sources';
import type { Variant } from '../../shaders/variant';

/** Families of kernels by name, with their members in the order of the formats. */
export const families: ReadonlyMap<string, string[]> = new Map(
  [...new Set(Object.keys(kernels).map(familyOf))].map((family) => [
    family,
    Object.keys(kernels).filter((kernel) => familyOf(kernel) === family),
  ]),
);

/** The names that a shader can be a variant of: each kernel, and each family with more than one kernel. */
export const kernelNames: readonly string[] = [...families].flatMap(([family, members]) =>
  members.length > 1 ? [family, ...members] : members,
);

/** A kernel's variants with their whole texts; a family's once for each name. Empty where there is no such kernel. */
export function shippedVariants(kernel: string): Variant[] {
  const members = Object.hasOwn(kernels, kernel) ? [kernel] : (families.get(kernel) ?? []);
  const found = variants.filter((variant) => members.includes(variant.kernel));
  return found
    .filter((variant, index) => found.findIndex(({ name }) => name === variant.name) === index)
    .map((variant) => ({ ...variant, text: sourceOf(variant) }));
}

/**
 * The texts that are compiled for a shader, shared files included, by the kernel they are for: a family's shader has one for
 * each weight format. Throws an Error where the header cannot be read.
 */
export const compiledTexts = (kernel: string, name: string, text: string): Map<string, string> =>
  new Map(readVariants(kernel, name, text).map((variant) => [variant.kernel, compiledSource(variant)]));
