/** Whether a published model fits a GPU, before a byte of it is fetched. */
import { arrange, type BufferLimits } from '../engine/arrangement';
import { syntheticFormat } from '../engine/geometries';
import { messageOf } from '../engine/ggufHeader';
import type { Published } from './catalogue';
import type { Fit } from './verdict';

/** The bytes of a model at a chunk of so many tokens, and whether the limits allow its buffers. */
export function fitOf({ name, geometry }: Published, limits: BufferLimits, chunk: number): Fit {
  const { layers, embedding, headSize, hidden, vocabulary } = geometry;
  const formatOf = (tensor: string) => {
    const format = syntheticFormat(tensor);
    const wanted = /-q(8_0|6_k|5_k)/.exec(name)?.[1];
    if (wanted === undefined || !['q4_k', 'q6_k'].includes(format)) return format;
    return wanted === '5_k' && format === 'q6_k' ? format : `q${wanted}`;
  };
  const state = 4 * layers * (2 * embedding + embedding * headSize);
  const tokenBytes = 4 * (16 * embedding + 2 * hidden);
  const activations = chunk * tokenBytes + 4 * vocabulary;
  const roomy = { maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 40 };
  let words = 0;
  arrange(geometry, formatOf, roomy, (plan) => (words += plan.words));
  const fit = { weights: 4 * words, state, activations, tokenBytes };
  try {
    arrange(geometry, formatOf, limits, () => undefined);
    return fit;
  } catch (error) {
    return { ...fit, refusal: messageOf(error) };
  }
}
