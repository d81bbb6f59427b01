/** The kernels and variants that settings choose from, and how a setting's key names them. */
import { kernels, readVariants, variants } from '../../shaders';
import type { Kernel } from '../../shaders/kernel';
import { headOf } from '../../shaders/head';
import { formats } from '../../shaders/formats/formats';
import type { Variant } from '../../shaders/variant';
import { messageOf } from '../message';
import type { OwnVariant } from '../../shaders/variant';
import { VENDOR_KERNELS } from './vendors';

/** The kernels and variants there are to choose from: the registry, and what a notebook has of its own. */
export interface Catalogue {
  kernels: Record<string, Pick<Kernel, 'default'>>;
  variants: Variant[];
  /** Kernels whose default depends on the GPU: what is said of them is never left out. */
  vendorKernels?: string[];
  /** Shaders of a notebook that cannot be used, by `kernel/name`, and why. */
  refused?: ReadonlyMap<string, string>;
}

export const REGISTRY: Catalogue = { kernels, variants, vendorKernels: VENDOR_KERNELS };

/**
 * The registry with a notebook's own shaders. One that cannot be used does not spoil the others: it is `refused`, and
 * settings that name it are an error that says why.
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
  return { ...REGISTRY, variants: [...variants, ...found.values()], refused };
}

/** The variants that a shader of a notebook adds; none where it is a shipped one by its name and text. Throws an Error that says why it cannot be one. */
export function readOwn(kernel: string, name: string, wgsl: string): Variant[] {
  if (!/^\w{1,60}$/.test(name))
    throw new Error(`"${name.slice(0, 60)}" is no name for a variant: letters, digits and _ are possible`);
  const read = readVariants(kernel, name, wgsl);
  const shipped = read.map(({ kernel: owner }) => variantOf(owner, name, REGISTRY)).find(Boolean);
  // The built page has the heads of the texts; there the worker, which has all of them, says whether the rest differs.
  if (shipped && [wgsl, headOf(wgsl)].includes(shipped.text)) return [];
  if (shipped)
    throw new Error(
      `${shipped.kernel} has a variant "${name}" already; it has: ${namesOf(shipped.kernel, REGISTRY).join(', ')}. Choose another name`,
    );
  return read;
}

/** Why a shader that settings name cannot be used; undefined where it can, or is not of the notebook. */
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

/** Kernel families: name → the kernels it stands for, one a weight format. */
export function families(catalogue = REGISTRY): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const kernel of Object.keys(catalogue.kernels)) {
    const family = familyOf(kernel);
    if (family !== kernel) (found[family] ??= []).push(kernel);
  }
  return found;
}

/** matmul_q4_k → matmul; a kernel that is not one format's is its own family. */
export function familyOf(kernel: string): string {
  const format = Object.keys(formats).find((name) => kernel.endsWith(`_${name}`));
  return format ? kernel.slice(0, -format.length - 1) : kernel;
}

/** matmul_q4_k@10240x2560 → matmul_q4_k; a key that is not of one shape stays as it is. */
export function kernelOf(key: string): string {
  return key.replace(/@[1-9]\d{0,6}x[1-9]\d{0,6}$/, '');
}

/** The kernels of single shapes that settings speak of, by variant or knob. */
export function shapesIn(settings: Record<string, unknown>): string[] {
  const owners = Object.keys(settings).map((key) => key.split('.')[0]);
  return [...new Set(owners.filter((owner) => kernelOf(owner) !== owner))].sort();
}

export function membersOf(key: string, catalogue: Catalogue): string[] {
  const kernel = kernelOf(key);
  return Object.hasOwn(catalogue.kernels, kernel) ? [kernel] : (families(catalogue)[key] ?? []);
}

export function namesOf(kernel: string, catalogue: Catalogue): string[] {
  return catalogue.variants.filter((variant) => variant.kernel === kernel).map(({ name }) => name);
}

export function variantOf(kernel: string, name: string, catalogue: Catalogue): Variant | undefined {
  return catalogue.variants.find((variant) => variant.kernel === kernelOf(kernel) && variant.name === name);
}
