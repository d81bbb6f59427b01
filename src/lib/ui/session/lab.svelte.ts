/** The page's connection to the worker: GPU description, model files, and event listeners per cell. */
import { SvelteMap } from 'svelte/reactivity';
import type { Experiment } from '../../lab/experiment/experiment';
import type { AdapterDescription } from '../../lab/cells/events';
import type { WorkerEvent, WorkerMessage } from '../../lab/worker';
import type { OnGpu } from '../../models/onGpu';
import { unnamedModel } from './models';
import { openWorker } from './worker';
import { t } from '../words/words.svelte';

/** Receives the worker's events for one cell, and a notice when the worker was lost. */
export interface Listener {
  receive(event: WorkerEvent): void;
  lost(reason: string): void;
}

/** Limit of restarts without an event about a cell in between, for a worker that cannot start at all. */
const MOST_RESTARTS = 5;

/**
 * Time without any event after which a watched compilation or check counts as hung; software adapters are much slower.
 */
const LIFELESS_SECONDS = 30;
const LIFELESS_SECONDS_SOFTWARE = 300;

/**
 * Delays between attempts to get the GPU back after the browser took it from the page, for example after a hang. Chrome
 * allows it again after two minutes.
 */
const ASK_AGAIN_SECONDS = [2, 5, 10, 20, 40, 60, 60];

/** The Battery Status API, which TypeScript's library does not declare. */
interface PowerNavigator {
  getBattery?(): Promise<{ charging: boolean; onchargingchange: (() => void) | null }>;
}

/** Files that were chosen stay while the page is left for a kernel's and come back to: the browser gives them once. */
const FILES = new SvelteMap<string, File>();

export class Lab {
  adapter = $state.raw<AdapterDescription | undefined>();
  /** The model that is on the GPU, and the bytes of all the lab's buffers there. */
  memory = $state.raw<OnGpu>({ model: undefined, bytes: 0 });
  /** Default settings of this GPU, used for keys that a cell does not set. */
  defaults = $state.raw<Experiment>({});
  /** The settings among them that were found on this very GPU. */
  tuned = $state<string | undefined>();
  /** Why no GPU is available; undefined if there is one. */
  unavailable = $state<string | undefined>();
  /** True while the page retries to get back a GPU that the browser took away. */
  taken = $state(false);
  /** Why the worker was restarted; undefined if it was not. */
  problem = $state<string | undefined>();
  /** How often a worker was started. */
  starts = $state(0);
  /** Local model files, by the name that settings use. */
  readonly files = FILES;

  #worker: Worker | undefined;
  #listeners: { cell: string; listener: Listener }[] = [];
  #restarts = 0;
  #watched: string[] = [];
  /** True from `expectAnswer` until the worker's next event. */
  #unanswered = false;
  #alarm: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** File sizes in bytes, by address, if the server reported them. */
  readonly addressBytes = new SvelteMap<string, number>();

  /** Starts the worker and requests the GPU description. */
  open() {
    if ('gpu' in navigator) this.#start();
    else this.unavailable = t().page.noGpuBrowser;
  }

