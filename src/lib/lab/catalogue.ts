/** The kernels and variants that settings choose from, and how a setting's key names them. */
import { kernels, variants } from '../shaders';
import type { Kernel } from '../shaders/kernel';
import { formats } from '../shaders/shared/formats';
import type { Variant } from '../shaders/variant';
import { VENDOR_KERNELS } from './vendors';

/** The kernels and variants there are to choose from; the registry, except in tests. */
export interface Catalogue {
  kernels: Record<string, Pick<Kernel, 'default'>>;
  variants: Variant[];
  /** Kernels whose default depends on the GPU: what is said of them is never left out. */
  vendorKernels?: string[];
}

export const REGISTRY: Catalogue = { kernels, variants, vendorKernels: VENDOR_KERNELS };

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
