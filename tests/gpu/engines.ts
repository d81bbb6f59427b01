// Test helper: models loaded on this machine's GPU, and choices of variants.
import { gpu } from '../../cli/node';
import { openDevice } from '../../src/lib/engine/device';
import { Engine, type Choice, type Plans } from '../../src/lib/engine/engine';
import type { ModelFile } from '../../src/lib/engine/gguf';
import { Kernels } from '../../src/lib/engine/kernels';
import { loadWeights } from '../../src/lib/engine/load';
import { findVariant, kernels as registry } from '../../src/lib/shaders';
import { familyOf } from '../../src/lib/shaders/formats/formats';
import type { Variant } from '../../src/lib/shaders/variant';
import { openModel } from '../oracle';

let shared: Promise<Kernels> | undefined;
const engines = new Map<string, Promise<{ file: ModelFile; engine: Engine }>>();

/**
 * The device of this test worker, with its compiled kernels. All test files of the worker share it and must not destroy it.
 * Tests that lose a device, or count the memory on it, open their own.
 */
export function sharedKernels(): Promise<Kernels> {
  shared ??= openDevice(gpu).then((device) => new Kernels(device, gpu.wgslLanguageFeatures));
  return shared;
}

/**
 * A model of the repository on the shared device, loaded once. Tests load their own prompts and must not destroy it.
 */
export function sharedEngine(path: string): Promise<{ file: ModelFile; engine: Engine }> {
  const opened = engines.get(path) ?? loadShared(path);
  engines.set(path, opened);
  return opened;
}

async function loadShared(path: string) {
  const file = await openModel(path);
  return { file, engine: await openEngine(await sharedKernels(), file) };
}

/** Skips a test, with the variant and the reason as a note, if this adapter cannot run the variant. */
export function skipUnsupported(kernels: Kernels, variant: Variant, skip: (note: string) => never): void {
  const reason = kernels.unsupportedReason(variant);
  if (reason) skip(`${variant.kernel}/${variant.name} ${reason}`);
}

/** Opens an engine. `device`: the device that the weights are loaded for, if it is not the kernels' own. */
export async function openEngine(
  kernels: Kernels,
  file: ModelFile,
  device = kernels.device,
): Promise<Engine> {
  return Engine.open(kernels, await loadWeights(device, file));
}

/** A proxy of the device that reports a binding limit of `bytes`, so that larger matrices are split. */
export function bindingAtMost(device: GPUDevice, bytes: number): GPUDevice {
  const limits = { maxBufferSize: device.limits.maxBufferSize, maxStorageBufferBindingSize: bytes };
  return new Proxy(device, {
    get(target, key) {
      if (key === 'limits') return limits;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The default variant of every kernel, except those named in `others`, by kernel or by family (all weight formats). */
export function choice(engine: Engine, others: Record<string, string> = {}): Choice {
  const name = (kernel: string) => others[kernel] ?? others[familyOf(kernel)] ?? registry[kernel].default;
  return Object.fromEntries(engine.kernelNames.map((kernel) => [kernel, findVariant(kernel, name(kernel))]));
}

/** Logits at every position of a text, from an empty state: one array of `vocabulary` floats per token. */
export async function allLogits(engine: Engine, plans: Plans, ids: number[]): Promise<Float32Array[]> {
  const { vocabulary } = engine.geometry;
  const rows: Float32Array[] = [];
  await engine.everyPosition(plans, Uint32Array.from(ids), (first, argmax, logits) => {
    if (first !== rows.length) throw new Error(`position ${first} came when it was ${rows.length}'s turn`);
    for (let i = 0; i < argmax.length; i++) rows.push(logits.slice(i * vocabulary, (i + 1) * vocabulary));
  });
  return rows;
}
