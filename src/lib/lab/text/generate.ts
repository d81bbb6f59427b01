/** Generates a text for a generate cell: checked kernels, streamed text, prefill and decode speed. */
import type { Engine, Plans } from '../../engine/engine';
import type { Tokenizer } from '../../engine/tokenizer';
import { seeded } from '../../shaders/kernel';
import { complete, defaultsFor } from '../experiment/defaults';
import { type Experiment, formatExperiment } from '../experiment/experiment';
import { secondsOf } from '../measure/prompt';
import { medianRate } from '../records/record';
import { type RunContext } from '../measure/session';
import type { LoadedModel } from '../measure/session';
import { acceptTime } from '../measure/accept';
import { finiteLogits, goOn, prepareText, promptIds, type Sampling } from './text';

/** A prompt, how to continue it, and the settings of the model and its kernels. */
export interface GenerateRequest {
  experiment: Experiment;
  prompt: string;
  /** Largest number of tokens to add. */
  tokens: number;
  /** 0: greedy. */
  temperature: number;
  top_p: number;
  /** Seed of the sampling. */
  seed: number;
}

/** The result of a generate cell. Plain data. */
export interface Generation {
  /** Settings of the model and its kernels. */
  settings: string;
  prompt: string;
  /** Number of prompt tokens; an empty prompt is replaced by the token that starts a text. */
  promptTokens: number;
  text: string;
  /** Ids of the tokens that follow the prompt. */
  ids: number[];
  /** 0: greedy. */
  temperature: number;
  topP: number;
  seed: number;
  /** Wall seconds from the first submit until the argmax of the prompt's last token is on the CPU. */
  prefillSeconds: number;
  /** Wall seconds from there to the last token, including sampling and showing the text. */
  decodeSeconds: number;
  prefillTokensPerSecond: number;
  /** Speed of the tokens after the first; undefined if fewer than two were generated. */
  decodeTokensPerSecond: number | undefined;
  end: 'length' | 'end of text' | 'stopped';
  adapter: string;
  software: boolean;
  /** ISO 8601, UTC. */
  startedAt: string;
  agent: string;
}

/**
 * Continues a prompt; `tell` receives the text piece by piece, in whole characters. Stopping is not an error: the
 * tokens so far are the result. Throws for a model without a vocabulary, and when a kernel is wrong.
 */
export async function generateCell(
  cell: GenerateRequest,
  model: LoadedModel,
  context: RunContext,
  tell: (text: string) => void,
): Promise<Generation> {
  const { gpu, host, catalogue, report, signal } = context;
  const { name, tokenizer, engine } = model;
  if (!tokenizer)
    throw new Error(`${name} has no vocabulary: it is synthetic. Choose demo, or a GGUF file or address`);
  const startedAt = new Date().toISOString();
  const experiment = complete(cell.experiment, defaultsFor(gpu));
  const ids = Uint32Array.from(promptIds(tokenizer.encode(cell.prompt)));
  const prepared = await prepareText(model, experiment, ids.length, context);
  const { plans } = prepared;
  report('prefilling', 0, ids.length);
  const prefill = await timedPrefill(engine, plans, ids, context);
  await finiteLogits(engine);
  const source = goOn(engine, plans, prefill.argmax, cell.tokens, samplingOf(cell));
  const made = await stream(cell, tokenizer, source, { report, signal, tell });
  await finiteLogits(engine);
  gpu.throwPendingErrors();
  // A text that was stopped is a result as well.
  const checking = signal.aborted ? { ...context, signal: new AbortController().signal } : context;
  await acceptTime(prepared, prefill.seconds, model, checking);
  return {
    settings: formatExperiment(experiment, 'query', catalogue),
    prompt: cell.prompt,
    promptTokens: ids.length,
    ...made,
    ...{ temperature: cell.temperature, topP: cell.top_p, seed: cell.seed },
    prefillSeconds: prefill.seconds,
    prefillTokensPerSecond: medianRate(ids.length, [prefill.seconds]),
    ...{ adapter: gpu.adapter.name, software: gpu.adapter.software, startedAt, agent: host.agent },
  };
}

function samplingOf({ temperature, top_p: topP, seed }: GenerateRequest): Sampling | undefined {
  return temperature > 0 ? { temperature, topP, random: seeded(seed) } : undefined;
}

/** Runs the prompt twice and times the second run: one-time work of the driver is not part of the speed. */
async function timedPrefill(engine: Engine, plans: Plans, ids: Uint32Array, { gpu, signal }: RunContext) {
  engine.load(ids);
  await engine.prefill(plans, ids.length);
  signal.throwIfAborted();
  engine.load(ids);
  await gpu.device.queue.onSubmittedWorkDone();
  let argmax = 0;
  const seconds = await secondsOf(async () => (argmax = await engine.prefill(plans, ids.length)));
  return { argmax, seconds };
}

/** Collects the tokens as they arrive, and passes their text to `tell`. */
async function stream(
  { tokens }: { tokens: number },
  tokenizer: Tokenizer,
  source: AsyncGenerator<number>,
  { report, signal, tell }: Pick<RunContext, 'report' | 'signal'> & { tell: (text: string) => void },
) {
  const decoder = tokenizer.stream();
  const ids: number[] = [];
  let [text, from, last, ended] = ['', 0, 0, true];
  const show = (piece: string) => {
    text += piece;
    if (piece) tell(piece);
  };
  for await (const id of source) {
    last = performance.now();
    if (ids.push(id) === 1) from = last;
    show(decoder.push(id));
    report('generating', ids.length, tokens);
    ended = ids.length < tokens && !signal.aborted;
    if (signal.aborted) break;
  }
  show(decoder.end());
  const decodeSeconds = (last - from) / 1e3;
  const timed = ids.length > 1 && decodeSeconds > 0;
  const end: Generation['end'] = ended ? 'end of text' : ids.length === tokens ? 'length' : 'stopped';
  const decodeTokensPerSecond = timed ? medianRate(ids.length - 1, [decodeSeconds]) : undefined;
  return { ids, text, decodeSeconds, decodeTokensPerSecond, end };
}
