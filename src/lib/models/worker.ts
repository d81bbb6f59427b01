/** Downloads in a worker of its own, so that neither the page nor the GPU waits for them. */
import type { BufferLimits } from '../engine/arrangement';
import { describeAdapter, openDevice } from '../engine/device';
import { messageOf } from '../engine/ggufHeader';
import { measureRoom, type MeasuredRoom } from '../engine/room';
import { Arriving } from './arriving';
import { CATALOGUE } from './catalogue';
import { type DownloadProgress, NoRoom } from './download';
import { downloadModel, requestsOf } from './downloadParts';
import { fitOf } from './fit';
import { openOpfs } from './opfs';
import { serveSources } from './remoteSource';
import { requestOf } from './request';
import { type ModelStorage, type Room, type Stored, storedModels } from './storage';
import type { Network } from './transfer';
import { type Fit, needed } from './verdict';

export type ModelsMessage =
  /** Asks for a `stored` event. */
  | { type: 'list' }
  /** Fetches a model by its text, or goes on fetching it. */
  | { type: 'download'; name: string }
  | { type: 'pause'; name: string }
  | { type: 'delete'; keys: string[] }
  /** Lets another worker read, through this port, files that are being downloaded. */
  | { type: 'serve'; port: MessagePort }
  /** Asks for a `fits` event: what each published model needs, and whether these limits of an adapter allow it. */
  | { type: 'fits'; limits: BufferLimits; chunk: number }
  /** Asks for a `measured` event: how much room there is on the GPU, up to what the largest published model needs. */
  | { type: 'measure'; chunk: number };

export type ModelsEvent =
  | { type: 'stored'; models: Stored[]; room: Room }
  | { type: 'progress'; name: string; progress: DownloadProgress }
  /** `paused`: at the user's wish; `noRoom`: the browser's storage is full. */
  | { type: 'ended'; name: string; outcome: 'complete' | 'paused' | 'noRoom' | 'failed'; reason: string }
  | { type: 'fits'; fits: Record<string, Fit> }
  /** `room` is undefined where there is no GPU. */
  | { type: 'measured'; room: MeasuredRoom | undefined }
  /** This browser has no storage for files. */
  | { type: 'unavailable'; reason: string };

const network: Network = {
  fetch: (...request) => fetch(...request),
  conditional: (address) => new URL(address).origin === self.location.origin,
  pause: (tries) => (tries < 8 ? Math.min(30, 0.5 * 2 ** tries) * (0.5 + Math.random()) : undefined),
  stallSeconds: 30,
  most: 4,
};

/** By the names that are being downloaded; each part of a split file has its own. */
const running = new Map<string, { stop: AbortController; arriving: Arriving }>();
let storage: Promise<ModelStorage> | undefined;

const tell = (event: ModelsEvent) => self.postMessage(event);

async function list(kept: ModelStorage) {
  tell({ type: 'stored', models: await storedModels(kept), room: await kept.room() });
}

async function fetchModel(name: string, kept: ModelStorage) {
  if (running.has(name)) return;
  const stop = new AbortController();
  running.set(name, { stop, arriving: new Arriving() });
  let names = [name];
  const end = (outcome: 'complete' | 'paused' | 'noRoom' | 'failed', reason = '') =>
    tell({ type: 'ended', name, outcome, reason });
  try {
    const request = requestOf(name);
    if (!request) throw new Error(`"${name}" is nothing to download`);
    names = requestsOf(request).map((part) => part.name);
    for (const part of names) if (!running.has(part)) running.set(part, { stop, arriving: new Arriving() });
    const progress = (each: DownloadProgress) => tell({ type: 'progress', name, progress: each });
    const arriving = (part: string) => running.get(part)!.arriving;
    await downloadModel(request, kept, network, { signal: stop.signal, progress, arriving });
    end('complete');
  } catch (error) {
    if (stop.signal.aborted) end('paused');
    else end(error instanceof NoRoom ? 'noRoom' : 'failed', messageOf(error));
  } finally {
    for (const part of names) running.delete(part);
    await list(kept);
  }
}

/** The files that are being downloaded, by the names of their requests. */
const arrivals = {
  has: (name: string) => running.has(name),
  open: (name: string) => running.get(name)!.arriving.source(),
};

/** On a CPU that emulates a GPU, room is the computer's memory: little of it is tried. */
const SOFTWARE_BYTES = 2 ** 30;

async function measured(chunk: number): Promise<MeasuredRoom | undefined> {
  if (!navigator.gpu) return undefined;
  const device = await openDevice(navigator.gpu);
  try {
    const { limits } = device;
    const largest = Math.max(...CATALOGUE.map((each) => needed(fitOf(each, limits, chunk))));
    return await measureRoom(device, describeAdapter(device).software ? SOFTWARE_BYTES : largest);
  } finally {
    device.destroy();
  }
}

async function receive(message: ModelsMessage) {
  if (message.type === 'fits') {
    const fits = CATALOGUE.map((each) => [each.name, fitOf(each, message.limits, message.chunk)] as const);
    return tell({ type: 'fits', fits: Object.fromEntries(fits) });
  }
  if (message.type === 'measure') return tell({ type: 'measured', room: await measured(message.chunk) });
  if (message.type === 'pause') return running.get(message.name)?.stop.abort(new Error('paused'));
  if (message.type === 'serve') return serveSources(message.port, arrivals);
  const kept = await (storage ??= openOpfs());
  if (message.type === 'download') return fetchModel(message.name, kept);
  if (message.type === 'delete') for (const key of message.keys) await kept.remove(key);
  await list(kept);
}

self.onmessage = ({ data }: MessageEvent<ModelsMessage>) =>
  void receive(data).catch((error: unknown) => {
    storage = undefined;
    tell({ type: 'unavailable', reason: messageOf(error) });
  });
