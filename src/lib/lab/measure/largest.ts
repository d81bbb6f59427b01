/** Is the token that was said the one of the largest logit? */
import { Refusal } from '../../shaders/kernel';

/** Throws unless the token is the first place of the largest of these logits, which the same run computed. */
export function requireExact(what: string, logits: Float32Array, token: number) {
  let largest = 0;
  for (let each = 1; each < logits.length; each++) if (logits[each] > logits[largest]) largest = each;
  if (largest !== token)
    throw new Refusal(
      'answer',
      `${what} was timed, but says token ${token}, where its own largest logit is that of token ${largest}`,
    );
}

/** Throws unless the token's exact logit is the largest, but for what the tolerated error may move it. */
export function requireLargest(logits: Float32Array, token: number, tolerance: number, what: string) {
  let largest = -Infinity;
  let power = 0;
  for (const logit of logits) {
    largest = Math.max(largest, logit);
    power += logit ** 2 / logits.length;
  }
  // An error of one logit that is eight standard deviations of the tolerated one.
  if (!(logits[token] >= largest - 8 * Math.sqrt(2 * tolerance * power)))
    throw new Refusal(
      'answer',
      `${what} was timed, but says token ${token}, which is not the likeliest: logit ${logits[token]}, largest ${largest}`,
    );
}
