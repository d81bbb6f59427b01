import type { Arrays, Kernel, Sizes } from '../kernel';
import { allRanks } from '../shared/lora';
import { MOST_SEQUENCES } from '../shared/sequences';
import wkvToken from '../wkv_token/reference';

/** Arrays with a part for each sequence, one after another; `inputs` has three planes of them. */
const OWN = ['hidden', 'first_value', 'state', 'out'];

/** wkv_token of one token of each of several sequences, each with its own state. */
function wkvTokens({ inputs, ...arrays }: Arrays, sizes: Sizes) {
  const { columns, tokens } = sizes;
  for (let t = 0; t < tokens; t++) {
    const part = (array: Arrays[string], length: number) => array.subarray(t * length, (t + 1) * length);
    const own = OWN.map((name) => [name, part(arrays[name], arrays[name].length / tokens)]);
    const planes = new Float32Array(3 * columns);
    for (let plane = 0; plane < 3; plane++)
      planes.set(part(inputs.subarray(plane * tokens * columns), columns), plane * columns);
    wkvToken.reference({ ...arrays, ...Object.fromEntries(own), inputs: planes }, sizes);
  }
}

export default {
  about:
    'A token of each of several sequences (decode): the way up of the LoRAs, wkv_inputs and wkv together',
  reference: wkvTokens,
  lengths: ({ tokens, ...sizes }) => {
    const { weight, vectors, ...own } = wkvToken.lengths(sizes);
    const times = Object.entries(own).map(([name, length]) => [name, tokens * length]);
    return {
      weight,
      vectors,
      ...(Object.fromEntries(times) as typeof own),
      hidden: tokens * allRanks(sizes),
    };
  },
  inputs: wkvToken.inputs,
  outputs: wkvToken.outputs,
  cases: wkvToken.cases.map(({ columns, ...sizes }, i) => {
    return { columns, tokens: [2, 3, MOST_SEQUENCES, 2][i], ...sizes };
  }),
  tolerance: wkvToken.tolerance,
  flop: (sizes) => sizes.tokens * wkvToken.flop(sizes),
  default: 'fused',
  plain: 'fused',
  keeps: wkvToken.keeps,
} satisfies Kernel;
