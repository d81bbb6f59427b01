/** Pages of this site tell each other which model they have on the GPU. */

/** The channel: a page that sends `ASK` is answered by each page that has a GPU, with an `OnGpu`. */
export const CHANNEL = 'rwkv-lab gpu';
export const ASK = 'ask';

/** The model and the memory of one page on the GPU. */
export interface OnGpu {
  /** As settings name it; undefined if none is loaded. */
  model: string | undefined;
  /** Bytes of all buffers: the model's and those of its runs. */
  bytes: number;
}
