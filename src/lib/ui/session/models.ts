/** What the page says about a model before it loads. */
import { NAMED_MODELS } from '../../lab/experiment/experiment';
import { t } from '../words/words.svelte';

/** Bytes of the demo's file. */
const DEMO_BYTES = 7_860_448;
/** What the synthetic models take on the GPU, roughly: their matrices at Q4_K's 4.5 bits a weight, the head at 6.6. */
const GPU_BYTES: Record<string, number> = {
  'synthetic-0.1b': 0.13e9,
  'synthetic-0.4b': 0.3e9,
  'synthetic-1.5b': 1e9,
  'synthetic-2.9b': 1.9e9,
  'synthetic-7.2b': 4.5e9,
};

/** What a model is that has no name here: an address to fetch, or a file that somebody has to open. */
export function unnamedModel(model: string): 'address' | 'file' | undefined {
  if (NAMED_MODELS.includes(model)) return undefined;
  return /^https?:\/\//i.test(model) ? 'address' : 'file';
}

/** What choosing this model means for the network and for memory. `bytes`: of a file or address, where known. */
export function modelCost(model: string, bytes?: number): string {
  const words = t().cells;
  if (model === 'demo') return words.costDemo(megabytes(DEMO_BYTES));
  if (model in GPU_BYTES) return words.costSynthetic(`${(GPU_BYTES[model] / 1e9).toPrecision(2)} GB`);
  const size = bytes === undefined ? words.unknownSize : megabytes(bytes);
  return unnamedModel(model) === 'address' ? words.costAddress(size) : words.costFile(size);
}

export function megabytes(bytes: number): string {
  if (bytes < 1e5) return bytes < 1e3 ? `${bytes} bytes` : `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
