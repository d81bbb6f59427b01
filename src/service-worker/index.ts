/**
 * Lets the page work offline after the first visit. Each version of the site has a cache of its own, which is deleted when no open
 * page uses that version, so that a page never mixes files of two versions. Models and files of results are never cached here.
 */
import { base, build, files, prerendered, version } from '$service-worker';

const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `${base}/ ${version}`;

/** Files that are not cached, because they are large or no page shows them. */
const LEFT_OUT = /^\/(models|results)\/|^\/robots\.txt$/;

/** Files whose names contain a hash of their contents: a cached copy is always current. */
const lasting = new Set(build);
/** Pages and files whose names stay the same in every version. */
const changing = new Set([
  ...prerendered.filter((path) => path !== `${base}/404`), // which a host may not serve as a page that is there
  ...files.filter((file) => !LEFT_OUT.test(file.slice(base.length))),
]);
/** A network that does not answer within this time counts as missing. */
const PATIENCE_MILLISECONDS = 4000;

worker.addEventListener('install', (event) => event.waitUntil(keepAll()));
worker.addEventListener('activate', (event) => event.waitUntil(forgetOthers()));
worker.addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== location.origin || event.request.headers.has('range'))
    return;
  if (event.request.mode === 'navigate') event.waitUntil(refill());
  if (lasting.has(pathname)) event.respondWith(keptFirst(event.request, pathname));
  else if (changing.has(pathname)) event.respondWith(networkFirst(event.request, pathname));
});

/** Fetches and keeps these files; rejects, and keeps none of one kind, when one of them cannot be fetched. */
async function keepAll(wanted = (_path: string) => true) {
  const cache = await caches.open(CACHE);
  // `reload` bypasses the browser's HTTP cache, which may hold an outdated copy of files without a hash in their names.
  await cache.addAll([...changing].filter(wanted).map((path) => new Request(path, { cache: 'reload' })));
  await cache.addAll([...lasting].filter(wanted));
}

/** Fetches again what the browser has evicted, unless the site has another version by now: this one's files may be gone. */
async function refill() {
  const cache = await caches.open(CACHE);
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  if ([...changing, ...lasting].every((path) => kept.has(path))) return;
  try {
    const reply = await fetch(`${base}/_app/version.json`, { cache: 'no-store' });
    if (((await reply.json()) as { version: string }).version === version)
      await keepAll((path) => !kept.has(path));
  } catch {
    // There is no network: the next visit tries again.
  }
}

/** Deletes the caches of older versions; runs when no page of such a version is open. Caches of other sites on this origin stay. */
async function forgetOthers() {
  const old = (await caches.keys()).filter((name) => name.startsWith(`${base}/ `) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function keptFirst(request: Request, path: string): Promise<Response> {
  return (await kept(path)) ?? fetch(request);
}

/** Asks the network first, so that a reload shows a new version at once; its pages name their own scripts. */
async function networkFirst(request: Request, path: string): Promise<Response> {
  const reply = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS));
  return (await Promise.race([reply.catch(() => undefined), late])) ?? (await kept(path)) ?? reply;
}

/** The cached reply for a path. The query and hash are left to the page, so they do not select the entry. */
const kept = async (path: string) => (await caches.open(CACHE)).match(path, { ignoreVary: true });
