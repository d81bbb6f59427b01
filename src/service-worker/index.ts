/**
 * The page without a network, after its first visit. Each version of the site keeps its files in a cache of its own, which
 * goes when no open page is of that version: a page never gets parts of another. Models and results never pass through here.
 */
import { base, build, files, prerendered, version } from '$service-worker';

const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `${base}/ ${version}`;

/** Not kept: gigabytes or megabytes, and what no page shows. */
const LEFT_OUT = /^\/(models|results)\/|^\/robots\.txt$/;

/** Named by their contents: what is in the cache is what the network has. */
const lasting = new Set(build);
/** Pages and files that have the same name in every version. */
const changing = new Set([
  ...prerendered,
  ...files.filter((file) => !LEFT_OUT.test(file.slice(base.length))),
]);
/** A page may be slow to come; a network that says nothing for so long is none. */
const PATIENCE_MILLISECONDS = 4000;

worker.addEventListener('install', (event) => event.waitUntil(keepAll()));
worker.addEventListener('activate', (event) => event.waitUntil(forgetOthers()));
worker.addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== location.origin || event.request.headers.has('range'))
    return;
  if (lasting.has(pathname)) event.respondWith(keptFirst(event.request, pathname));
  else if (changing.has(pathname)) event.respondWith(networkFirst(event.request, pathname));
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  // A server may let browsers keep what is no longer true; only names that say the contents are safe from that.
  await cache.addAll([...changing].map((path) => new Request(path, { cache: 'reload' })));
  await cache.addAll([...lasting]);
}

/** Runs when no page of an older version is open. Other sites of the same origin have caches too. */
async function forgetOthers() {
  const old = (await caches.keys()).filter((name) => name.startsWith(`${base}/ `) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function keptFirst(request: Request, path: string): Promise<Response> {
  return (await kept(path)) ?? fetch(request);
}

/** So that a reload shows a new version at once: its pages name its own scripts, which come from the network then. */
async function networkFirst(request: Request, path: string): Promise<Response> {
  const reply = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS));
  return (await Promise.race([reply.catch(() => undefined), late])) ?? (await kept(path)) ?? reply;
}

/** What the address asks for in its query and hash is the page's business. */
const kept = async (path: string) => (await caches.open(CACHE)).match(path, { ignoreVary: true });
