/**
 * The chat format of the RWKV-7 G1 models: `User: …`, an empty line, `Assistant:`, and what the answer begins with. Does not
 * import the engine: the page reads cells with it.
 */
import { splitBlocks } from '../experiment/settings';

/** Off: the prompt is continued as it is. The others differ in what the answer begins with. */
export const CHATS = ['off', 'plain', 'think', 'no_think'] as const;

const OPENINGS: Record<string, string> = { plain: '', think: ' <think', no_think: ' <think>\n</think>' };

/** The model goes on with this when it has answered. */
export const NEXT_TURN = '\n\nUser:';

const MOST_TURNS = 500;

interface Chat {
  chat: string;
  prompt: string;
}

/** True for a conversation; false where the prompt is continued as it is. */
export const isChat = ({ chat }: Pick<Chat, 'chat'>): boolean => chat !== 'off';

/**
 * The prompts of a cell, in order: the user's turns of a conversation, empty ones left out, or the one prompt. Throws for a
 * conversation without a turn and for too many.
 */
export function turnsOf({ chat, prompt }: Chat): string[] {
  if (!isChat({ chat })) return [prompt];
  const turns = splitBlocks(prompt)
    .map((turn) => turn.trim())
    .filter(Boolean);
  if (turns.length === 0) throw new Error('A conversation needs a first turn, after a line ---');
  if (turns.length > MOST_TURNS)
    throw new Error(`A conversation has at most ${MOST_TURNS} turns; this one has ${turns.length}`);
  return turns;
}

/** The prompt with one more turn, in which a line --- would begin another. */
export function withTurn(prompt: string, turn: string): string {
  const lines = turn.trim().replace(/^[ \t]*---[ \t]*$/gm, '***');
  return prompt.trim() === '' ? lines : `${prompt.replace(/\n$/, '')}\n---\n${lines}`;
}

/** The beginning of an answer, which the model is given. */
export const openingOf = (chat: string): string => OPENINGS[chat] ?? '';

/**
 * The text that a turn adds to the conversation, up to where the model answers. Within a turn, empty lines are left out, because
 * they separate turns.
 */
export function turnText(chat: string, turn: string, first: boolean): string {
  const text = turn.replace(/\r\n?/g, '\n').replace(/\n[ \t]*(?=\n)/g, '');
  return `${first ? '' : '\n\n'}User: ${text}\n\nAssistant:${openingOf(chat)}`;
}

/** Splits an answer into its thoughts (between `<think>` and `</think>`, or all of it if they never end) and its words. */
export function partsOf(answer: string): { thought: string; said: string } {
  const [, begun] = /^\s*<think>?([^]*)$/.exec(answer) ?? [];
  if (begun === undefined) return { thought: '', said: answer.trim() };
  const end = begun.indexOf('</think>');
  if (end < 0) return { thought: begun.replace(/^>/, '').trim(), said: '' };
  return {
    thought: begun.slice(0, end).replace(/^>/, '').trim(),
    said: begun.slice(end + '</think>'.length).trim(),
  };
}
