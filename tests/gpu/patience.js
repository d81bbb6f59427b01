// Test setup, of the tests' own process and of the commands that they start: Dawn's binding for Node polls the GPU by setImmediate on
// every turn of the event loop. On a software GPU this takes a core from what it waits for, so setImmediate is slowed to once a millisecond.
/**
 * @param {(...given: unknown[]) => void} callback
 * @param {unknown[]} given
 */
const onceAMillisecond = (callback, ...given) => setTimeout(callback, 1, ...given);
Object.assign(globalThis, { setImmediate: onceAMillisecond });
