/**
 * Finds the fastest correct settings of this GPU for a model and a chunk: first each kernel in microbenchmarks, variant
 * by variant and knob by knob; then the whole model with the settings found against the model without them, in blocks.
 */
import { kernels as registry } from '../../shaders';
import { isApart, type Variant } from '../../shaders/variant';
import type { Effort } from '../measure/microbench';
import { compareRuns } from '../measure/compare';
import { complete, defaultsFor } from '../experiment/defaults';
import { familyOf } from '../../shaders/formats/formats';
import { kernelOf, REGISTRY, variantOf, type Catalogue } from '../experiment/catalogue';
import { isNumberName } from '../experiment/descriptors';
import type { Experiment } from '../experiment/experiment';
import { choose, expand, type Run } from '../experiment/expand';
import { messageOf } from '../message';
import { adopt, type Tuned } from './adopt';
import { type Found, type Trial, trialOf } from './found';
import { fastestSettings, otherWay, type Ranked } from './ranking';
import { Search, type Candidate, type ShapeOverride, type KnobChoices } from './search';
import { StoppedSearch, taskOf } from './stopped';
import type { LoadedModel, RunContext, Session } from '../measure/session';
import { usesOf, type KernelUse } from '../measure/shapes';

export interface TuneOptions {
  /** Time limit in seconds, without loading. The search stops in time; the last timing may end a little later. */
  budgetSeconds: number;
  /** Variants that state a larger error are left out. */
  largestError: number;
  effort?: Effort;
  /** By default the registry. */
  catalogue?: Catalogue;
}

/** Events during the search. */
export type TuneEvent =
  | { type: 'tuning'; settings: string; kernels: { kernel: string; before: Candidate }[] }
  | { type: 'candidate'; kernel: string; candidate: Candidate }
  /** `resumed`: it was searched before the search was stopped. */
  | ({ type: 'kernel'; kernel: string; settings: string; resumed: boolean } & Found)
  | { type: 'comparing'; settings: string };

/** An intermediate result of the search. Plain data. */
export interface BestSoFar {
  /** Settings of a run with everything found so far. */
  settings: string;
  /** The kernel searched last, its best variant and knobs (`row_threads=16 tile_k=32`). */
  kernel: string;
  variant: string;
  knobs: string;
  /** Seconds of all its uses, weighted as in the run: before, and with the best. */
  beforeSeconds: number;
  bestSeconds: number;
  /** Everything that was tried for the kernel, in order; absent in results of version 0.2 and older. */
  trials?: Trial[];
  /** True if the kernel was searched before the search was stopped; it goes on from there. */
  resumed?: boolean;
}

/** Share of the budget that is reserved for the comparison. */
const COMPARISON_SHARE = 0.25;
/** Share of the time of all kernels: a kernel that takes less is not tuned. */
const WORTH_TUNING = 0.005;

/**
 * Tunes each model and chunk of the settings. Kernels and knobs that the settings name are searched among the named
 * values only, all others among all values. Without `prefill` the prompt is one chunk; with `decode`, the kernels of
 * decoding are tuned too. A search that was stopped, or that a reload ended, goes on with the kernel at which it ended, for a
 * day. Yields one result per model and chunk.
 */
export async function* tune(
  experiment: Experiment,
  session: Session,
  options: TuneOptions,
  signal: AbortSignal,
  tell: (event: TuneEvent) => void = () => undefined,
): AsyncGenerator<Tuned> {
  const places = placesOf(experiment, options.catalogue);
  let stopped: StoppedSearch | undefined;
  for (const place of places) {
    const model = await session.load(place.model, place.seed, () => undefined, signal);
    const context = await session.context(signal, { catalogue: options.catalogue });
    stopped ??= await StoppedSearch.open(
      taskOf([experiment, options.largestError], context.catalogue),
      context,
    );
    const budgetSeconds = options.budgetSeconds / places.length;
    const tuner = new Tuner(experiment, place, model, context, { ...options, budgetSeconds }, tell, stopped);
    yield await tuner.run();
  }
  await stopped?.end();
}

