/** After an error of the browser itself, the news of a lost GPU is awaited for so long: it may come later than the errors it causes. */
const LOSS_TOLD_MS = 100;

/**
 * Resolves to the result of `work`, unless the GPU is lost meanwhile. Then it rejects with the error of `lost`, because the error of the
 * work would only say that a buffer could not be mapped.
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
