// Test setup: Dawn's binding for Node polls the GPU by setImmediate on every turn of the event loop. On a software GPU
// this takes a core from the compiler it waits for, so setImmediate is slowed to once a millisecond.
globalThis.setImmediate = ((callback: () => void, ...given: []) =>
  setTimeout(callback, 1, ...given)) as unknown as typeof setImmediate;
