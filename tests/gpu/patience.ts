// For tests: Dawn's binding for Node asks whether the GPU is done on every turn of the event loop, by setImmediate. On a
// software GPU that takes a core from the compiler it waits for; so it asks once a millisecond.
globalThis.setImmediate = ((callback: () => void, ...given: []) =>
  setTimeout(callback, 1, ...given)) as unknown as typeof setImmediate;
