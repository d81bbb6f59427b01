/** Download size and memory use of a model, shown before it loads. */
import { isNamedModel } from '../../lab/experiment/experiment';
import { isHubText, isPublishedText } from '../../models/names';
import { t } from '../words/words.svelte';

/** Size of the demo model's file, in bytes. */
const DEMO_BYTES = 7_860_448;
/**
 * Approximate GPU memory of the synthetic models, in bytes: matrices at Q4_K's 4.5 bits per weight, the head at 6.6.
 */
const GPU_BYTES: Record<string, number> = {
  'synthetic-0.1b': 0.13e9,
  'synthetic-0.4b': 0.3e9,
  'synthetic-1.5b': 1e9,
  'synthetic-2.9b': 1.9e9,
  'synthetic-7.2b': 4.5e9,
  'synthetic-13.3b': 8.2e9,
};

/** The same of all synthetic models: a share of zeros changes nothing, and LoRAs in f32 add 6 to 8 %. */
function syntheticBytes(model: string): number | undefined {
  const [, base, f32Loras] = /^(.+?)(-f32loras)?(?:-zeros\d+)?$/.exec(model) ?? [];
  const bytes = GPU_BYTES[base];
  return bytes && (f32Loras ? 1.08 * bytes : bytes);
}

/** About how much GPU memory one of the lab's own models takes, in bytes. */
export const gpuBytes = (model: string): number => syntheticBytes(model) ?? DEMO_BYTES;

/**
 * Classifies a model that is not one of the lab's own: an address to fetch, a published one that is stored or must be downloaded, or
 * a local file that the user must open. Undefined for the lab's own.
 */
export function unnamedModel(model: string): 'address' | 'published' | 'file' | undefined {
  if (isNamedModel(model)) return undefined;
  if (isHubText(model) || isPublishedText(model)) return 'published';
  return /^https?:\/\//i.test(model) ? 'address' : 'file';
}

/** Describes the download and memory cost of a model. `bytes`: size of its file, if known. */
export function modelCost(model: string, bytes?: number): string {
  const words = t().cells;
  if (model === 'demo') return words.costDemo(megabytes(DEMO_BYTES));
  const bytesOnGpu = syntheticBytes(model);
  if (bytesOnGpu) return words.costSynthetic(`${(bytesOnGpu / 1e9).toPrecision(2)} GB`);
  const size = bytes === undefined ? words.unknownSize : megabytes(bytes);
  const kind = unnamedModel(model);
  if (kind === 'published') return words.costStored;
  return kind === 'address' ? words.costAddress(size) : words.costFile(size);
}

/** Formats a size in bytes with a decimal unit, such as 7.9 MB. */
export function megabytes(bytes: number): string {
  if (bytes < 1e5) return bytes < 1e3 ? `${bytes} B` : `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
