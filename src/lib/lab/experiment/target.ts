/** The target of 700 tokens per second was set for RWKV-7 with 2.9 billion parameters; for other models it says nothing. */

/** True if all these models, by name, have the size that the default target was set for. */
export const hasTarget = (models: readonly string[]): boolean =>
  models.length > 0 && models.every((model) => /(?<![\d.])2\.9b/i.test(model));
