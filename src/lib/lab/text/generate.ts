/**
 * Runs a generate cell: the continuation of a prompt, or a conversation turn by turn, with streamed text, and prefill and decode speed
 * of each turn with checked kernels. Between turns the state stays on the GPU.
 */
import type { Answer, Engine, Plans } from '../../engine/engine';
import { finished } from '../../engine/finished';
import type { Tokenizer } from '../../engine/tokenizer';
import { seeded } from '../../shaders/kernel';
import { complete, defaultsFor } from '../experiment/defaults';
import { type Experiment, formatExperiment } from '../experiment/experiment';
import { acceptTime } from '../measure/accept';
import { secondsOf } from '../measure/prompt';
import type { LoadedModel, RunContext } from '../measure/session';
import { medianRate } from '../records/record';
import { LAB_VERSION } from '../version';
import { AnswerText } from './answerText';
import { showBeginning } from './beginning';
import { isChat, openingOf, turnsOf, turnText } from './chat';
import type { Sampling } from './sampling';
import { END_OF_TEXT, finiteLogits, goOn, prepareText, promptIds } from './text';

/** A prompt or the turns of a conversation, how to continue them, and the settings of the model and its kernels. */
export interface GenerateRequest {
  experiment: Experiment;
  prompt: string;
  /** One of CHATS: off, or how the answers of a conversation begin. */
  chat: string;
  /** Texts that end an answer, as `readStops` writes them. */
  stop: string;
  /** Largest number of tokens to add, for each turn. */
  tokens: number;
  /** 0: greedy. */
  temperature: number;
  top_p: number;
  /** Seed of the sampling. */
  seed: number;
  presence_penalty: number;
  frequency_penalty: number;
  penalty_decay: number;
}

/** The result of a generate cell without a conversation, or of one turn. Plain data. */
export interface Generation {
  /** Settings of the model and its kernels. */
  settings: string;
  prompt: string;
  /** Its place in a conversation, from 1, and what the answer was begun with; absent for a prompt. */
  turn?: number;
  opening?: string;
  /** Tokens that were in the state before this turn; absent for a prompt. */
  contextTokens?: number;
  /** True for a turn that was answered in an earlier run: the conversation went on after it. */
  earlier?: boolean;
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
  /**
   * Wall seconds from each token to the next, reading its logits and sampling included; absent where the GPU takes the likeliest
   * token by itself, because several are then read at once.
   */
  tokenSeconds?: number[];
  prefillTokensPerSecond: number;
  /** Speed of the tokens after the first; undefined if fewer than two were generated. */
  decodeTokensPerSecond?: number | undefined;
  /** `stop`: the answer was followed by a text that ends it. */
  end: 'length' | 'end of text' | 'stop' | 'stopped';
  adapter: string;
  software: boolean;
  /** ISO 8601, UTC. */
  startedAt: string;
  agent: string;
  /** Absent in texts of version 0.2 and older. */
  labVersion?: string;
}

/** The events of a cell that runs: pieces of text, in whole characters, and the result of each turn. */
export type TellGeneration = (told: { text: string } | { generation: Generation }) => void;

/** The last conversation with a model: the turns, their results, and a copy of the state after them on the GPU. */
interface Conversation {
  chat: string;
  turns: string[];
  results: Generation[];
  /** Tokens in the state. */
  tokens: number;
  state: Answer;
}

/** By model, as long as it is loaded; the engine frees the state. */
const CONVERSATIONS = new WeakMap<Engine, Conversation>();

/** A cell that runs on a model with a vocabulary. */
interface Speaking {
  cell: GenerateRequest;
  model: LoadedModel & { tokenizer: Tokenizer };
  context: RunContext;
  tell: TellGeneration;
}

/**
 * Continues a prompt, or answers the turns of a conversation. Turns that the model has answered before are told again and not
 * computed, if a new one follows them; else all are. `said`: the turns that the cell has from before; they are read again if the
 * model does not remember them. Stopping is not an error: the tokens so far are the result. Throws for a model without a
 * vocabulary, and when a kernel is wrong.
 */
export async function generateCell(
  cell: GenerateRequest,
  model: LoadedModel,
  context: RunContext,
  tell: TellGeneration,
  said: readonly Generation[] = [],
): Promise<void> {
  const { name, tokenizer } = model;
  if (!tokenizer)
    throw new Error(`${name} has no vocabulary: it is synthetic. Choose demo, or a GGUF file or address`);
  const experiment = complete(cell.experiment, defaultsFor(context.gpu));
  const speaking = { cell: { ...cell, experiment }, model: { ...model, tokenizer }, context, tell };
  if (isChat(cell)) return converse(speaking, turnsOf(cell), said);
  const ids = promptIds(tokenizer.encode(cell.prompt));
  const { generation } = await speak(speaking, cell.prompt, ids);
  tell({ generation });
}

