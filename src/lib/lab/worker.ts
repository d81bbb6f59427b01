/** The lab off the main thread: messages in, events out. Only this module of the folder knows about the browser. */
import type { IDBPDatabase } from 'idb';
import { type ByteSource, urlSource } from '../engine/bytes';
import { messageOf } from './message';
import { describe, runCell } from './cells/run';
import { type CellWork, type LabEvent } from './cells/events';
import { keptStore } from './measure/floor';
import { type Report } from './measure/progress';
import { selfTest, type SelfTestEvent, type SelfTestOptions } from './shader/selftest';
import { type SearchStore, Session } from './measure/session';
import { isAddress } from '../models/names';
import { ASK, CHANNEL, type OnGpu } from '../models/onGpu';
import { openOpfs } from '../models/opfs';
import { fileSource } from '../models/readers';
import { RemoteSources } from '../models/remoteSource';
import { requestOf } from '../models/request';
import { openOwnDatabase, ownName, SITE_PATH } from '../models/site';
import { openStored } from '../models/stored';
import { checkShader, compileShader, type ShaderEvent, timeShader } from './shader/shader';
import { type OwnVariant } from '../shaders/variant';

/**
 * The messages to the worker. Work on the GPU is done in the order sent; a run that is `idle` gives way to any other. A message that names a cell is answered with
 * events that name it too: a run ends with `finished`, the others with `compiled`, `checked`, `microbenchmark` or
 * `failed`.
 */
export type WorkerMessage =
  | ({ type: 'run'; cell: string; idle?: boolean } & CellWork)
  /** Stops the run of one cell, and nothing else: newer settings are on their way. */
  | { type: 'supersede'; cell: string }
  | ShaderMessage
  /** Stops the current work and cancels what waits behind it. */
  | { type: 'stop' }
  /** A file from the user, from now on a model under its name. */
  | { type: 'file'; file: File }
  /** The worker that downloads models is at the other end; undefined: it has ended. */
  | { type: 'arrivals'; port: MessagePort | undefined }
  /** Settings that `tune` found on this GPU, from now on its defaults; undefined: those of its vendor. */
  | { type: 'tuned'; settings: string | undefined }
  /** Asks for an `adapter` or `no-adapter` event. */
  | { type: 'describe' }
  /** `ends`: also with each knob at its smallest and largest choice. */
  | { type: 'selftest'; options: SelfTestOptions }
  /** Visibility of the page. */
  | { type: 'hidden'; hidden: boolean }
  /** Whether the computer runs on its battery. */
  | { type: 'battery'; battery: boolean };

/** The messages about a shader. The answer to each has the number of its `request`. */
type ShaderMessage = { cell: string; request: number; variant: OwnVariant } & (
  | { /** If several wait for the same cell, only the last is answered. */ type: 'compile' }
  | { type: 'check' }
  /** Times the variant and its kernel's default, at the shapes that the model has in chunks of these tokens. */
  | { type: 'microbenchmark'; model: string; tokens: number[] }
);

/** The events from the worker, about a cell or about the GPU. */
export type WorkerEvent =
  | Extract<LabEvent, { type: 'adapter' | 'no-adapter' }>
  | (Exclude<LabEvent, { type: 'adapter' | 'no-adapter' }> & { cell: string })
  | ((ShaderEvent | Extract<LabEvent, { type: 'failed' }>) & { cell: string; request: number })
  | SelfTestEvent
  /** After work that has changed it. */
  | { type: 'memory'; memory: OnGpu };

const files = new Map<string, File>();
/** Files that are being downloaded. */
let arrivals: RemoteSources | undefined;
let hidden = false;
let battery = false;
let stop = new AbortController();
/** The abort controllers of runs that wait or are in progress, by cell. */
const superseding = new Map<string, { end: AbortController; idle: boolean }>();

/** The end of the work queued so far: there is one GPU, so each job waits for the one before it. */
let last: Promise<void> = Promise.resolve();

/** Opens a store in a database of its own, so that the page's may change its version, and again after that was closed. */
function ownStore(name: string) {
  let database: Promise<IDBPDatabase> | undefined;
  return () =>
    (database ??= openOwnDatabase(`rwkv-lab-${name}`, (made) => void made.createObjectStore(name), {
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close();
        database = undefined;
      },
      terminated: () => (database = undefined),
    }));
}

const openFloors = ownStore('floors');
const floors = keptStore(
  async (key) => (await openFloors()).get('floors', key),
  async (key, values) => void (await (await openFloors()).put('floors', values, key)),
);

const openSearches = ownStore('searches');
const searches: SearchStore = {
  read: async (key) => (await openSearches()).get('searches', key) as Promise<string | undefined>,
  async write(key, text) {
    const database = await openSearches();
    if (text === undefined) await database.delete('searches', key);
    else await database.put('searches', text, key);
  },
};

const session = new Session({
  gpu: navigator.gpu,
  agent: navigator.userAgent,
  hidden: () => hidden,
  battery: () => battery,
  lost: tellMemory,
  floors,
  searches,
  async open(model, signal) {
    const file = files.get(model);
    if (file) return openFile(file);
    if (model === 'demo')
      return urlSource(self.location.origin + SITE_PATH + 'models/rwkv7-austen-Q4_K_M.gguf', { signal });
    const arriving = await arrivals?.open(canonical(model), signal);
    if (arriving) return arriving;
    const storage = await openOpfs().catch(() => undefined); // a private window may have none
    const stored = storage && (await openStored(model, storage, () => 'download it first'));
    if (stored) return stored;
    if (isAddress(model)) return urlSource(model, { signal });
    throw new Error(
      `There is no model "${model}" here; open the file again, or give an address that begins with https://`,
    );
  },
});

