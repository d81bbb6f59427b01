/** Searches for one kernel's fastest variant and knobs on this GPU; candidates are checked right before timing. */
import { isApart, knobSettings, knobsKey, type Variant, withKnobs } from '../../shaders/variant';
import { effortFor, type Effort, makeOperands, type Operands, microbenchmark } from '../measure/microbench';
import { messageOf } from '../message';
import type { OpenGpu } from '../measure/session';
import type { KernelUse } from '../measure/shapes';

/** A variant with its knobs, and the seconds of all uses; Infinity and a reason if it failed or was given up. */
export interface Candidate {
  variant: Variant;
  seconds: number;
  reason?: string;
  /** Seconds of each use times its count, in the order of `Search.uses`. */
  parts?: number[];
}

/** A matrix shape at which another candidate is faster than the one that is best overall. */
export interface ShapeOverride {
  use: KernelUse;
  candidate: Candidate;
  /** Seconds at this shape, of that candidate and of the best overall. */
  seconds: number;
  bestSeconds: number;
}

/** Lower than for published figures: there are many candidates, and the best is timed again in the whole model. */
const SEARCH_EFFORT: Effort = { rotateBytes: 160e6, batchSeconds: 0.012, batches: 3, warmupSeconds: 0.3 };

/** A variant slower than the best by more than this factor, with its initial knobs, is not tuned further. */
const WORTH_TURNING = 1.6;

/** Minimum speed-up over what runs without tuning, and for another value of a knob: less is noise. */
const GAIN = 1.01;

/** Minimum speed-up for a shape to get settings of its own. */
const WORTH_A_SETTING = 1.03;

/** Rounds over all knobs; another round runs only if the last one changed something. */
const ROUNDS = 2;

export class Search {
  readonly #operands: Operands[];
  readonly #known = new Map<string, Candidate>();

