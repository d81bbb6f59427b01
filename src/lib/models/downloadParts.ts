/** Downloads all parts of a split file together. */
import type { Arriving } from './arriving';
import { download, type DownloadOptions, type DownloadProgress } from './download';
import type { Homes } from './hubs';
import { partTexts } from './parts';
import { type ModelRequest, requestOf } from './request';
import type { Manifest, ModelStorage } from './storage';
import type { Network } from './transfer';

export interface PartsOptions extends Omit<DownloadOptions, 'arriving'> {
  /** The readers of each part, by its name. */
  arriving?: (name: string) => Arriving;
}

/**
 * Downloads a model: the file of a request, or all parts of a split file at once, so that a reader of the first has the heads of the
 * others early. Resolves to the file asked for. Throws what `download` throws; the failure of one part ends the others, and what
 * has arrived of them stays.
 */
export async function downloadModel(
  request: ModelRequest,
  storage: ModelStorage,
  network: Network,
  { signal, progress, arriving, ...options }: PartsOptions,
): Promise<{ key: string; manifest: Manifest }> {
  const requests = requestsOf(request, options.homes);
  const most = Math.max(1, Math.floor(network.most / requests.length));
  const stop = new AbortController();
  const together = AbortSignal.any([signal, stop.signal]);
  const parts = new Map<string, DownloadProgress>();
  const ended = requests.map((each) =>
    download(
      each,
      storage,
      { ...network, most },
      {
        ...options,
        signal: together,
        arriving: arriving?.(each.name),
        progress(part) {
          parts.set(each.name, part);
          progress?.(requests.length > 1 ? summed([...parts.values()], requests.length) : part);
        },
      },
    ).catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(ended);
  signal.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason;
  return ended[requests.findIndex(({ name }) => name === request.name)];
}

/** The requests of all parts of the file that a request is for, or that one alone. */
export function requestsOf(request: ModelRequest, homes?: Homes): ModelRequest[] {
  const texts = request.published ? [request.name] : partTexts(request.name);
  return texts.map((text) => (text === request.name ? request : requestOf(text, homes)!));
}

/** The order in which phases are told where parts differ. */
const PHASES = ['downloading', 'waiting', 'checking', 'asking'] as const;

function summed(parts: DownloadProgress[], count: number): DownloadProgress {
  const sum = (of: (part: DownloadProgress) => number) => parts.reduce((all, part) => all + of(part), 0);
  const known = parts.length === count && parts.every(({ bytes }) => bytes > 0);
  const [have, bytes, rate] = [
    sum((part) => part.have),
    known ? sum((part) => part.bytes) : 0,
    sum((part) => part.rate ?? 0),
  ];
  return {
    phase:
      PHASES.find((phase) => parts.some((part) => part.phase === phase && part.have < part.bytes)) ??
      parts[0].phase,
    ...{ have, bytes },
    ...(rate > 0 && { rate, ...(known && { secondsLeft: (bytes - have) / rate }) }),
    note: parts.find(({ note }) => note)?.note,
  };
}