  close() {
    this.#worker?.terminate();
    this.#worker = undefined;
    clearTimeout(this.#alarm);
    clearTimeout(this.#again);
  }

  /** Sends a message to the worker; its events go to the listeners of the cell. */
  send(message: WorkerMessage, transfer: Transferable[] = []) {
    this.#worker?.postMessage(message, transfer);
  }

  /** Adds a listener for a cell's events. Returns a function that removes it. */
  listen(cell: string, listener: Listener): () => void {
    this.#listeners = [...this.#listeners, { cell, listener }];
    return () => {
      this.#listeners = this.#listeners.filter((each) => each.listener !== listener);
    };
  }

  /** Watches a cell for a hang until `calm` is called: the worker is restarted if it sends no event for too long. */
  watch(cell: string) {
    if (!this.#watched.includes(cell)) this.#watched.push(cell);
    this.#wind();
  }

  calm(cell: string) {
    this.#watched = this.#watched.filter((each) => each !== cell);
    this.#wind();
  }

  /** Watches for a hang until the worker's next event of any kind: a GPU may never answer a worker that follows one that died. */
  expectAnswer() {
    this.#unanswered = true;
    this.#wind();
  }

  visibilityChanged(hidden: boolean) {
    this.send({ type: 'hidden', hidden });
  }

  /** Adds a file that the user chose or dropped; settings name it by its file name. */
  addFile(file: File) {
    this.files.set(file.name, file);
    this.send({ type: 'file', file });
  }

  /** Requests the size of the file at an address. Rejects with an Error if the text is not an http(s) address. */
  async ask(address: string): Promise<void> {
    if (unnamedModel(address) !== 'address')
      throw new Error(`"${address}" is not an address: write https://…`);
    const size = await fetch(address, { method: 'HEAD' }).then(
      (response) => (response.ok ? Number(response.headers.get('content-length')) : 0),
      () => 0, // Many servers refuse such requests from a page; the run itself reports any error.
    );
    if (size > 0) this.addressBytes.set(address, size);
  }

  /** Terminates the worker immediately and starts a new one. */
  restart(reason: string, notice = t().page.workerStopped(reason)) {
    this.close();
    this.#watched = [];
    this.#unanswered = false;
    this.memory = { model: undefined, bytes: 0 };
    this.problem = notice;
    if (this.#restarts++ < MOST_RESTARTS) this.#start();
    else this.unavailable = t().page.workerGone(reason);
    for (const { listener } of this.#listeners) listener.lost(reason);
  }

  #start() {
    // Browsers report the errors of a worker that was terminated: they must not end the one in its place.
    const worker: Worker = openWorker<WorkerEvent>(
      (event) => worker === this.#worker && this.#receive(event),
      (reason) => worker === this.#worker && this.restart(reason),
    );
    this.#worker = worker;
    this.starts++;
    for (const file of this.files.values()) this.send({ type: 'file', file });
    this.send({ type: 'describe' });
    if (document.visibilityState === 'hidden') this.visibilityChanged(true);
    void this.#tellPower();
  }

  /** Tells the worker whether the computer runs on its battery, now and whenever it changes; only Chromium knows. */
  async #tellPower() {
    const power = await (navigator as PowerNavigator).getBattery?.();
    if (!power) return;
    const tell = () => this.send({ type: 'battery', battery: !power.charging });
    power.onchargingchange = tell;
    tell();
  }

  #receive(event: WorkerEvent) {
    this.#unanswered = false;
    this.#wind();
    if (event.type === 'adapter') this.#found(event);
    if (event.type === 'no-adapter') this.#missing(event.reason);
    if (event.type === 'memory') this.memory = event.memory;
    const cell = 'cell' in event ? event.cell : undefined;
    // Ends while cells run are bounded by the cells, each of which fails with its worker.
    if (cell !== undefined) this.#restarts = 0;
    for (const each of this.#listeners) if (each.cell === cell) each.listener.receive(event);
  }

  #found({ adapter, defaults, tuned }: Extract<WorkerEvent, { type: 'adapter' }>) {
    [this.adapter, this.defaults, this.tuned] = [adapter, defaults, tuned];
    if (this.taken) [this.taken, this.unavailable, this.#asked] = [false, undefined, 0];
  }

  #missing(reason: string) {
    this.taken = this.adapter !== undefined && this.#asked < ASK_AGAIN_SECONDS.length;
    this.unavailable = this.adapter ? t().page.gpuTaken(reason, this.taken) : reason;
    if (!this.taken) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.send({ type: 'describe' }), 1000 * ASK_AGAIN_SECONDS[this.#asked++]);
  }

  #wind() {
    clearTimeout(this.#alarm);
    if (this.#watched.length === 0 && !this.#unanswered) return;
    const software = this.adapter?.software ?? true;
    const seconds = software ? LIFELESS_SECONDS_SOFTWARE : LIFELESS_SECONDS;
    const notice = t().page.noLife(seconds);
    this.#alarm = setTimeout(() => this.restart(notice, notice), 1000 * seconds);
  }
}
