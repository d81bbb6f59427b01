/** The reactive state of stored models: what there is, what is being fetched, how much room is left. */
import { SvelteMap } from 'svelte/reactivity';
import type { DownloadProgress } from '../../models/download';
import type { Fit, MeasuredRoom } from '../../models/verdict';
import { storedWhole } from '../../models/parts';
import { ASK, CHANNEL, type OnGpu } from '../../models/onGpu';
import { requestOf } from '../../models/request';
import { ownName } from '../../models/site';
import type { Room, Stored } from '../../models/storage';
import type { Lab } from './lab.svelte';
import { openModelsWorker } from './worker';
import type { ModelsEvent, ModelsMessage } from '../../models/worker';

/** A download of this page: its progress, or how it ended. */
export interface Fetching {
  progress?: DownloadProgress;
  ended?: Exclude<Extract<ModelsEvent, { type: 'ended' }>['outcome'], 'complete'>;
  reason?: string;
}

/** Limit of restarts, for a worker that cannot start at all. */
const MOST_CRASHES = 3;

export class StoredModels {
  models = $state.raw<Stored[]>([]);
  room = $state.raw<Room>({});
  /** False until the storage has answered. */
  known = $state(false);
  /** Why there is no storage; undefined if there is one. */
  unavailable = $state<string | undefined>();
  /** The memory that each published model needs on the GPU; empty until `askFits` is answered. */
  fits = $state.raw<Record<string, Fit>>({});
  /** The room on this GPU as it was measured, now or on an earlier visit; undefined if it was not. */
  measured = $state.raw<MeasuredRoom | undefined>(readMeasured());
  measuring = $state(false);
  /** Bytes that a page of this site has on the GPU with a model, by the model's canonical name. */
  readonly onGpu = new SvelteMap<string, number>();
  readonly fetching = new SvelteMap<string, Fetching>();

  #worker: Worker | undefined;
  #channel: BroadcastChannel | undefined;
  /** The lab whose worker is connected to the downloads here, and the start of that worker: it is connected anew after another. */
  #served: { lab: Lab; start: number } | undefined;
  #crashes = 0;

  open() {
    if (globalThis.BroadcastChannel) {
      this.#channel = new BroadcastChannel(ownName(CHANNEL));
      this.#channel.onmessage = ({ data }: MessageEvent<OnGpu | typeof ASK>) => {
        if (data !== ASK && data.model !== undefined) this.onGpu.set(canonical(data.model), data.bytes);
      };
      this.askGpu();
    }
    this.#start();
  }

  #start() {
    this.#worker = openModelsWorker<ModelsEvent>(
      (event) => this.#receive(event),
      (reason) => this.#crashed(reason),
    );
    this.#send({ type: 'list' });
  }

  /** The worker is started again; what had arrived goes on with a click. */
  #crashed(reason: string) {
    this.#worker?.terminate();
    for (const name of this.fetching.keys())
      if (this.isFetching(name)) this.fetching.set(name, { ended: 'failed', reason });
    const lab = this.#unserve();
    if (++this.#crashes > MOST_CRASHES) this.unavailable = reason;
    else this.#start();
    if (lab) this.serve(lab);
  }

  /** Ends the downloads of this page; what has arrived stays. */
  close() {
    this.#unserve();
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#channel?.close();
  }

  /** Lets the lab's worker load a model while this one downloads it; call it again after a start of that worker. */
  serve(lab: Lab) {
    if (this.#served?.lab === lab && this.#served.start === lab.starts) return;
    this.#served = { lab, start: lab.starts };
    const { port1, port2 } = new MessageChannel();
    this.#send({ type: 'serve', port: port1 }, [port1]);
    lab.send({ type: 'arrivals', port: port2 }, [port2]);
  }

  #unserve(): Lab | undefined {
    const lab = this.#served?.lab;
    this.#served = undefined;
    lab?.send({ type: 'arrivals', port: undefined });
    return lab;
  }

  /** Asks the other pages of this site what they have on the GPU; those that were closed no longer answer. */
  askGpu() {
    this.onGpu.clear();
    this.#channel?.postMessage(ASK);
  }

  /** Finds out how much room there is on the GPU, for models in chunks of so many tokens; called by a click. */
  measure(chunk: number) {
    this.measuring = true;
    this.#send({ type: 'measure', chunk });
  }

  /** Fetches a model; called by a click, which may also ask the browser to keep the files. */
  download(name: string) {
    this.fetching.set(name, {});
    void navigator.storage?.persist?.().then(() => this.#send({ type: 'list' }));
    this.#send({ type: 'download', name });
  }

  /** Asks what the published models need, and whether an adapter's limits allow it, at a chunk of so many tokens. */
  askFits({ maxBufferSize, maxStorageBufferBindingSize }: GPUSupportedLimits, chunk: number) {
    this.#send({ type: 'fits', limits: { maxBufferSize, maxStorageBufferBindingSize }, chunk });
  }

  pause(name: string) {
    this.#send({ type: 'pause', name });
  }

  remove({ key, otherKeys = [] }: Stored) {
    this.#send({ type: 'delete', keys: [key, ...otherKeys] });
  }

  /** True while this page downloads the model, or waits for another that does. */
  isFetching(name: string): boolean {
    const fetching = this.fetching.get(name);
    return fetching !== undefined && fetching.ended === undefined;
  }

  /** The stored file of a published name or other text, whole or in part; all parts of a split file as one. */
  stored(name: string): Stored | undefined {
    return storedWhole(name, this.models);
  }

  #send(message: ModelsMessage, transfer: Transferable[] = []) {
    this.#worker?.postMessage(message, transfer);
  }

  #receive(event: ModelsEvent) {
    if (event.type === 'unavailable') this.unavailable = event.reason;
    if (event.type === 'stored') [this.models, this.room, this.known] = [event.models, event.room, true];
    if (event.type === 'fits') this.fits = event.fits;
    if (event.type === 'measured') {
      [this.measured, this.measuring] = [event.room, false];
      if (event.room) localStorage.setItem(MEASURED, JSON.stringify(event.room));
    }
    if (event.type === 'progress') this.fetching.set(event.name, { progress: event.progress });
    if (event.type !== 'ended') return;
    if (event.outcome === 'complete') this.fetching.delete(event.name);
    else {
      const progress = this.fetching.get(event.name)?.progress; // it told the size
      this.fetching.set(event.name, { progress, ended: event.outcome, reason: event.reason });
    }
  }
}

/** The key under which the browser keeps the measured room. */
const MEASURED = 'rwkv-lab gpu room';

function readMeasured(): MeasuredRoom | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(MEASURED) ?? 'null') as MeasuredRoom | null;
    return kept && kept.bytes > 0 && ['most', 'refused', 'slow'].includes(kept.end) ? kept : undefined;
  } catch {
    return undefined; // no storage, or a text of something else
  }
}

/** The name under which a model is listed; the text itself for what is not fetched. */
function canonical(model: string): string {
  try {
    return requestOf(model)?.name ?? model;
  } catch {
    return model;
  }
}
