/** Tells whether a tuning is kept, without the code that reads it: the first page needs no more. */

/** The name in local storage under which the tuning of an adapter is kept. */
export const tuningKey = (adapter: string) => `rwkv-lab tuned ${adapter}`;

/** True if a tuning of this adapter is kept, readable or not. */
export function hasTuning(adapter: string): boolean {
  try {
    return localStorage.getItem(tuningKey(adapter)) !== null;
  } catch {
    return false; // Private windows may have no storage.
  }
}
