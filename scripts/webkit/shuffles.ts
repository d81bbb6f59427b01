/**
 * Makes texts with subgroup shuffles readable for Safari's compiler, which does not know them yet, so that their cost can be
 * compared with that of texts without. An arc tangent, which no shader of the lab computes, takes the place of each shuffle;
 * standin.h makes a shuffle of it again.
 */
const SHUFFLE = 'subgroupShuffleXor(';

/** The text with `subgroupShuffleXor(value, mask)` as `atan(value)`, and without `enable subgroups;`. */
export function withoutShuffles(wgsl: string): string {
  const [first, ...rest] = wgsl.replace('enable subgroups;', '').split(SHUFFLE);
  // The last call comes first: the arguments of the others may contain it.
  return first + rest.reduceRight((after, part) => asArcTangent(part + after), '');
}

/** `value, mask) …`, the text after the bracket of a call, as `atan(value) …`. */
function asArcTangent(text: string): string {
  let [at, depth, comma] = [0, 1, 0];
  for (; at < text.length && depth > 0; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')') depth--;
    else if (text[at] === ',' && depth === 1) comma = at;
  }
  return `atan(${text.slice(0, comma)})${text.slice(at)}`;
}