/** Answers the turns, after those of the conversation that the model remembers. */
async function converse(speaking: Speaking, turns: string[], said: readonly Generation[]): Promise<void> {
  const { cell, model, context, tell } = speaking;
  const { engine, tokenizer } = model;
  let known =
    continued(cell.chat, turns, CONVERSATIONS.get(engine)) ?? (await readAgain(speaking, turns, said));
  for (const generation of known?.results ?? []) tell({ generation: { ...generation, earlier: true } });
  for (let at = known?.turns.length ?? 0; at < turns.length && !context.signal.aborted; at++) {
    const added = tokenizer.encode(turnText(cell.chat, turns[at], at === 0));
    // A conversation starts, as every text does, after the token that ends one.
    const ids = at === 0 ? [END_OF_TEXT, ...added] : added;
    const { generation, after } = await speak(speaking, turns[at], ids, { turn: at + 1, before: known });
    known = {
      ...{ chat: cell.chat, turns: turns.slice(0, at + 1), results: [...(known?.results ?? []), generation] },
      ...after!,
    };
    remember(engine, known);
    tell({ generation });
  }
}

/** Remembers a conversation in the place of the former one, whose state is freed. */
function remember(engine: Engine, conversation: Conversation) {
  const forgotten = CONVERSATIONS.get(engine);
  CONVERSATIONS.set(engine, conversation);
  if (forgotten) engine.drop(forgotten.state);
}

/**
 * The conversation of these results, whose state is no longer on the GPU, as after a reload: what was asked and answered is read
 * again, and nothing is answered anew. Undefined if the turns do not go on after it, or it was held with other settings.
 */
async function readAgain(
  { cell, model, context }: Speaking,
  turns: string[],
  said: readonly Generation[],
): Promise<Conversation | undefined> {
  const { engine, tokenizer } = model;
  const settings = formatExperiment(cell.experiment, 'query', context.catalogue);
  const same = said.every(
    (each, at) =>
      each.prompt === turns[at] && each.opening === openingOf(cell.chat) && each.settings === settings,
  );
  if (!same || said.length === 0 || said.length >= turns.length) return undefined;
  const texts = said.flatMap((each, at) => [
    ...tokenizer.encode(turnText(cell.chat, each.prompt, at === 0)),
    ...saidIn(each, tokenizer),
  ]);
  const ids = Uint32Array.of(END_OF_TEXT, ...texts);
  const { plans } = await prepareText(model, cell.experiment, ids.length, context);
  context.report('prefilling', 0, ids.length);
  engine.load(ids);
  await engine.prefill(plans, ids.length);
  await finiteLogits(engine);
  const state = await engine.copyAnswer();
  engine.keep(state);
  const conversation = {
    ...{ chat: cell.chat, turns: turns.slice(0, said.length), results: [...said] },
    ...{ tokens: ids.length, state },
  };
  remember(engine, conversation);
  return conversation;
}

/** The tokens of an answer, without a text that ended it. */
const saidIn = ({ end, text, ids }: Pick<Generation, 'end' | 'text' | 'ids'>, tokenizer: Tokenizer) =>
  end === 'stop' ? tokenizer.encode(text) : ids;

/** The conversation, if these turns go on after it. */
const continued = (chat: string, turns: string[], known: Conversation | undefined) =>
  known?.chat === chat &&
  known.turns.length < turns.length &&
  known.turns.every((turn, at) => turn === turns[at])
    ? known
    : undefined;

/** A turn of a conversation, from 1, and what was said before it. */
interface Place {
  turn: number;
  before: Conversation | undefined;
}

