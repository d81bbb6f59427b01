/** Pages of this site tell each other which model they have on the GPU. */

/** The channel: a page that sends `ASK` is answered by each page that has a GPU, with an `OnGpu`. */
export const CHANNEL = 'rwkv-lab gpu';
export const ASK = 'ask';

/** What a page has on the GPU. */
export interface OnGpu {
  /** As settings name it; undefined if none is loaded. */
  model: string | undefined;
  /** Of all buffers, those of the model and what runs it. */
  bytes: number;
}
