/** The engine's own limits, independent of the GPU; they are also the bounds of the settings. */

/** Largest chunk, in tokens. */
export const MOST_CHUNK = 4096;

/** Capacity of the token id buffer: the prompt, the decoded tokens and one further token. */
export const MOST_TOKENS = 2 ** 20;

/** Most tokens of a prompt and its decoded tokens together; one position is reserved for the next token. */
export const MOST_POSITIONS = MOST_TOKENS - 1;

/** Throws for the ids of a prompt that are out of range or too many. */
export function requireIds(ids: Uint32Array, vocabulary: number) {
  const wrong = ids.find((id) => id >= vocabulary);
  if (wrong !== undefined)
    throw new Error(`Token ${wrong} is out of range: this model has ids from 0 to ${vocabulary - 1}`);
  if (ids.length > MOST_TOKENS)
    throw new Error(`A prompt has at most ${MOST_TOKENS} tokens; this one has ${ids.length}`);
}
