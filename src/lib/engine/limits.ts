/** The engine's own limits, apart from the GPU's: settings take their bounds from here. */

/** Tokens of one pass over the layers. */
export const MOST_CHUNK = 4096;

/** Positions that the engine has token ids for: those of a prompt and of what is decoded after it, and one more. */
export const MOST_TOKENS = 2 ** 20;

/** Tokens of a prompt and of what is decoded after it, together: the next token needs a position too. */
export const MOST_POSITIONS = MOST_TOKENS - 1;
