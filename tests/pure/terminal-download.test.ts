// The terminal's requests to hubs and the place of its downloads: HF_TOKEN, HF_ENDPOINT, LAB_CACHE.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openArriving, openStoredModel } from '../../cli/models';
import { ModelFolder } from '../../cli/modelFolder';
import { storedModels } from '../../src/lib/models/storage';

const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
const HASH = createHash('sha256').update(BYTES).digest('hex');

/** A hub that hands its files out from another host, as Hugging Face does; tells who was sent which token. */
async function hub() {
  const seen: { host: string; token: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const { host = '', authorization: token, range } = request.headers;
    seen.push({ host: host.replace(/:.*/, ''), token });
    if (request.url?.startsWith('/api/'))
      return response.end(JSON.stringify([{ path: 'm.gguf', size: BYTES.length, lfs: { oid: HASH } }]));
    const { port } = server.address() as AddressInfo;
    if (request.url?.startsWith('/o/r/resolve/'))
      return response.writeHead(302, { location: `http://127.0.0.1:${port}/file` }).end();
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? ['', '0', ''];
    const part = BYTES.subarray(Number(from), to ? Number(to) + 1 : undefined);
    const place = `bytes ${from}-${Number(from) + part.length - 1}/${BYTES.length}`;
    return response.writeHead(206, { 'content-range': place, 'content-length': part.length }).end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return { server, seen, home: `http://localhost:${(server.address() as AddressInfo).port}` };
}

test('the token goes to its hub and to no host behind it; the file lies in LAB_CACHE and is opened from there', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'lab-cache-'));
  const { server, seen, home } = await hub();
  try {
    vi.stubEnv('LAB_CACHE', cache);
    vi.stubEnv('HF_ENDPOINT', home);
    vi.stubEnv('HF_TOKEN', 'secret');
    const source = await openArriving('hf:o/r/m.gguf', new AbortController().signal);
    expect(Buffer.from(await source.read(99_000, 1000)).equals(BYTES.subarray(99_000))).toBe(true);
    const folder = new ModelFolder();
    await expect.poll(async () => (await storedModels(folder))[0]?.manifest?.complete).toBe(true);
    const [{ key, manifest }] = await storedModels(folder);
    expect(folder.path(key, manifest!.file).startsWith(cache)).toBe(true);
    expect(manifest!.found).toBe(HASH);
    expect(readFileSync(folder.path(key, manifest!.file)).equals(BYTES)).toBe(true);
    const tokens = (host: string) =>
      new Set(seen.filter((each) => each.host === host).map(({ token }) => token));
    expect(tokens('localhost')).toEqual(new Set(['Bearer secret']));
    expect(tokens('127.0.0.1')).toEqual(new Set([undefined]));

    const requests = seen.length;
    expect((await openStoredModel('hf:o/r/m.gguf'))!.size).toBe(BYTES.length);
    expect(seen.length).toBe(requests);
  } finally {
    vi.unstubAllEnvs();
    server.close();
    server.closeAllConnections();
    rmSync(cache, { recursive: true });
  }
});

/** A proxy that leads every host to one port of this machine, through a tunnel or request by request. */
async function proxyTo(port: number) {
  const hosts: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, search, host } = new URL(request.url ?? '');
    hosts.push(host);
    const { method, headers } = request;
    const path = `${pathname}${search}`;
    ask({ port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on('connect', ({ url }, socket, head) => {
    hosts.push(url ?? '');
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    for (const end of [socket, target]) end.on('error', () => end.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return { server, hosts, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('a proxy of the environment is asked for every host', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'lab-cache-'));
  const { server, home } = await hub();
  const proxy = await proxyTo(Number(new URL(home).port));
  try {
    vi.stubEnv('LAB_CACHE', cache);
    // A host that no name server knows.
    vi.stubEnv('HF_ENDPOINT', 'http://hub.invalid');
    vi.stubEnv('HTTP_PROXY', proxy.address);
    vi.stubEnv('NO_PROXY', '');
    const source = await openArriving('hf:o/r/m.gguf', new AbortController().signal);
    expect(Buffer.from(await source.read(0, 1000)).equals(BYTES.subarray(0, 1000))).toBe(true);
    await expect.poll(async () => (await storedModels(new ModelFolder()))[0]?.manifest?.found).toBe(HASH);
    const asked = new Set(proxy.hosts.map((host) => host.replace(/:.*/, '')));
    expect(asked).toEqual(new Set(['hub.invalid', '127.0.0.1']));
  } finally {
    vi.unstubAllEnvs();
    for (const each of [server, proxy.server]) {
      each.close();
      each.closeAllConnections();
    }
    rmSync(cache, { recursive: true });
  }
});
