/** Chooses the next token from logits: temperature, top-p and penalties for repetition. */
import type { Random } from '../../shaders/kernel';

/** Parameters for sampling the next token. */
export interface Sampling {
  /** Divisor of the logits; 0: always the likeliest token. */
  temperature: number;
  /** Sample only from the most likely tokens whose probabilities add up to this much; 1: from all. */
  topP: number;
  random: Random;
  penalties?: Penalties;
}

/** Amounts that are subtracted from the logits of tokens that an answer has already; as in RWKV's own programs. */
export interface Penalties {
  /** Taken from the logit of each such token. */
  presence: number;
  /** Taken once more for each time that it came. */
  frequency: number;
  /** Each further token multiplies the count of earlier ones by this: 1 forgets nothing. */
  decay: number;
}

/** The penalties of one answer: knows the tokens that it has so far. */
export class Repetition {
  readonly #times = new Map<number, number>();

  constructor(readonly penalties: Penalties) {}

  /** Takes the penalties from the logits. */
  apply(logits: Float32Array): void {
    const { presence, frequency } = this.penalties;
    for (const [id, times] of this.#times) logits[id] -= presence + frequency * times;
  }

  /** Counts a token of the answer. */
  add(id: number): void {
    for (const [each, times] of this.#times) this.#times.set(each, times * this.penalties.decay);
    this.#times.set(id, (this.#times.get(id) ?? 0) + 1);
  }
}

/** Draws an id by its probability after temperature and top-p (Holtzman et al. 2020, nucleus sampling). */
export function sample(logits: Float32Array, { temperature, topP, random }: Sampling): number {
  if (temperature === 0) return likeliest(logits);
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Not needed: tokens below an equal share of the mass that top-p leaves out, as together they cannot exceed that
  // mass.
  const least = ((1 - topP) / logits.length) * total;
  const ids = [...weights.keys()].filter((id) => weights[id] > 0 && weights[id] >= least);
  if (topP < 1) ids.sort((a, b) => weights[b] - weights[a]);
  let kept = 0;
  let mass = 0;
  while (kept < ids.length && (kept === 0 || mass < topP * total)) mass += weights[ids[kept++]];
  let rest = random() * mass;
  for (const id of ids.slice(0, kept)) {
    rest -= weights[id];
    if (rest < 0) return id;
  }
  return ids[kept - 1];
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}
