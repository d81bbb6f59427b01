// For tests: models on this machine's GPU, ready to run, and the variants to run them with.
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
 * This worker's device, with what is compiled on it. The test files that the worker runs share it: nobody destroys it. What
 * loses a device, or counts what lies on it, opens one of its own.
 */
export function sharedKernels(): Promise<Kernels> {
  shared ??= openDevice(gpu).then((device) => new Kernels(device, gpu.wgslLanguageFeatures));
  return shared;
}

/** A model of the repository on the shared device, loaded once: nobody destroys it, and each test loads its own prompt. */
export function sharedEngine(path: string): Promise<{ file: ModelFile; engine: Engine }> {
  const opened = engines.get(path) ?? loadShared(path);
  engines.set(path, opened);
  return opened;
}

async function loadShared(path: string) {
  const file = await openModel(path);
  return { file, engine: await openEngine(await sharedKernels(), file) };
}

/** Skips a test, by the name of the variant and the reason, where this adapter cannot run it. */
export function skipUnsupported(kernels: Kernels, variant: Variant, skip: (note: string) => never): void {
  const reason = kernels.unsupportedReason(variant);
  if (reason) skip(`${variant.kernel}/${variant.name} ${reason}`);
}

/** `device`: on which the weights are laid out, where that is not as the kernels' own device would have it. */
export async function openEngine(
  kernels: Kernels,
  file: ModelFile,
  device = kernels.device,
): Promise<Engine> {
  return Engine.open(kernels, await loadWeights(device, file));
}

/** The same device, but one that says it binds no more than so many bytes: matrices are cut to fit it. */
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

/** Every kernel's default variant, but those named here: by kernel or, for all weight formats, by family. */
export function choice(engine: Engine, others: Record<string, string> = {}): Choice {
  const name = (kernel: string) => others[kernel] ?? others[familyOf(kernel)] ?? registry[kernel].default;
  return Object.fromEntries(engine.kernelNames.map((kernel) => [kernel, findVariant(kernel, name(kernel))]));
}

/** Logits at every position, from an empty state. */
export async function allLogits(engine: Engine, plans: Plans, ids: number[]): Promise<Float32Array[]> {
  const { vocabulary } = engine.geometry;
  const rows: Float32Array[] = [];
  await engine.everyPosition(plans, Uint32Array.from(ids), (first, argmax, logits) => {
    if (first !== rows.length) throw new Error(`position ${first} came when it was ${rows.length}'s turn`);
    for (let i = 0; i < argmax.length; i++) rows.push(logits.slice(i * vocabulary, (i + 1) * vocabulary));
  });
  return rows;
}