  /** `uses`: the uses of one kernel; `count` is the weight of each. The arrays stay on the GPU until `destroy`. */
  constructor(
    readonly uses: KernelUse[],
    readonly gpu: OpenGpu,
    readonly signal: AbortSignal,
    readonly tell: (candidate: Candidate) => void,
    readonly effort = effortFor(gpu, SEARCH_EFFORT),
  ) {
    this.#operands = [];
    try {
      for (const { kernel, sizes } of uses)
        this.#operands.push(makeOperands(gpu.device, kernel, sizes, effort));
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /**
   * The best of these variants. Tunes the knobs one after another from the values in the text, the most promising
   * variants first. After `deadline` (performance.now(), ms) it returns the best so far; undefined if no variant runs
   * here.
   */
  async best(variants: Variant[], choices: KnobChoices, deadline: number): Promise<Candidate | undefined> {
    const starts: Candidate[] = [];
    for (const variant of variants) {
      const start = this.#start(variant, choices);
      if (!start)
        this.tell({ variant, seconds: Infinity, reason: this.gpu.kernels.unsupportedReason(variant) });
      else if (starts.length === 0 || performance.now() < deadline)
        starts.push(await this.score(start, 3 * fastest(starts)));
    }
    starts.sort((a, b) => a.seconds - b.seconds);
    let [best] = starts;
    for (const start of starts) {
      if (start.seconds > WORTH_TURNING * best.seconds || performance.now() > deadline) break;
      const turned = await this.#turn(start, choices, deadline);
      if (turned.seconds < best.seconds) best = turned;
    }
    return best?.seconds < Infinity ? best : undefined;
  }

  /** Times a candidate at every use, unless it was timed before. Gives up when its total exceeds `limit` seconds. */
  async score(variant: Variant, limit = Infinity): Promise<Candidate> {
    const key = keyOf({ variant });
    const known = this.#known.get(key);
    if (known) return known;
    const parts: number[] = [];
    const candidate: Candidate = { variant, seconds: 0, parts };
    try {
      for (const [at, { count }] of this.uses.entries()) {
        const { seconds } = await microbenchmark(
          variant,
          this.#operands[at],
          this.gpu,
          this.signal,
          this.effort,
        );
        parts.push(count * seconds);
        candidate.seconds += count * seconds;
        if (candidate.seconds > limit) {
          candidate.seconds = Infinity; // already slower than another candidate in total
          candidate.reason = 'slower';
          break;
        }
      }
    } catch (error) {
      this.signal.throwIfAborted();
      candidate.seconds = Infinity;
      candidate.reason = messageOf(error);
    }
    this.#known.set(key, candidate);
    this.tell(candidate);
    return candidate;
  }

  /** Adds a candidate that was timed otherwise. */
  add(candidate: Candidate) {
    this.#known.set(keyOf(candidate), candidate);
    this.tell(candidate);
  }

  /** The candidates that are faster than `before` by more than noise, fastest first, then `before` itself. */
  ranking(before: Candidate): Candidate[] {
    const faster = [...this.#known.values()].filter(({ seconds }) => seconds * GAIN < before.seconds);
    return [...faster.sort((a, b) => a.seconds - b.seconds), before];
  }

  /**
   * The ranking of a kernel that joins others, with the fastest of the other way than `before` after it if that is not faster: the
   * whole model may order the two otherwise.
   */
  rankingOfJoined(before: Candidate): Candidate[] {
    const ranking = this.ranking(before);
    const others = [...this.#known.values()].filter(
      ({ variant, seconds }) => isApart(variant) !== isApart(before.variant) && seconds < Infinity,
    );
    const [other] = others.sort((a, b) => a.seconds - b.seconds);
    return other && !ranking.includes(other) ? [...ranking, other] : ranking;
  }

  /** The shapes at which settings of their own would be faster than one setting for all shapes. */
  overrides(best: Candidate): ShapeOverride[] {
    const shapeOf = ({ sizes }: KernelUse) => `${sizes.stride ?? sizes.rows} ${sizes.columns}`;
    const shapes = new Set(this.uses.map(shapeOf));
    return [...shapes].flatMap((shape) => {
      const places = [...this.uses.keys()].filter((at) => shapeOf(this.uses[at]) === shape);
      const seconds = ({ parts }: Candidate) =>
        places.reduce((sum, at) => sum + (parts?.[at] ?? Infinity), 0);
      const candidate = [...this.#known.values()].reduce((a, b) => (seconds(b) < seconds(a) ? b : a), best);
      const [own, bestSeconds] = [seconds(candidate), seconds(best)];
      if (own * WORTH_A_SETTING > bestSeconds) return [];
      return [{ use: this.uses[places[0]], candidate, seconds: own, bestSeconds }];
    });
  }

  destroy() {
    for (const operands of this.#operands) operands.destroy();
  }

  /** The variant with the knobs of its text, or with their first setting that this GPU and the user's choices allow. */
  #start(variant: Variant, choices: KnobChoices): Variant | undefined {
    const allowed = (turned: Variant) =>
      !this.gpu.kernels.unsupportedReason(turned) &&
      Object.entries(turned.knobs).every(([name, { value }]) => choices(variant, name).includes(value));
    if (allowed(variant)) return variant;
    for (const values of knobSettings(variant)) {
      const turned = withKnobs(variant, values);
      if (allowed(turned)) return turned;
    }
    return undefined;
  }

  /** Sets one knob at a time to its best value, from left to right. */
  async #turn(start: Candidate, choices: KnobChoices, deadline: number): Promise<Candidate> {
    let best = start;
    for (let round = 0; round < ROUNDS; round++) {
      const before = best;
      for (const knob of Object.keys(start.variant.knobs)) {
        const { knobs } = best.variant;
        const others = choices(start.variant, knob)
          .filter((value) => value !== knobs[knob].value)
          .map((value) => withKnobs(best.variant, { [knob]: value }))
          .filter((variant) => !this.gpu.kernels.unsupportedReason(variant));
        for (const other of others) this.gpu.kernels.compile(other).catch(() => undefined); // errors are reported later
        for (const other of others) {
          if (performance.now() > deadline) return best;
          const candidate = await this.score(other, best.seconds);
          if (candidate.seconds * GAIN < best.seconds) best = candidate;
        }
      }
      if (best === before) break;
    }
    return best;
  }
}

/** The values that a knob of a variant may have. */
export type KnobChoices = (variant: Variant, knob: string) => number[];

const keyOf = ({ variant }: Pick<Candidate, 'variant'>) => `${variant.name} ${knobsKey(variant)}`;

const fastest = (candidates: Candidate[]) => Math.min(...candidates.map(({ seconds }) => seconds));
