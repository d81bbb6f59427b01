/** What the page says about a model before it loads. */
import { NAMED_MODELS } from '../lab/experiment';

/** Bytes of the demo's file, and of a synthetic model's weights on the GPU. */
const DEMO_BYTES = 7_860_448;

/** What a model is that has no name here: an address to fetch, or a file that somebody has to open. */
export function unnamedModel(model: string): 'address' | 'file' | undefined {
  if (NAMED_MODELS.includes(model)) return undefined;
  return /^https?:\/\//i.test(model) ? 'address' : 'file';
}

/** What choosing this model means for the network and for memory. `bytes`: of a file or address, where known. */
export function modelCost(model: string, bytes?: number): string {
  if (model === 'demo') return `a ${megabytes(DEMO_BYTES)} download from this site, with the first run`;
  if (!unnamedModel(model)) return 'no download; its weights are made on the GPU and need room there';
  const size = bytes === undefined ? 'of unknown size' : `of ${megabytes(bytes)}`;
  return unnamedModel(model) === 'address'
    ? `a download ${size}, with the first run`
    : `a file ${size} on this machine`;
}

export function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