/** Continues these ids. In a conversation, `after` is the state after the answer, which the caller drops. */
async function speak(
  { cell, model, context, tell }: Speaking,
  prompt: string,
  prompted: number[],
  place?: Place,
): Promise<{ generation: Generation; after?: Pick<Conversation, 'state' | 'tokens'> }> {
  const { gpu, host, catalogue, report, signal } = context;
  const { engine, tokenizer } = model;
  const startedAt = new Date().toISOString();
  const ids = Uint32Array.from(prompted);
  const from = place?.before?.state;
  const sampling = () => samplingOf(cell, place?.turn ?? 1);
  const show = (text: string) => tell({ text });
  const shown = await showBeginning({ cell, model, ids, from, sampling: sampling() }, context, show);
  const prepared = await prepareText(model, cell.experiment, ids.length, context);
  const { plans } = prepared;
  report('prefilling', 0, ids.length);
  const prefill = await timedPrefill(engine, plans, ids, from, context);
  await finiteLogits(engine);
  const asked = place && (await engine.copyAnswer());
  let state: Answer | undefined;
  try {
    const sampled = sampling();
    const source = goOn(engine, plans, prefill.argmax, cell.tokens, sampled);
    const answer = new AnswerText(tokenizer, cell, show, shown);
    const { said, arrivals, ...made } = await stream(cell, tokenizer, source, answer, { report, signal });
    await finiteLogits(engine);
    if (asked) state = await stateAfter(engine, plans, asked, said);
    gpu.throwPendingErrors();
    // A text that was stopped is a result as well.
    const checking = signal.aborted ? { ...context, signal: new AbortController().signal } : context;
    // The tokens after the first one were timed as well.
    const timed = { ...prepared, run: { ...prepared.run, decode: Math.max(0, made.ids.length - 1) } };
    await acceptTime(timed, { prefill: prefill.seconds }, model, checking);
    const contextTokens = place?.before?.tokens ?? 0;
    const generation: Generation = {
      settings: formatExperiment(cell.experiment, 'query', catalogue),
      prompt,
      ...(place && { turn: place.turn, opening: openingOf(cell.chat), contextTokens }),
      promptTokens: ids.length,
      ...made,
      ...(sampled && { tokenSeconds: gapsOf(arrivals) }),
      ...{ temperature: cell.temperature, topP: cell.top_p, seed: cell.seed },
      prefillSeconds: prefill.seconds,
      prefillTokensPerSecond: medianRate(ids.length, [prefill.seconds]),
      ...{ adapter: gpu.adapter.name, software: gpu.adapter.software, startedAt },
      ...{ agent: host.agent, labVersion: LAB_VERSION },
    };
    const tokens = contextTokens + ids.length + said.length;
    return { generation, after: state && { state, tokens } };
  } catch (error) {
    if (state) engine.drop(state);
    throw error;
  } finally {
    if (asked) engine.drop(asked);
  }
}

/** The sampling of a turn; undefined where the GPU takes the likeliest token by itself. */
function samplingOf(cell: GenerateRequest, turn: number): Sampling | undefined {
  const { temperature, top_p: topP, presence_penalty: presence, frequency_penalty: frequency } = cell;
  if (temperature === 0 && presence === 0 && frequency === 0) return undefined;
  const penalties = { presence, frequency, decay: cell.penalty_decay };
  return { temperature, topP, random: seeded(cell.seed + turn - 1), penalties };
}

/**
 * Runs the ids from a state on, or as the beginning of a text, twice and times the second run: one-time work of the driver is
 * not part of the speed.
 */
async function timedPrefill(
  engine: Engine,
  plans: Plans,
  ids: Uint32Array,
  from: Answer | undefined,
  { gpu, signal }: RunContext,
) {
  engine.load(ids, from);
  await engine.prefill(plans, ids.length);
  signal.throwIfAborted();
  engine.load(ids, from);
  await finished(gpu.device);
  let argmax = 0;
  const seconds = await secondsOf(async () => (argmax = await engine.prefill(plans, ids.length)));
  return { argmax, seconds };
}

/**
 * A copy of the state after the prompt and what was said, which the engine keeps. It is computed anew: while text is shown, the
 * GPU is some tokens ahead or behind, and has read the text that ended the answer.
 */
async function stateAfter(engine: Engine, plans: Plans, asked: Answer, said: number[]): Promise<Answer> {
  engine.load(Uint32Array.from(said), asked);
  if (said.length) await engine.prefill(plans, said.length);
  const state = await engine.copyAnswer();
  engine.keep(state);
  return state;
}

/** Collects the tokens as they arrive, up to a text that ends the answer. `said`: the ids of the answer. */
async function stream(
  { tokens }: Pick<GenerateRequest, 'tokens'>,
  tokenizer: Tokenizer,
  source: AsyncGenerator<number>,
  answer: AnswerText,
  { report, signal }: Pick<RunContext, 'report' | 'signal'>,
) {
  const [ids, arrivals]: number[][] = [[], []];
  let ended = true;
  for await (const id of source) {
    arrivals.push(performance.now());
    ids.push(id);
    answer.push(id);
    report('generating', ids.length, tokens);
    ended = ids.length < tokens && !signal.aborted;
    if (signal.aborted || answer.ended) break;
  }
  answer.end();
  const { text } = answer;
  const decodeSeconds = arrivals.length ? (arrivals.at(-1)! - arrivals[0]) / 1e3 : 0;
  const timed = ids.length > 1 && decodeSeconds > 0;
  const otherEnd = ids.length === tokens ? 'length' : 'stopped';
  const end: Generation['end'] = answer.ended ? 'stop' : ended ? 'end of text' : otherEnd;
  const decodeTokensPerSecond = timed ? medianRate(ids.length - 1, [decodeSeconds]) : undefined;
  const said = saidIn({ end, text, ids }, tokenizer);
  return { said, ids, arrivals, text, decodeSeconds, decodeTokensPerSecond, end };
}

/** Seconds from each of these times, in milliseconds, to the next. */
const gapsOf = (times: readonly number[]): number[] =>
  times.slice(1).map((time, i) => Math.max(0, time - times[i]) / 1e3);
