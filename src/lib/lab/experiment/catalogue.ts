/** The kernels and variants that settings choose from, and how the key of a setting names them. */
import { apart, kernels, readVariants, variants } from '../../shaders';
import type { Kernel } from '../../shaders/kernel';
import { headOf } from '../../shaders/head';
import { familyOf } from '../../shaders/formats/formats';
import { type Variant, withKnobs } from '../../shaders/variant';
import { messageOf } from '../message';
import type { OwnVariant } from '../../shaders/variant';
import { ownerOf, shorten } from './settings';
import { VENDOR_KERNELS } from './vendors';

/** Kernels and variants to choose from: the registry's, and those that a notebook holds. */
export interface Catalogue {
  kernels: Record<string, Pick<Kernel, 'default'>>;
  variants: Variant[];
  /** Kernels whose default depends on the GPU: their settings are never left out of a text. */
  vendorKernels?: string[];
  /** Reasons why shaders of the notebook cannot be used, by `kernel/name`. */
  refused?: ReadonlyMap<string, string>;
}

export const REGISTRY: Catalogue = {
  kernels,
  variants: [...variants, ...apart],
  vendorKernels: VENDOR_KERNELS,
};

/**
 * The registry and the shaders of a notebook. A shader that cannot be used is listed in `refused`, and settings that name it
 * are an error with that reason; the others stay usable.
 */
export function catalogueWith(own: readonly OwnVariant[]): Catalogue {
  if (own.length === 0) return REGISTRY;
  const found = new Map<string, Variant>();
  const refused = new Map<string, string>();
  for (const { kernel, name, wgsl } of own) {
    const label = `${kernel}/${name}`;
    try {
      const read = readOwn(kernel, name, wgsl);
      const twice = read.find((variant) => found.has(labelOf(variant)) || refused.has(labelOf(variant)));
      if (twice) throw new Error(`two shaders of this notebook are called ${labelOf(twice)}; rename one`);
      for (const variant of read) found.set(labelOf(variant), variant);
    } catch (error) {
      refused.set(label, messageOf(error));
    }
  }
  for (const label of refused.keys()) found.delete(label);
  return { ...REGISTRY, variants: [...REGISTRY.variants, ...found.values()], refused };
}

/**
 * The variants that a shader of a notebook adds; none for a shipped shader under its own name. Throws an Error that says why
 * the shader cannot be used.
 */
export function readOwn(kernel: string, name: string, wgsl: string): Variant[] {
  if (!/^\w{1,60}$/.test(name))
    throw new Error(`"${shorten(name)}" is no name for a variant: letters, digits and _ are possible`);
  const read = readVariants(kernel, name, wgsl);
  const shipped = read.map(({ kernel: owner }) => variantOf(owner, name, REGISTRY)).find(Boolean);
  // The built page holds only the heads of the shipped texts; the worker holds them whole and compares the rest.
  if (shipped && [wgsl, headOf(wgsl)].includes(shipped.text)) return [];
  if (shipped)
    throw new Error(
      `${shipped.kernel} has a variant "${name}" already; it has: ${namesOf(shipped.kernel, REGISTRY).join(', ')}. Choose another name`,
    );
  return read;
}

/** Why a shader that settings name cannot be used; undefined if it can be used or is not the notebook's own. */
export function refusalOf(key: string, name: string, { refused }: Catalogue): string | undefined {
  if (!refused?.size) return undefined;
  const owners = [key, kernelOf(key), familyOf(kernelOf(key))];
  const label = [...refused.keys()].find((each) => {
    const [owner, own] = each.split('/');
    return own === name && (owners.includes(owner) || familyOf(owner) === key);
  });
  return label && `${label} cannot be used: ${refused.get(label)}`;
}

const labelOf = ({ kernel, name }: Variant) => `${kernel}/${name}`;

/** The kernel families by name, each with its kernels, one per weight format. */
export function families({ kernels } = REGISTRY): Record<string, string[]> {
  const known = FAMILIES.get(kernels);
  if (known) return known;
  const found: Record<string, string[]> = {};
  for (const kernel of Object.keys(kernels)) {
    const family = familyOf(kernel);
    if (family !== kernel) (found[family] ??= []).push(kernel);
  }
  FAMILIES.set(kernels, found);
  return found;
}
/** A cache: reading one experiment asks for the families hundreds of times. */
const FAMILIES = new WeakMap<Catalogue['kernels'], Record<string, string[]>>();

/** The kernel of a key for one shape, matmul_q4_k@10240x2560 → matmul_q4_k; any other key stays as it is. */
export function kernelOf(key: string): string {
  return key.replace(/@[1-9]\d{0,6}x[1-9]\d{0,6}$/, '');
}

/** The kernels at one shape (kernel@ROWSxCOLUMNS) that settings name by variant or knob. */
export function shapesIn(settings: Record<string, unknown>): string[] {
  const owners = Object.keys(settings).map(ownerOf);
  return [...new Set(owners.filter((owner) => kernelOf(owner) !== owner))].sort();
}

/** The kernels that a key names: one for a kernel or a shape, all of a family, none for other keys. */
export function membersOf(key: string, catalogue: Catalogue): string[] {
  const kernel = kernelOf(key);
  return Object.hasOwn(catalogue.kernels, kernel) ? [kernel] : (families(catalogue)[key] ?? []);
}

/** The names of a kernel's variants. */
export function namesOf(kernel: string, catalogue: Catalogue): string[] {
  return [...variantsOf(kernel, catalogue).keys()];
}

/** A kernel's variant by name; undefined if it has none of that name. */
export function variantOf(kernel: string, name: string, catalogue: Catalogue): Variant | undefined {
  return variantsOf(kernelOf(kernel), catalogue).get(name);
}

/** The variants of a kernel, by name. */
export function variantsOf(kernel: string, { variants }: Catalogue): ReadonlyMap<string, Variant> {
  let known = VARIANTS.get(variants);
  if (!known) VARIANTS.set(variants, (known = byKernel(variants)));
  return known.get(kernel) ?? NONE;
}
/** A cache: making the runs of one experiment asks for variants thousands of times. */
const VARIANTS = new WeakMap<readonly Variant[], ReadonlyMap<string, ReadonlyMap<string, Variant>>>();
const NONE: ReadonlyMap<string, Variant> = new Map();

function byKernel(variants: readonly Variant[]) {
  const kernels = new Map<string, Map<string, Variant>>();
  for (const variant of variants) {
    const own = kernels.get(variant.kernel) ?? new Map<string, Variant>();
    kernels.set(variant.kernel, own);
    if (!own.has(variant.name)) own.set(variant.name, variant);
  }
  return kernels;
}

/** True for a variant of the lab, whatever the values of its knobs. */
export function isShipped(variant: Variant): boolean {
  const shipped = variantOf(variant.kernel, variant.name, REGISTRY);
  const values = Object.entries(variant.knobs).map(([knob, { value }]) => [knob, value] as const);
  if (!shipped || !values.every(([knob, value]) => shipped.knobs[knob]?.choices.includes(value)))
    return false;
  return withKnobs(shipped, Object.fromEntries(values)).wgsl === variant.wgsl;
}
