/** Starts the lab's own workers. The page's policy takes a worker's address only from here. */

/** The part of Trusted Types that is used, which TypeScript's library does not declare. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): string };
}

/** The address, if it is a script of this site; throws for every other. */
function ownScript(address: string): string {
  const { origin } = new URL(address, location.href);
  if (origin !== location.origin)
    throw new Error(`A worker of ${origin} is refused: only scripts of ${location.origin} run here`);
  return address;
}

const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy(
  'rwkv-lab-workers',
  {
    createScriptURL: ownScript,
  },
);

/** Starts a module worker. Throws for an address outside this site. */
export const startWorker = (address: string, name: string): Worker =>
  new Worker(policy?.createScriptURL(address) ?? ownScript(address), { type: 'module', name });