class Tuner {
  readonly #start = performance.now();
  readonly #catalogue: Catalogue;
  /** The variants that the settings and the largest error allow, by kernel. */
  readonly #allowed: Record<string, Variant[]>;
  /** The variants that run without tuning, by kernel. */
  readonly #before: Record<string, Variant>;
  /** The uses of other kernels that a kernel which joins them replaces, weighted as in the run; by the kernel that joins. */
  #replaced: Record<string, KernelUse[]> = {};

  constructor(
    readonly experiment: Experiment,
    readonly place: Run,
    readonly model: LoadedModel,
    readonly context: RunContext,
    readonly options: TuneOptions,
    readonly tell: (event: TuneEvent) => void,
    /** Results of kernels that were searched before a stop, or for another chunk at the same shapes. */
    readonly stopped: StoppedSearch,
  ) {
    this.#catalogue = context.catalogue;
    const names = model.engine.kernelNames;
    this.#allowed = Object.fromEntries(names.map((kernel) => [kernel, this.#allowedOf(kernel)]));
    const [defaults] = expand(complete({}, defaultsFor(context.gpu)));
    const chosen = choose(defaults, names, this.#catalogue);
    this.#before = Object.fromEntries(names.map((kernel) => [kernel, this.#permitted(chosen[kernel])]));
  }

  async run(): Promise<Tuned> {
    const { budgetSeconds } = this.options;
    const searched = await this.#costs(await this.#uses());
    this.tell({ type: 'tuning', settings: this.place.settings, kernels: searched });
    const end = this.#start + 1e3 * budgetSeconds * (1 - COMPARISON_SHARE);
    const variants: Record<string, Variant> = { ...this.#before };
    const ranked: (Ranked & Found)[] = [];
    let rest = searched.reduce((sum, { before }) => sum + before.seconds, 0);
    for (const { kernel, uses, before } of searched) {
      const now = performance.now();
      // The remaining time is divided among the remaining kernels in proportion to their seconds.
      const deadline = now + ((end - now) * before.seconds) / rest;
      rest -= before.seconds;
      const resumed = this.stopped.isFromBefore(kernel, uses);
      const found = await this.#search(kernel, uses, deadline, variants);
      ranked.push({ kernel, ...found });
      variants[kernel] = found.ranking[0].variant;
      const { settings } = this.#runOf({ ...variants, ...shapesOf(found.overrides) });
      this.tell({ type: 'kernel', kernel, settings, resumed, ...found });
    }
    return this.#confirm(ranked);
  }

  /** The uses of each kernel that has a choice, weighted by their number in the prompt and in decoding. */
  async #uses(): Promise<Map<string, KernelUse[]>> {
    const { chunk, prefill, decode } = this.place;
    const asked = await usesOf(this.model.engine, chunk, this.context);
    const byKernel = new Map<string, KernelUse[]>();
    const add = (use: KernelUse, weight: number) => {
      const choices = this.#allowed[use.kernel];
      const single = choices.length === 1 && Object.keys(choices[0].knobs).length === 0;
      if (weight === 0 || single) return;
      const uses = byKernel.get(use.kernel) ?? [];
      byKernel.set(use.kernel, [...uses, { ...use, count: use.count * weight }]);
    };
    for (const use of asked.chunk) add(use, prefill / chunk);
    for (const use of asked.decode) add(use, decode);
    const ofOne = decode + (chunk === 1 ? prefill : 0);
    for (const [kernel, uses] of Object.entries(asked.replaced))
      this.#replaced[kernel] = uses.map((use) => ({ ...use, count: use.count * ofOne }));
    return byKernel;
  }

  /**
   * Times each kernel as it runs without tuning, slowest first, those that join others last; leaves out those that take a
   * negligible share.
   */
  async #costs(uses: Map<string, KernelUse[]>) {
    const costs = [];
    for (const [kernel, own] of uses) {
      const variant = this.#before[kernel];
      const score = (search: Search) => search.score(variant);
      const known = this.stopped.found(kernel, own, this.#catalogue)?.before;
      const timed = () =>
        isApart(variant)
          ? this.#apart(kernel, variant, this.#before)
          : this.#with(own, () => undefined, score);
      costs.push({ kernel, uses: own, before: known ?? (await timed()) });
    }
    const total = costs.reduce((sum, { before }) => sum + (before.reason ? 0 : before.seconds), 0);
    const joins = ({ kernel }: { kernel: string }) => Number(registry[kernel].instead !== undefined);
    return costs
      .filter(({ before }) => before.seconds < Infinity && before.seconds > WORTH_TUNING * total)
      .sort((a, b) => joins(a) - joins(b) || b.before.seconds - a.before.seconds);
  }

  /** The candidate `apart` of a kernel that joins others: its seconds are those of the kernels that it would join, with these variants. */
  async #apart(kernel: string, variant: Variant, variants: Record<string, Variant>): Promise<Candidate> {
    const candidate: Candidate = { variant, seconds: 0 };
    const replaced = this.#replaced[kernel] ?? [];
    for (const each of new Set(replaced.map((use) => use.kernel))) {
      const own = replaced.filter((use) => use.kernel === each);
      const score = (search: Search) => search.score(variants[each]);
      const { seconds, reason } = await this.#with(own, () => undefined, score);
      candidate.seconds += seconds;
      if (reason) candidate.reason = reason;
    }
    return candidate;
  }

