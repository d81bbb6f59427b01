/** The page's side of the worker: what this GPU is, which files are there, and who hears of which cell. */
import { SvelteMap } from 'svelte/reactivity';
import type { Experiment } from '../../lab/experiment/experiment';
import type { AdapterDescription } from '../../lab/cells/events';
import type { WorkerEvent, WorkerMessage } from '../../lab/worker';
import { unnamedModel } from './models';
import { openWorker } from './worker';
import { t } from '../words/words.svelte';

/** Hears what the worker says of one cell, and why it will say no more. */
export interface Listener {
  receive(event: WorkerEvent): void;
  lost(reason: string): void;
}

/** A worker that cannot start at all is not started for ever. */
const MOST_RESTARTS = 5;

/** A compile or a check that shows no sign of life for so long has hung; a CPU that stands in for a GPU takes its time. */
const LIFELESS_SECONDS = 30;
const LIFELESS_SECONDS_SOFTWARE = 300;

/** A browser that has taken the GPU from a page, as after a shader that hung, gives it back some time later: Chrome after two minutes. */
const ASK_AGAIN_SECONDS = [2, 5, 10, 20, 40, 60, 60];

export class Lab {
  adapter = $state.raw<AdapterDescription | undefined>();
  /** Of this GPU: what runs where the settings say nothing. */
  defaults = $state.raw<Experiment>({});
  /** Why there is no GPU to measure; undefined where there is one. */
  unavailable = $state<string | undefined>();
  /** There was a GPU, but the browser gives this page none any more; it is asked again. */
  taken = $state(false);
  /** Why the worker had to be started anew. */
  problem = $state<string | undefined>();
  /** Files from this machine, by the name that settings call them. */
  readonly files = new SvelteMap<string, File>();

  #worker: Worker | undefined;
  #listeners: { cell: string; listener: Listener }[] = [];
  #restarts = 0;
  #watched: string[] = [];
  #alarm: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** Sizes of addresses, where the server told them. */
  readonly addressBytes = new SvelteMap<string, number>();

  /** Starts the worker and asks it what this GPU is. */
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

  /** Sends work; its events go to those who listen to its cell. */
  send(message: WorkerMessage) {
    this.#worker?.postMessage(message);
  }

  /** Returns how to stop listening. */
  listen(cell: string, listener: Listener): () => void {
    this.#listeners = [...this.#listeners, { cell, listener }];
    return () => {
      this.#listeners = this.#listeners.filter((each) => each.listener !== listener);
    };
  }

  /** From now until `calm`, this cell's work is expected to show signs of life; the worker is replaced when it does not. */
  watch(cell: string) {
    if (!this.#watched.includes(cell)) this.#watched.push(cell);
    this.#wind();
  }

  calm(cell: string) {
    this.#watched = this.#watched.filter((each) => each !== cell);
    this.#wind();
  }

  visibilityChanged(hidden: boolean) {
    this.send({ type: 'hidden', hidden });
  }

  /** A file the user chose or dropped: a model by its name from now on. */
  addFile(file: File) {
    this.files.set(file.name, file);
    this.send({ type: 'file', file });
  }

  /** Asks an address's server how large the file is. Throws when it is no address. */
  async ask(address: string): Promise<void> {
    if (unnamedModel(address) !== 'address')
      throw new Error(`"${address}" is not an address: write https://…`);
    const size = await fetch(address, { method: 'HEAD' }).then(
      (response) => (response.ok ? Number(response.headers.get('content-length')) : 0),
      () => 0, // Many servers do not let a page ask; the run itself will say what is wrong.
    );
    if (size > 0) this.addressBytes.set(address, size);
  }

  /** Ends the worker, whatever it is at, and starts another. */
  restart(reason: string, notice = t().page.workerStopped(reason)) {
    this.close();
    this.#watched = [];
    this.problem = notice;
    if (this.#restarts++ < MOST_RESTARTS) this.#start();
    else this.unavailable = t().page.workerGone(reason);
    for (const { listener } of this.#listeners) listener.lost(reason);
  }

  #start() {
    this.#worker = openWorker<WorkerEvent>(
      (event) => this.#receive(event),
      (reason) => this.restart(reason),
    );
    for (const file of this.files.values()) this.send({ type: 'file', file });
    this.send({ type: 'describe' });
    if (document.visibilityState === 'hidden') this.visibilityChanged(true);
  }

  #receive(event: WorkerEvent) {
    this.#wind();
    if (event.type === 'adapter') this.#found(event);
    if (event.type === 'no-adapter') this.#missing(event.reason);
    if (event.type === 'record') this.#restarts = 0;
    const cell = 'cell' in event ? event.cell : undefined;
    for (const each of this.#listeners) if (each.cell === cell) each.listener.receive(event);
  }

  #found({ adapter, defaults }: Extract<WorkerEvent, { type: 'adapter' }>) {
    [this.adapter, this.defaults] = [adapter, defaults];
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
    if (this.#watched.length === 0) return;
    const software = this.adapter?.software ?? true;
    const seconds = software ? LIFELESS_SECONDS_SOFTWARE : LIFELESS_SECONDS;
    const notice = t().page.noLife(seconds);
    this.#alarm = setTimeout(() => this.restart(notice, notice), 1000 * seconds);
  }
}
