// Test helper: serves the built page at /lab/ of a loopback address, below a base path as on a project page.
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { serve } from '../../scripts/serve.js';

const folder = fileURLToPath(new URL('../../build', import.meta.url));

export interface Site {
  /** Address of the site, ending in /lab/; append `selftest` or `?settings`. */
  address: string;
  close(): Promise<void>;
}

/** Serves build/. Throws an Error if there is no build. */
export async function serveBuild(): Promise<Site> {
  if (!existsSync(`${folder}/index.html`))
    throw new Error('There is no build/index.html: run `npm run build`');
  const server = await serve({ folder, base: '/lab/' });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://localhost:${port}/lab/`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
