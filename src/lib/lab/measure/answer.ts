/**
 * Checks the answer after timing: the kernels that were timed run a prompt that they have not seen, and their logits, state and
 * decoded tokens are compared with those of the portable exact kernels in chunks of another length.
 */
import { readBuffer } from '../../engine/buffers';
import { compareArrays } from '../../engine/compareArrays';
import type { Answer, Choice, Engine, Plans } from '../../engine/engine';
import { kernels as registry } from '../../shaders';
import { Refusal, plainChoice } from '../../shaders/kernel';
import type { Variant } from '../../shaders/variant';
import { isShipped, REGISTRY, variantOf } from '../experiment/catalogue';
import { AnswerProgress } from './answerProgress';
import { checkAll } from './check';
import { requireExact, requireLargest } from './largest';
import type { Checks } from '../records/record';
import type { PreparedRun } from './prepare';
import { type Left, promptsLike, promptTokens } from './prompt';
import { randomSeed } from '../../engine/guarded';
import type { LoadedModel, OpenGpu, RunContext } from './session';
import { requireSoftmax, softmaxOf } from './softmaxAnswer';

/**
 * Largest errors. EXACT_TOLERANCE is for kernels that differ from the exact ones only in the order of their sums. ROUNDED_TOLERANCE is for
 * shipped kernels that round activations: the exact side uses them too, but another order of sums can round a number to its
 * neighbour. STATED_TOLERANCE is for other kernels that state an error, because they round in a way of their own.
 *
 * How much rounded activations change a result depends on the prompt: in a synthetic model of 32 layers a copy of `matmul_q4_k/dot4`,
 * which states 4e-4, was off by 0.0006 to 0.05, and `dot4` with another order of wkv's sums by up to 0.01. So where an error is above
 * its tolerance, shipped kernels that round as much run the same prompt, with the plain variants of all others, and PEERS times their
 * error is allowed.
 */
const EXACT_TOLERANCE = 1e-6;
const ROUNDED_TOLERANCE = 5e-3;
const STATED_TOLERANCE = 1e-2;
const PEERS = 4;

/** The largest error after many decoded tokens, with kernels that round. Garbage has an error of 1 and more. */
const DECODED_TOLERANCE = 0.2;

/** Seconds that the check of further timed samples may take, after the first. */
const SAMPLES_SECONDS = 0.5;

/** Tokens that are decoded for the check after the timing, if the run decodes. */
const MOST_DECODED = 4;

/** Longest chunk of the exact kernels: their activations lie beside those of the run. */
const LONGEST_CHUNK = 512;

/** How much is compared after the timing. */
export interface AnswerEffort {
  /** Seconds that the check of further timed samples may take, after the first. */
  sampleSeconds?: number;
  /** Whether a prompt is run that the kernels have not seen. */
  unseen?: boolean;
}

/**
 * Runs a random prompt of the run's length through the plans that were timed and through the portable exact kernels, and compares the
 * results. The results of some timed samples (`left`) are compared too, so that no shader can know which of its runs is looked at:
 * one sample is chosen by chance, and of the others as many as `sampleSeconds` allow. Without `unseen` only the samples are compared,
 * if there are any: their prompts were as new to the kernels as another would be. Resolves to all that was checked. Throws a Refusal
 * `answer` when the results disagree: then no speed of these plans may be shown.
 */
export async function checkAnswer(
  prepared: PreparedRun,
  { engine }: Pick<LoadedModel, 'engine'>,
  { gpu, report, signal }: Pick<RunContext, 'gpu' | 'report' | 'signal'>,
  left: readonly Left[] = [],
  { sampleSeconds = SAMPLES_SECONDS, unseen = true }: AnswerEffort = {},
): Promise<Checks> {
  const { run, choice, plans, checks } = prepared;
  const from = performance.now();
  const further = unseen || left.length === 0;
  const progress = new AnswerProgress(report, tokensToRead(prepared, further, left));
  const context = { gpu, progress, report: progress.within, signal };
  const what = run.settings || 'The run';
  const exact = new ExactSide(engine, { choice, plans }, context);
  const compare = comparisonOf(engine, exact, context);
  try {
    const answer = further ? await checkUnseen(prepared, engine, compare, context, what) : undefined;
    const last = further ? undefined : await softmaxOf(engine, plans);
    const samples = await checkSamples(left, sampleSeconds, (each) =>
      checkSample(each, compare, exact, what),
    );
    if (last) requireSoftmax(what, choice.softmax, last);
    const seconds = checks!.seconds + (performance.now() - from) / 1e3;
    return { ...checks!, ...answer, ...samples, seconds };
  } finally {
    exact.drop();
    progress.end();
  }
}