  async #search(
    kernel: string,
    uses: KernelUse[],
    deadline: number,
    variants: Record<string, Variant>,
  ): Promise<Found> {
    const known = this.stopped.found(kernel, uses, this.#catalogue);
    if (known) return known;
    const tried: Trial[] = [];
    const tell = (candidate: Candidate) => {
      tried.push(trialOf(candidate));
      this.tell({ type: 'candidate', kernel, candidate });
    };
    const found = await this.#with(uses, tell, async (search) => {
      const apart = this.#allowed[kernel].find(isApart);
      // The kernels that it joins were searched before it: their variants are among those found so far.
      const left = apart && (await this.#apart(kernel, apart, variants));
      if (left) search.add(left);
      // Timed again: the GPU's clock may have changed since.
      const own = this.#before[kernel];
      const before = left && isApart(own) ? left : await search.score(own);
      const shaders = this.#ordered(kernel).filter((each) => !isApart(each));
      await search.best(shaders, this.#choices(kernel), deadline);
      if (registry[kernel].instead)
        return { before, ranking: search.rankingOfJoined(before), overrides: [], tried };
      const ranking = search.ranking(before);
      return { before, ranking, overrides: search.overrides(ranking[0]), tried };
    });
    await this.stopped.add(kernel, uses, found);
    return found;
  }

  async #with<Result>(
    uses: KernelUse[],
    tell: (candidate: Candidate) => void,
    work: (search: Search) => Promise<Result>,
  ): Promise<Result> {
    const search = new Search(uses, this.context.gpu, this.context.signal, tell, this.options.effort);
    try {
      return await work(search);
    } finally {
      search.destroy();
    }
  }

  /**
   * Compares the whole model as it runs without tuning, in blocks, with the three fastest settings of the ranking, with the
   * fastest of them and settings for single shapes, and with the fastest where the work of kernels that join others is divided the
   * other way, if that is nearly as fast. One is adopted only if it is called faster; settings for single shapes only
   * if they are also called faster than the best without them.
   */
  async #confirm(ranked: (Ranked & Found)[]): Promise<Tuned> {
    const before = this.#runOf(this.#before);
    const tops = fastestSettings(ranked);
    const shapes = ranked.map(({ overrides }) => shapesOf(overrides));
    const shaped = this.#runOf(
      Object.assign({}, this.#before, tops[0], ...shapes) as Record<string, Variant>,
    );
    const plain = [...tops, { ...tops[0], ...otherWay(ranked) }].map((variants) =>
      this.#runOf({ ...this.#before, ...variants }),
    );
    const distinct = [...new Map([...plain, shaped].map((run) => [run.settings, run])).values()];
    const runs = distinct.filter(({ settings }) => settings !== before.settings);
    if (runs.length === 0)
      return { settings: before.settings, before: before.settings, comparison: undefined };
    this.tell({ type: 'comparing', settings: runs[0].settings });
    const seconds = COMPARISON_SHARE * this.options.budgetSeconds;
    const isPlain = plain.some(({ settings }) => settings === shaped.settings);
    try {
      const compared = await compareRuns(
        [before, ...runs],
        this.model,
        this.context,
        seconds,
        () => undefined,
        { leaveOut: true },
      );
      return adopt(compared, isPlain ? undefined : shaped.settings);
    } catch (error) {
      this.context.signal.throwIfAborted();
      // None of what was found could be prepared, or what runs without tuning is wrong.
      return {
        settings: before.settings,
        before: before.settings,
        comparison: undefined,
        refused: messageOf(error),
      };
    }
  }

  #runOf(variants: Record<string, Variant>): Run {
    const chosen = Object.entries(variants).map(([kernel, variant]) => this.#settingsOf(kernel, variant));
    const { experiment } = this.place;
    return expand(Object.assign({}, experiment, ...chosen) as Experiment, this.#catalogue)[0];
  }

  /**
   * A variant and its knobs as settings. Knobs with the value of the text are left out, except for a shape, which would
   * otherwise take its kernel's values.
   */
  #settingsOf(kernel: string, variant: Variant): Experiment {
    const { knobs } = this.#variant(variant.kernel, variant.name);
    const turned = Object.entries(variant.knobs).filter(
      ([name, { value }]) => value !== knobs[name].value || kernelOf(kernel) !== kernel,
    );
    return Object.fromEntries([
      [kernel, [variant.name]],
      ...turned.map(([name, { value }]) => [`${kernel}.${name}`, [String(value)]]),
    ]) as Experiment;
  }

  #variant(kernel: string, name: string): Variant {
    return variantOf(kernel, name, this.#catalogue)!;
  }

  #allowedOf(kernel: string): Variant[] {
    const named = this.experiment[kernel] ?? this.experiment[familyOf(kernel)];
    const all = this.#catalogue.variants.filter(
      (variant) => variant.kernel === kernel && (variant.error ?? 0) <= this.options.largestError,
    );
    const own = all.filter(({ name }) => named?.includes(name));
    return own.length ? own : all;
  }

  /** The first that is allowed and supported here: the variant, the kernel's portable default, any other variant. */
  #permitted(variant: Variant): Variant {
    const allowed = this.#allowed[variant.kernel];
    const portable = this.#variant(variant.kernel, registry[variant.kernel].default);
    const named = [variant, portable].filter(({ name }) => allowed.some((each) => each.name === name));
    return (
      [...named, ...allowed].find((each) => !this.context.gpu.kernels.unsupportedReason(each)) ?? variant
    );
  }

  /** The allowed variants, the one that runs without tuning first: much slower ones are then given up early. */
  #ordered(kernel: string): Variant[] {
    const isBefore = ({ name }: Variant) => Number(name === this.#before[kernel].name);
    return this.#allowed[kernel].toSorted((a, b) => isBefore(b) - isBefore(a));
  }

  #choices(kernel: string): KnobChoices {
    return (variant, knob) => {
      const named = this.experiment[`${kernel}.${knob}`] ?? this.experiment[`${familyOf(kernel)}.${knob}`];
      const { choices } = variant.knobs[knob];
      const own = choices.filter((value) => named?.includes(String(value)));
      return own.length ? own : choices;
    };
  }
}

/** One run for each model, chunk and prompt of the settings, without variants. Without `prefill`, prompt = chunk. */
function placesOf(experiment: Experiment, catalogue: Catalogue = REGISTRY): Run[] {
  const plain = Object.fromEntries(
    Object.entries(experiment).filter(([key]) => key === 'model' || isNumberName(key)),
  );
  return (plain.chunk ?? ['prefill']).flatMap((chunk) => {
    const prompt: Experiment = plain.prefill || chunk === 'prefill' ? {} : { prefill: [chunk] };
    return expand({ ...plain, chunk: [chunk], ...prompt }, catalogue);
  });
}

/** The faster variants for single matrix shapes, by the key of the setting. */
function shapesOf(overrides: ShapeOverride[]): Record<string, Variant> {
  const matrices = overrides.filter(({ use }) => use.sizes.rows && use.sizes.columns);
  return Object.fromEntries(
    matrices.map(({ use: { kernel, sizes }, candidate }) => [
      `${kernel}@${sizes.stride ?? sizes.rows}x${sizes.columns}`,
      candidate.variant,
    ]),
  );
}