/** The name under which a model is downloaded; the text itself for what is not. Throws for a name that is none. */
const canonical = (model: string): string => requestOf(model)?.name ?? model;

/** A file of the user; the other parts of a split model are among the files opened with it, and have one reading worker each. */
async function openFile(file: File, readers?: number): Promise<ByteSource> {
  const sibling = async (name: string) => {
    const other = files.get(name);
    if (!other) throw new Error(`${name} is not open; choose all parts at once`);
    return openFile(other, 1);
  };
  return { ...(await fileSource(file, readers)), sibling };
}

const tell = (event: WorkerEvent) => self.postMessage(event);

type RunMessage = Extract<WorkerMessage, { type: 'run' }>;

async function runMessage(message: RunMessage, signal: AbortSignal) {
  const { cell } = message;
  for await (const event of runCell(message, session, signal))
    tell(event.type === 'adapter' || event.type === 'no-adapter' ? event : { ...event, cell });
}

/** Queues a run that a later message about its cell can end. */
function beginRun(message: RunMessage) {
  const own = { end: new AbortController(), idle: message.idle ?? false };
  superseding.set(message.cell, own);
  begin(async (signal) => {
    await runMessage(message, AbortSignal.any([signal, own.end.signal]));
    if (superseding.get(message.cell) === own) superseding.delete(message.cell);
  });
}

/** Ends the runs that give way to other work. */
function giveWay() {
  for (const { end, idle } of superseding.values()) if (idle) end.abort(new Error('Superseded'));
}

/** The last message of each cell that waits to be compiled; earlier texts are skipped. */
const typed = new Map<string, ShaderMessage>();

async function shaderMessage(message: ShaderMessage, signal: AbortSignal) {
  const { cell, request, variant } = message;
  if (message.type === 'compile' && typed.get(cell) !== message) return;
  const settings = `${variant.kernel}=${variant.name}`;
  const report: Report = (phase, done = 0, total = 0, what = '') =>
    tell({ type: 'progress', progress: { run: 1, runs: 1, settings, phase, done, total, what }, cell });
  try {
    tell({ ...(await answerOf(message, report, signal)), cell, request });
  } catch (error) {
    tell({ type: 'failed', settings, reason: session.explain(error), cell, request });
  }
}

async function answerOf(message: ShaderMessage, report: Report, signal: AbortSignal): Promise<ShaderEvent> {
  const { variant } = message;
  if (message.type === 'compile')
    return { type: 'compiled', ...(await compileShader(variant, await session.open())) };
  signal.throwIfAborted();
  if (message.type === 'check')
    return { type: 'checked', outcome: await checkShader(variant, await session.open(), report, signal) };
  const loading = (done: number, total: number, what: string) => report('loading', done, total, what);
  const model = await session.load(message.model, 1, loading, signal);
  const gpu = await session.open();
  const timing = timeShader(variant, model, message.tokens, gpu, report, signal);
  return { type: 'microbenchmark', rows: await gpu.unlessLost(timing) };
}

async function testSelf(options: SelfTestOptions, signal: AbortSignal) {
  const demo = () => session.host.open('demo', signal);
  for await (const event of selfTest(navigator.gpu, options, signal, { demo, storage: openOpfs }))
    tell(event);
}

async function describeGpu() {
  try {
    if (!navigator.gpu) throw new Error('This browser offers no WebGPU to workers');
    tell(describe(await session.open()));
  } catch (error) {
    tell({ type: 'no-adapter', reason: messageOf(error) });
  }
}

function begin(work: (signal: AbortSignal) => Promise<void>) {
  const { signal } = stop;
  last = last
    .then(() => work(signal))
    .catch(self.reportError) // reported to the page; the next job still runs
    .then(tellMemory);
}

/** Other pages that show models; there are none where the browser lacks the channel. */
const channel = self.BroadcastChannel ? new self.BroadcastChannel(ownName(CHANNEL)) : undefined;
if (channel) channel.onmessage = ({ data }) => data === ASK && channel.postMessage(session.memory);

let told: OnGpu = { model: undefined, bytes: 0 };

function tellMemory() {
  const { memory } = session;
  if (memory.model === told.model && memory.bytes === told.bytes) return;
  told = memory;
  tell({ type: 'memory', memory });
  channel?.postMessage(memory);
}

/** Messages for which a run that is `idle` ends. */
const URGENT = ['run', 'compile', 'check', 'microbenchmark', 'selftest', 'file'];

self.onmessage = ({ data: message }: MessageEvent<WorkerMessage>) => {
  if (URGENT.includes(message.type)) giveWay();
  switch (message.type) {
    case 'run':
      return beginRun(message);
    case 'supersede':
      return superseding.get(message.cell)?.end.abort(new Error('Superseded'));
    case 'compile':
      typed.set(message.cell, message);
      return begin((signal) => shaderMessage(message, signal));
    case 'check':
    case 'microbenchmark':
      return begin((signal) => shaderMessage(message, signal));
    case 'selftest':
      return begin((signal) => testSelf(message.options, signal));
    case 'tuned':
      return begin(() => Promise.resolve(session.useTuned(message.settings)));
    case 'describe':
      return begin(describeGpu);
    case 'file':
      files.set(message.file.name, message.file);
      return begin(() => Promise.resolve(session.forget()));
    case 'arrivals':
      arrivals?.end('The download was ended before the file was whole');
      arrivals = message.port && new RemoteSources(message.port);
      return;
    case 'hidden':
      hidden = message.hidden;
      return;
    case 'battery':
      battery = message.battery;
      return;
    case 'stop':
      stop.abort(new Error('Stopped'));
      stop = new AbortController();
  }
};