/** The number of tokens that are read in any case: the unseen prompt, which both sides read, and one sample. */
function tokensToRead({ run, plans }: PreparedRun, further: boolean, left: readonly Left[]): number {
  const unseen = 2 * (run.prefill + Math.min(run.decode, MOST_DECODED)) * (1 + (plans.sequences?.count ?? 0));
  const [sample] = left;
  const read = sample ? sample.read.length + (sample.end?.tokens.length ?? 0) : 0;
  return (further ? unseen : 0) + read;
}

/** Checks the answer to a prompt that the kernels have not seen, and the probabilities after it. */
async function checkUnseen(
  { run, choice, plans }: PreparedRun,
  engine: Engine,
  compare: Compare,
  { gpu, progress }: CheckContext,
  what: string,
): Promise<Pick<Checks, 'answerError' | 'answerSeed'>> {
  const answerSeed = randomSeed();
  const prompt = promptTokens(run.prefill, engine.geometry.vocabulary, answerSeed);
  gpu.kernels.poison();
  const decode = Math.min(run.decode, MOST_DECODED);
  const got = await answerOf(engine, plans, prompt, plans.sequences ? 0 : decode, progress);
  try {
    const softmax = await softmaxOf(engine, plans, got.logits);
    const last = got.tokens[got.tokens.length - 1];
    const found = await compare(
      got.answer,
      [...prompt, ...got.tokens.slice(0, -1)],
      `${what} was timed, but its answer to another prompt of ${run.prefill} tokens is wrong`,
    );
    requireExact(what, got.logits, last);
    requireLargest(found.logits, last, found.tolerance, what);
    requireSoftmax(what, choice.softmax, softmax);
    const others = plans.sequences
      ? await checkSequences(engine, plans, prompt, decode, compare, what, progress)
      : 0;
    return { answerError: Math.max(found.error, others), answerSeed };
  } finally {
    destroy(got.answer);
  }
}

/** Checks samples in random order, the first in any case, then others until they would take longer than `seconds`. */
async function checkSamples(
  left: readonly Left[],
  seconds: number,
  check: (sample: Left) => Promise<number>,
): Promise<Pick<Checks, 'sampleError' | 'samples'>> {
  const order = left.map((sample) => ({ sample, at: Math.random() })).sort((a, b) => a.at - b.at);
  let [from, last] = [performance.now(), 0];
  const errors: number[] = [];
  for (const { sample } of order) {
    const begun = performance.now();
    if (errors.length === 1) from = begun;
    if (errors.length > 0 && begun - from + last > 1e3 * seconds) break;
    errors.push(await check(sample));
    last = performance.now() - begun;
  }
  return errors.length ? { sampleError: Math.max(...errors), samples: errors.length } : {};
}

type Compare = ReturnType<typeof comparisonOf>;

/** Compares an answer to these tokens with that of the exact kernels. Throws a Refusal `answer` that begins with `wrong` when it is. */
function comparisonOf(engine: Engine, exact: ExactSide, context: CheckContext) {
  const { timed } = exact;
  return async (got: Answer, tokens: number[], wrong: string) => {
    const want = await exact.answer(tokens);
    try {
      if (!want.logits.every(Number.isFinite))
        throw new Refusal(
          'answer',
          'The logits of the exact kernels are not finite numbers: the model is broken, and what it computes has no speed',
        );
      const error = await differenceOf(got, want.answer, context.gpu);
      let tolerance = toleranceOf(Object.values(timed.choice));
      if (error > tolerance && tolerance !== EXACT_TOLERANCE)
        tolerance = Math.max(tolerance, PEERS * (await peersError(engine, timed, tokens, want, context)));
      if (!(error <= tolerance))
        throw new Refusal(
          'answer',
          `${wrong}: error ${error.toExponential(1)} against the exact kernels, allowed ${tolerance.toPrecision(1)}`,
        );
      return { error, tolerance, logits: want.logits };
    } finally {
      destroy(want.answer);
    }
  };
}

