// The static server: files found, requests refused, and the byte ranges with which models are read.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../scripts/serve.js';

let folder = '';
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'));
  await mkdir(join(folder, 'site/kernels'), { recursive: true });
  await mkdir(join(folder, 'site/deep'));
  await mkdir(join(folder, 'site/_app/immutable'), { recursive: true });
  const files = {
    'secret.txt': 'outside',
    'site/index.html': 'home',
    'site/kernels.html': 'kernels',
    'site/kernels/wkv.html': 'wkv',
    'site/deep/index.html': 'deep',
    'site/model.gguf': 'GGUF56789',
    'site/empty.txt': '',
    'site/.env': 'secret',
    'site/_app/immutable/a.js': '1',
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  server = await serve({ folder: join(folder, 'site'), base: '/lab/' });
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

/** Sends a request without `fetch`, which would resolve `..` itself. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { port } = server.address() as AddressInfo;
  return new Promise<{ status?: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
    (resolve, reject) => {
      get({ host: '127.0.0.1', port, path, headers, method }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      }).on('error', reject);
    },
  );
}

test.each([
  ['/lab/', 'home'],
  ['/lab/?model=demo', 'home'],
  ['/lab/kernels', 'kernels'],
  ['/lab/kernels/wkv', 'wkv'],
  ['/lab/deep/', 'deep'],
  ['/lab/empty.txt', ''],
])('%s is found', async (path, text) => {
  expect(await ask(path)).toMatchObject({ status: 200, text });
});

test.each([
  '/',
  '/lab',
  '/lab/none',
  '/lab/.env',
  '/lab/%2eenv',
  '/lab/../secret.txt',
  '/lab/..%2fsecret.txt',
  '/lab/..%5csecret.txt',
  '/lab/%00',
  '/lab/%zz',
])('%s is not', async (path) => {
  const { status, text } = await ask(path);
  expect(status).toBe(404);
  expect(text).not.toMatch(/outside|secret$/);
});

test('a folder without its slash is sent on to the one with it', async () => {
  expect(await ask('/lab/deep')).toMatchObject({ status: 308, headers: { location: '/lab/deep/' } });
});

test.each([
  ['bytes=0-0', 206, 'bytes 0-0/9', 'G'],
  ['bytes=0-3', 206, 'bytes 0-3/9', 'GGUF'],
  ['bytes=4-', 206, 'bytes 4-8/9', '56789'],
  ['bytes=-2', 206, 'bytes 7-8/9', '89'],
  ['bytes=7-99', 206, 'bytes 7-8/9', '89'],
  ['bytes=9-', 416, 'bytes */9', 'The file has 9 bytes\n'],
  ['bytes=6-2', 416, 'bytes */9', 'The file has 9 bytes\n'],
  ['lines=1-2', 200, undefined, 'GGUF56789'],
])('range %s', async (range, status, place, text) => {
  const answer = await ask('/lab/model.gguf', { range });
  expect(answer).toMatchObject({ status, text });
  expect(answer.headers['content-range']).toBe(place);
});

test('types, caching, HEAD and other methods', async () => {
  const { headers } = await ask('/lab/kernels');
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['cache-control']).toBe('no-cache');
  expect(await ask('/lab/kernels', { 'if-none-match': String(headers.etag) })).toMatchObject({ status: 304 });
  expect((await ask('/lab/_app/immutable/a.js')).headers['cache-control']).toMatch(/immutable/);
  expect(await ask('/lab/model.gguf', {}, 'HEAD')).toMatchObject({
    status: 200,
    text: '',
    headers: { 'content-length': '9' },
  });
  expect((await ask('/lab/', {}, 'POST')).status).toBe(405);
});
