/** Tries again after transient failures, and gives a request up for which nothing comes. */

import { messageOf } from '../engine/ggufHeader';

/** Worth another try. */
export class Passing extends Error {}

interface Pauses {
  /** Seconds before the n-th retry in a row; undefined to give up. */
  pause(tries: number): number | undefined;
  /** Is told of a failure after which it is tried again. */
  waiting?(reason: string, seconds: number): void;
}

/** Makes an attempt again after each transient failure, with pauses between; throws every other error, and the last one. */
export async function retrying<T>(
  network: Pauses,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      tries = await waitAfter(network, error, tries, signal);
    }
  }
}

/** Waits after a transient failure and resolves to the number of tries so far; throws every other error, and the last one. */
export async function waitAfter(
  network: Pauses,
  error: unknown,
  tries: number,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  // Failed connections and truncated bodies are TypeErrors; browsers hide the cause from scripts.
  const passing = error instanceof Passing || error instanceof TypeError;
  const seconds = passing ? network.pause(tries) : undefined;
  const failure = error instanceof TypeError ? networkError(error) : error;
  if (seconds === undefined) throw failure;
  network.waiting?.(messageOf(failure), seconds);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(done, 1000 * seconds);
    function done() {
      signal.removeEventListener('abort', stopped);
      resolve();
    }
    function stopped() {
      clearTimeout(timer);
      reject(signal.reason as Error);
    }
    signal.addEventListener('abort', stopped, { once: true });
  });
  return tries + 1;
}

function networkError(error: TypeError): Error {
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new Error(
    `The network failed, or the server allows no other site to read the file (CORS): ${error.message}${cause}`,
    { cause: error },
  );
}

/** Aborts a request for which nothing has come for some time. */
export class Deadline {
  readonly #control = new AbortController();
  readonly #forward: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped: Promise<never>;

  constructor(
    readonly seconds: number,
    readonly outer: AbortSignal,
    readonly what: string,
  ) {
    this.#forward = () => this.#control.abort(outer.reason);
    outer.addEventListener('abort', this.#forward, { once: true });
    if (outer.aborted) this.#forward();
    const { signal } = this.#control;
    this.#stopped = new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    this.#stopped.catch(() => undefined);
    this.wind();
  }

  get signal(): AbortSignal {
    return this.#control.signal;
  }

  wind() {
    clearTimeout(this.#timer);
    const error = new Passing(`${this.what} for ${this.seconds} seconds`);
    this.#timer = setTimeout(() => this.#control.abort(error), 1000 * this.seconds);
  }

  rest() {
    clearTimeout(this.#timer);
  }

  orLate<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#stopped]);
  }

  end() {
    this.rest();
    this.outer.removeEventListener('abort', this.#forward);
  }
}
