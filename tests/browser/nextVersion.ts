// Test helper: a site that is replaced by its next version while pages of it are open.
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../scripts/serve.js';

const build = fileURLToPath(new URL('../../build', import.meta.url));
const TEXTS = ['.js', '.css', '.html', '.json'];

/** Serves the build at /lab/; `publish` puts its next version in its place, which has no file of the former one with a hash in its name. */
export async function serveVersions() {
  const folder = await mkdtemp(join(tmpdir(), 'versions-'));
  const current = join(folder, 'current');
  await symlink(build, current);
  const next = join(folder, 'next');
  await cp(build, next, { recursive: true });
  // The same model, with the same time and so the same ETag: one that changes while it is read is refused.
  await rm(join(next, 'models'), { recursive: true });
  await symlink(join(build, 'models'), join(next, 'models'));
  await rebuild(next);
  const server = await serve({ folder: current, base: '/lab/' });
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}/lab/`,
    async publish() {
      await symlink(next, join(folder, 'link'));
      await rename(join(folder, 'link'), current);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true });
    },
  };
}

/** Makes a build another version: what a build of changed sources would have, other names and another version, in all its texts. */
async function rebuild(folder: string) {
  const files = (await readdir(folder, { recursive: true })).filter((name) => TEXTS.includes(extname(name)));
  const { version } = JSON.parse(await readFile(join(folder, '_app/version.json'), 'utf8')) as {
    version: string;
  };
  const names = files
    .filter((name) => name.includes('immutable'))
    .map((name) => name.split('/').pop()!)
    .sort((a, b) => b.length - a.length);
  const named = new RegExp(names.map((name) => name.replaceAll('.', '\\.')).join('|'), 'g');
  const other = (name: string) => name.replace(/\.(js|css)$/, 'N.$1');
  for (const name of files) {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8');
    const changed = text.replace(named, other).replaceAll(version, `${version}1`);
    await writeFile(path, extname(name) === '.html' ? withHashes(changed, text) : changed);
    if (name.includes('immutable')) await rename(path, join(folder, other(name)));
  }
}

/** A page whose policy has the hashes of its own inline scripts instead of those of the former page. */
function withHashes(page: string, former: string): string {
  const hashes = (text: string) =>
    [...text.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, script]) =>
      createHash('sha256').update(script).digest('base64'),
    );
  const own = hashes(page);
  return hashes(former).reduce((text, hash, at) => text.replaceAll(hash, own[at]), page);
}
