/**
 * Work on the GPU, of which each piece begins as soon as the one before it is submitted: no result is waited for before the next
 * piece is on its way. The queue of the GPU keeps their order.
 */

/** A piece of work. */
export interface Piece<Result> {
  /** Bytes on the GPU until its result is there. */
  bytes: number;
  /** Does it, and calls `submitted` when the GPU has been given everything; then its error scopes are closed as well. */
  start(submitted: () => void): Promise<Result>;
}

/** Pieces in progress at once, and the bytes of all of them unless one alone has more. */
const MOST_PIECES = 8;
const MOST_BYTES = 2 ** 27;

/**
 * The results in the order of the pieces; `started` is told the index of each that begins. Throws the error of the first piece that
 * fails, and the signal's reason between two pieces, when those that had begun are done.
 */
export async function overlapping<Result>(
  pieces: readonly Piece<Result>[],
  signal: AbortSignal,
  started: (index: number) => void,
): Promise<Result[]> {
  const begun: Promise<Result>[] = [];
  const results: Result[] = [];
  const inProgress = () => pieces.slice(results.length, begun.length);
  const hasRoom = (bytes: number) =>
    inProgress().length === 0 ||
    (inProgress().length < MOST_PIECES &&
      inProgress().reduce((sum, piece) => sum + piece.bytes, bytes) <= MOST_BYTES);
  try {
    for (const [index, piece] of pieces.entries()) {
      while (!hasRoom(piece.bytes)) results.push(await begun[results.length]);
      signal.throwIfAborted();
      started(index);
      await new Promise<void>((submitted) => {
        const result = piece.start(submitted);
        begun.push(result);
        result.then(
          () => submitted(),
          () => submitted(), // thrown when its turn has come
        );
      });
    }
    while (results.length < begun.length) results.push(await begun[results.length]);
    return results;
  } finally {
    await Promise.allSettled(begun);
  }
}
