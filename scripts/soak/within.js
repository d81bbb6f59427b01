// Waits for what may never answer.
import { setTimeout as sleep } from 'node:timers/promises';

/** Time within which a page answers a question, in seconds, unless its thread hangs. */
const ANSWERS = 60;

/** A page, or the worker behind it, that does not answer. */
export class Hung extends Error {}

/**
 * Resolves as the promise does; rejects with `Hung` if that takes longer than `seconds`.
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what
 * @param {number} [seconds]
 * @returns {Promise<T>}
 */
export function within(promise, what, seconds = ANSWERS) {
  const late = new AbortController();
  promise.catch(() => undefined); // a rejection after the time limit was reported as `Hung` already
  return Promise.race([
    promise.finally(() => late.abort()),
    sleep(1000 * seconds, undefined, { signal: late.signal }).then(
      () => Promise.reject(new Hung(`${what}: no answer in ${seconds} s`)),
      () => promise,
    ),
  ]);
}
