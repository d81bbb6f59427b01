// A small static web server: byte ranges, types, a base path. For `npm start`, `npm run bench:page` and the browser tests.
// Node's own modules only: bench:page runs on machines without node_modules. Not sirv, which answers the engine's first
// request, bytes=0-0, with the whole model, and ends the process at bytes=9-2; tests/pure/serve.test.ts checks both.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.wgsl': 'text/wgsl; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/**
 * Serves a folder under a base path; resolves once the server listens.
 * @param {{ folder: string, base?: string, port?: number, host?: string }} options base: '/' or '/lab/'; port: 0 for any free one
 * @returns {Promise<import('node:http').Server>} rejects with code EADDRINUSE when the port is taken
 */
export function serve({ folder, base = '/', port = 0, host = '127.0.0.1' }) {
  const server = createServer((request, response) => {
    answer(folder, base, request, response).catch((error) => refuse(response, 500, String(error)));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/**
 * @param {string} folder
 * @param {string} base
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function answer(folder, base, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'Only GET and HEAD');
  const path = pathWithin(request.url ?? '/', base);
  const found = path === undefined ? undefined : await find(folder, path);
  if (path === undefined) return refuse(response, 404, `Nothing here at ${request.url}`);
  if (!found) return missing(folder, request, response);
  if (found.folder) {
    // Relative addresses in the page need the slash.
    response.writeHead(308, { location: `${base}${path}/`.replace(/\/{2,}/g, '/') }).end();
    return;
  }
  const etag = `"${found.size.toString(36)}-${Math.floor(found.mtimeMs).toString(36)}"`;
  response.setHeader('etag', etag);
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('content-type', TYPES[extname(found.file)] ?? 'application/octet-stream');
  const forever = path.includes('_app/immutable/');
  response.setHeader('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
  send(found, request, response);
}

/**
 * Answers a reader with the site's 404.html, as static hosts do, and all others with a line.
 * @param {string} folder
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function missing(folder, request, response) {
  const reads = request.headers.accept?.includes('text/html');
  const page = reads && (await readFile(join(folder, '404.html')).catch(() => undefined));
  if (!page) return refuse(response, 404, `Nothing here at ${request.url}`);
  response.writeHead(404, { 'content-type': TYPES['.html'], 'content-length': page.length });
  response.end(request.method === 'HEAD' ? undefined : page);
}

/**
 * @param {{ file: string, size: number }} found
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function send({ file, size }, request, response) {
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${size}`);
    return refuse(response, 416, `The file has ${size} bytes`);
  }
  const [first, last] = range ?? [0, size - 1];
  response.setHeader('content-length', last - first + 1);
  if (range) response.setHeader('content-range', `bytes ${first}-${last}/${size}`);
  response.writeHead(range ? 206 : 200);
  if (request.method === 'HEAD' || size === 0) return void response.end();
  // A client that goes away ends the pipeline, which closes the file: no error to report.
  pipeline(createReadStream(file, { start: first, end: last }), response, () => {});
}

/**
 * One range of bytes, both ends included; undefined to send the whole file.
 * @param {string | undefined} header
 * @param {number} size
 * @returns {[number, number] | 'unsatisfiable' | undefined}
 */
function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, from, to] = match;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return first > last ? 'unsatisfiable' : [first, last];
}

/**
 * The decoded path below the base, without leading slash; undefined outside the base and for dot files.
 * @param {string} address
 * @param {string} base
 */
function pathWithin(address, base) {
  let path;
  try {
    path = decodeURIComponent(address.split(/[?#]/, 1)[0]);
  } catch {
    return undefined;
  }
  return path.startsWith(base) && !/\0|(^|[\\/])\./.test(path) ? path.slice(base.length) : undefined;
}

/**
 * The file of a path: the path itself, `path.html`, or `path/index.html`; `folder` tells that the path lacks a slash.
 * @param {string} folder
 * @param {string} path
 */
async function find(folder, path) {
  const inside = normalize(join(folder, path));
  if (inside !== normalize(folder) && !inside.startsWith(normalize(folder + sep))) return undefined;
  const candidates =
    path === '' || path.endsWith('/') ? [join(inside, 'index.html')] : [inside, `${inside}.html`];
  for (const file of candidates) {
    const status = await stat(file).catch(() => undefined);
    if (status?.isFile()) return { file, size: status.size, mtimeMs: status.mtimeMs, folder: false };
  }
  const index = await stat(join(inside, 'index.html')).catch(() => undefined);
  return index?.isFile() ? { file: inside, size: 0, mtimeMs: 0, folder: true } : undefined;
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {string} why
 */
function refuse(response, status, why) {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}
