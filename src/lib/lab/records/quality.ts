/** How a run's kernels predict a text, beside the exact ones. Plain data, measured by text/evaluator.ts. */
import { linkDigits } from './linkDigits';
import { type Quality, type RunRecord, tokensPerSecond } from './record';

/** The quality as a link holds it; counts stay whole. */
export const shortQuality = (quality: Quality): Quality => {
  const short = (value: number) => (Number.isInteger(value) ? value : linkDigits(value));
  return Object.fromEntries(
    Object.entries(quality).map(([name, value]) => [name, short(value as number)]),
  ) as unknown as Quality;
};

/** Bits that the predictions take for each byte of the text; undefined for random tokens. */
export const bitsPerByte = ({ nats, tokens, bytes }: Quality): number | undefined =>
  bytes ? (nats * tokens) / Math.LN2 / bytes : undefined;

export type Evaluated = RunRecord & { quality: Quality };
export const isEvaluated = (record: RunRecord): record is Evaluated => record.quality !== undefined;

/** The runs than which none is both as fast and nearer to the exact kernels, or faster and as near; slowest first. */
export function frontierOf(records: readonly Evaluated[]): Evaluated[] {
  const ordered = records.toSorted(
    (a, b) => tokensPerSecond(b) - tokensPerSecond(a) || a.quality.divergence - b.quality.divergence,
  );
  let least = Infinity;
  const frontier = ordered.filter(({ quality: { divergence } }) => {
    const nearer = divergence < least;
    least = Math.min(least, divergence);
    return nearer;
  });
  return frontier.reverse();
}
