/** So long after an error of the browser's own the word of a lost GPU is waited for: it may come after what the loss has ended. */
const LOSS_TOLD_MS = 100;

/**
 * What `work` resolves to, unless the GPU is lost meanwhile: `lost` then rejects, and its error is that of the work, whose own would only
 * say that a buffer could not be mapped.
 */
export function unlessLost<T>(work: Promise<T>, lost: Promise<never>): Promise<T> {
  const told = work.catch(async (error: unknown) => {
    if (error instanceof Error && BROWSERS_OWN.includes(error.name))
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, LOSS_TOLD_MS))]);
    throw error;
  });
  return Promise.race([told, lost]);
}

/** The names of the errors with which waiting for the GPU ends. */
const BROWSERS_OWN = ['AbortError', 'OperationError'];
