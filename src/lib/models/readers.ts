/**
 * A file of the user, read by several workers at once: Chromium hands a file over in small pieces, and the thread that takes them is
 * busy with nothing else. Only for workers.
 */
import { blobSource, type ByteSource } from '../engine/bytes';
import { RemoteSources } from './remoteSource';

/** Workers that read, where the computer has as many cores; as many reads as the loader has in progress. */
const MOST_READERS = 4;
/** Files below this size are read before workers have started. */
const LARGE_BYTES = 2 ** 26;

/** The source of a file; `close` ends its workers. A small file is read without any, and where the browser has none of them. */
export async function fileSource(file: File, most = MOST_READERS): Promise<ByteSource> {
  const own = blobSource(file);
  if (file.size < LARGE_BYTES) return own;
  const count = Math.max(1, Math.min(most, Math.floor(navigator.hardwareConcurrency / 2)));
  const readers = await Promise.all(Array.from({ length: count }, () => openReader(file))).catch(() => []);
  const sources = readers.flatMap(({ source }) => source ?? []);
  if (sources.length < count) {
    for (const { end } of readers) end();
    return own;
  }
  let turn = 0;
  return {
    ...own,
    readWith: (offset, length, memory) => sources[turn++ % count].readWith!(offset, length, memory),
    close: () => Promise.resolve(readers.forEach(({ end }) => end())),
  };
}

/** A worker that reads this file, and its source; without one if the worker cannot be started. */
async function openReader(file: File): Promise<{ source: ByteSource | undefined; end: () => void }> {
  const worker = new Worker(new URL('./reader.ts', import.meta.url), { type: 'module', name: 'reader' });
  const { port1, port2 } = new MessageChannel();
  const remote = new RemoteSources(port1);
  const end = () => {
    remote.end(`${file.name} was closed while it was read`);
    worker.terminate();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    remote.end(event.message || 'The worker could not be loaded, or the browser ended it');
  };
  worker.postMessage({ file, port: port2 }, [port2]);
  const source = await remote.open(file.name, new AbortController().signal).catch(() => undefined);
  return { source, end };
}
