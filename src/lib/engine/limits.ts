/** The engine's own limits, independent of the GPU; they are also the bounds of the settings. */

/** Largest chunk, in tokens. */
export const MOST_CHUNK = 4096;

/** Capacity of the token id buffer: the prompt, the decoded tokens and one further token. */
export const MOST_TOKENS = 2 ** 20;

/** Most tokens of a prompt and its decoded tokens together; one position is reserved for the next token. */
export const MOST_POSITIONS = MOST_TOKENS - 1;