/** The error of a timed sample. Throws a Refusal `answer` when its state, its logits or the last token it decoded are wrong. */
async function checkSample(
  { read, token, answer, end }: Left,
  compare: Compare,
  exact: ExactSide,
  what: string,
): Promise<number> {
  const { gpu } = exact.context;
  const logits = new Float32Array(await readBuffer(gpu.device, answer.logits));
  const found = await compare(answer, read, `${what} was timed, but what a timed sample left is wrong`);
  requireExact(what, logits, token);
  requireLargest(found.logits, token, found.tolerance, what);
  if (!end) return found.error;
  const want = await exact.answer(end.tokens);
  try {
    const error = await differenceOf(end.answer, want.answer, gpu);
    // Kernels that round differ more and more over the tokens; garbage would still be far off.
    const tolerance = found.tolerance === EXACT_TOLERANCE ? found.tolerance : DECODED_TOLERANCE;
    if (!(error <= tolerance))
      throw new Refusal(
        'answer',
        `${what} was timed, but is wrong after ${end.decoded} decoded tokens: error ${error.toExponential(1)} against the exact kernels, allowed ${tolerance}`,
      );
    return Math.max(found.error, error);
  } finally {
    destroy(want.answer);
  }
}

/**
 * The largest error of sequences that read prompts of their own and decode some tokens together. Throws a Refusal `answer` when what one
 * of them left is not what its tokens alone leave in the exact kernels, or when its last token is not that of its largest logit.
 */
async function checkSequences(
  engine: Engine,
  plans: Plans,
  prompt: Uint32Array,
  decode: number,
  compare: Compare,
  what: string,
  progress: AnswerProgress,
): Promise<number> {
  const sequences = plans.sequences!;
  const prompts = promptsLike(prompt, sequences.count, engine);
  const tokens = sequences.count * (prompt.length + decode);
  const read = progress.begin(tokens);
  const first = await engine.readEach(plans, sequences, prompts);
  const decoded = await sequences.decode(plans, decode);
  read(tokens);
  const errors: number[] = [];
  for (const [own, ids] of decoded.entries()) {
    const answer = await engine.copyAnswer();
    sequences.copyTo(answer, own);
    const [which, count] = [own + 1, sequences.count];
    try {
      const logits = new Float32Array(await readBuffer(engine.kernels.device, answer.logits));
      const tokens = [...prompts[own], first[own], ...ids.slice(0, -1)];
      const wrong = `${what} was timed, but sequence ${which} of ${count}, decoded beside others, is wrong`;
      const { error } = await compare(answer, tokens, wrong);
      requireExact(`${what}, sequence ${which} of ${count},`, logits, ids[ids.length - 1]);
      errors.push(error);
    } finally {
      destroy(answer);
    }
  }
  return Math.max(...errors);
}

/** Prefills and decodes. `tokens`: the token after the prompt and the decoded ones; all but the last are in the state. */
async function answerOf(
  engine: Engine,
  plans: Plans,
  prompt: Uint32Array,
  decoded: number,
  progress: AnswerProgress,
) {
  engine.load(prompt);
  const first = await engine.prefill(plans, prompt.length, progress.begin(prompt.length));
  progress.begin(decoded);
  const others = decoded ? await engine.decode(plans, decoded) : [];
  const logits = await engine.readLogits();
  return { tokens: [first, ...others], logits, answer: await engine.copyAnswer() };
}

/** The portable exact kernels, with plans for each length of tokens that was asked for, until `drop`. */
class ExactSide {
  readonly #choice: Choice;
  readonly #plans = new Map<number, Plans>();

  constructor(
    readonly engine: Engine,
    readonly timed: Timed,
    readonly context: CheckContext,
  ) {
    this.#choice = exactChoice(engine, timed.choice, context.gpu);
  }

  /** Their answer to these tokens, with the logits on the CPU as well. */
  async answer(tokens: number[]) {
    const { engine, timed, context } = this;
    const plans =
      this.#plans.get(tokens.length) ?? (await plansOf(this.#choice, engine, timed, tokens, context));
    this.#plans.set(tokens.length, plans);
    return answerBy(plans, engine, tokens, context);
  }

