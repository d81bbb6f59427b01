/** The shipped texts of a kernel or of a family of kernels, as a shader starts from them and is compared with them. */
import { kernels, variants } from '../../shaders';
import { familyOf } from '../../shaders/formats/formats';
import { sourceOf } from '../../shaders/sources';
import type { Variant } from '../../shaders/variant';

/** Families of kernels by name, with their members in the order of the formats. */
export const families: ReadonlyMap<string, string[]> = new Map(
  [...new Set(Object.keys(kernels).map(familyOf))].map((family) => [
    family,
    Object.keys(kernels).filter((kernel) => familyOf(kernel) === family),
  ]),
);

/** Everything that a shader may be a variant of: kernels, and families of more than one. */
export const kernelNames: readonly string[] = [...families].flatMap(([family, members]) =>
  members.length > 1 ? [family, ...members] : members,
);

/** Variants of a kernel, with their whole text; of a family one for each name, whichever format has it. Empty for what is no kernel. */
export function shippedVariants(kernel: string): Variant[] {
  const members = Object.hasOwn(kernels, kernel) ? [kernel] : (families.get(kernel) ?? []);
  const found = variants.filter((variant) => members.includes(variant.kernel));
  return found
    .filter((variant, index) => found.findIndex(({ name }) => name === variant.name) === index)
    .map((variant) => ({ ...variant, text: sourceOf(variant) }));
}
