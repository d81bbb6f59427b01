import type { Kernel } from '../kernel';
import wkv from '../wkv/reference';

/** What is fastest for one token is not what is fastest for a thousand: a choice of its own, among the same variants. */
export default {
  ...wkv,
  about: 'wkv of a single token (decode); its variants are those of wkv',
  variantsOf: 'wkv',
  cases: [
    { columns: 192, tokens: 1 },
    { columns: 64, tokens: 1 },
  ],
  default: 'exchange',
} satisfies Kernel;