  drop() {
    for (const plans of this.#plans.values()) this.engine.discard(plans);
    this.#plans.clear();
  }
}

/**
 * The error of other shipped kernels on the same tokens: of those that state no larger error than the timed ones, and of the plain
 * variants, which add in another order than the exact side.
 */
async function peersError(
  engine: Engine,
  timed: Timed,
  tokens: number[],
  want: { answer: Answer },
  context: CheckContext,
): Promise<number> {
  const exact = exactChoice(engine, timed.choice, context.gpu);
  const peers = Object.entries(exact).map(([kernel, variant]) => [
    kernel,
    variant.error ? variant : (peerOf(timed.choice[kernel], context.gpu) ?? plainOf(kernel)),
  ]);
  const plans = await plansOf(Object.fromEntries(peers) as Choice, engine, timed, tokens, context);
  try {
    const { answer } = await answerBy(plans, engine, tokens, context);
    return await differenceOf(answer, want.answer, context.gpu).finally(() => destroy(answer));
  } finally {
    engine.discard(plans);
  }
}

/** The shipped variant of the same kernel that states the largest error up to this variant's, and runs here. */
function peerOf({ kernel, error = 0 }: Variant, { kernels }: OpenGpu): Variant | undefined {
  const stating = REGISTRY.variants.filter(
    (each) => each.kernel === kernel && each.error && each.error <= error && !kernels.unsupportedReason(each),
  );
  return stating.sort((a, b) => b.error! - a.error!)[0];
}

type Timed = Pick<PreparedRun, 'choice' | 'plans'>;
type CheckContext = Pick<RunContext, 'gpu' | 'report' | 'signal'> & { progress: AnswerProgress };

/** Plans of these kernels, in chunks of another length than the timed ones. */
async function plansOf(
  choice: Choice,
  engine: Engine,
  timed: Timed,
  tokens: number[],
  { gpu, report, signal }: CheckContext,
): Promise<Plans> {
  await checkAll(choice, gpu, report, signal);
  const chunk = otherChunk(timed.plans.chunk, tokens.length);
  return engine.prepare(choice, chunk, 0, [tokens.length], { beside: true });
}

async function answerBy(plans: Plans, engine: Engine, tokens: number[], { signal, progress }: CheckContext) {
  signal.throwIfAborted(); // newer settings need not wait for the answer of superseded ones
  engine.load(Uint32Array.from(tokens));
  await engine.prefill(plans, tokens.length, progress.begin(tokens.length));
  return { answer: await engine.copyAnswer(), logits: await engine.readLogits() };
}

/**
 * The kernels of the exact side: the best portable exact variant of each; where the run has a shipped variant that states an error,
 * the same one. On a CPU that emulates a GPU compiling takes longer than computing, so there the plain variants replace those that
 * are not compiled for the run itself.
 */
function exactChoice({ kernelNames }: Engine, timed: Choice, { adapter }: OpenGpu): Choice {
  const exact = (kernel: string) => {
    if (timed[kernel].error && isShipped(timed[kernel])) return timed[kernel];
    const variant = variantOf(kernel, registry[kernel].default, REGISTRY)!;
    const slow = adapter.software && timed[kernel].wgsl !== variant.wgsl;
    return slow || variant.error ? plainOf(kernel) : variant;
  };
  return Object.fromEntries(kernelNames.map((kernel) => [kernel, exact(kernel)]));
}

/** The shipped variant of a kernel that needs no optional feature and adds in the plainest order. */
const plainOf = (kernel: string): Variant => variantOf(kernel, plainChoice(registry[kernel]), REGISTRY)!;

function toleranceOf(variants: Variant[]): number {
  const stating = variants.filter(({ error }) => error);
  if (stating.length === 0) return EXACT_TOLERANCE;
  return stating.every(isShipped) ? ROUNDED_TOLERANCE : STATED_TOLERANCE;
}

/** Another chunk length than the timed one: three fifths of it, so that it ends at other tokens. */
const otherChunk = (chunk: number, tokens: number) =>
  Math.min(LONGEST_CHUNK, Math.max(1, Math.ceil(0.6 * Math.min(chunk, tokens))));

/** Largest normalised mean squared error of logits and state; Infinity where a number is not finite. */
async function differenceOf(got: Answer, want: Answer, { device }: OpenGpu): Promise<number> {
  const parts = (['logits', 'wkv', 'shift'] as const).map((part) =>
    compareArrays(device, got[part], want[part]),
  );
  return Math.max(...(await Promise.all(parts)).map(({ error }) => error));
}

function destroy(answer: Answer) {
  for (const buffer of Object.values(answer)) (buffer as GPUBuffer).destroy();
}
