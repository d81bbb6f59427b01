/** What the page shows. Components read it; only the user and events from the worker change it. */
import type { Run } from '../lab/expand';
import type { RunRecord } from '../lab/record';
import type { LabEvent, Progress } from '../lab/run';
import type { AdapterDescription } from '../lab/selftest';
import { SvelteMap } from 'svelte/reactivity';
import { megabytes, modelCost, unnamedModel } from './models';
import { Settings } from './settings.svelte';
import { openWorker } from './worker';

/** A row of the table: a run that was measured, or one that failed. */
export type Entry = { number: number; record: RunRecord } | { number: number; run: string; reason: string };

const PAGE_TITLE = 'RWKV-7 lab';
/** A worker that cannot start at all is not started for ever. */
const MOST_RESTARTS = 3;

export class Lab {
  readonly settings: Settings;
  adapter = $state.raw<AdapterDescription | undefined>();
  /** Why there is no GPU to measure; undefined where there is one. */
  unavailable = $state<string | undefined>();
  entries = $state.raw<Entry[]>([]);
  selected = $state<number | undefined>();
  running = $state(false);
  stopping = $state(false);
  /** Why the worker or the GPU had to be started anew. */
  problem = $state<string | undefined>();
  /** The tab was hidden while a run was being measured. */
  hidden = $state(false);
  /** The runs of the sweep under way. */
  planned = $state.raw<Run[]>([]);
  /** How the last sweep went. */
  last = $state.raw<{ done: number; failed: number; stopped: boolean } | undefined>();
  /** Files from this machine, by the name that settings call them. */
  readonly files = new SvelteMap<string, File>();

  readonly canRun = $derived.by(() => !this.running && !this.unavailable && !this.settings.problem);
  readonly status = $derived.by(() => this.#statusText());
  /** Of the sweep's runs, how many are behind us: 0 to 1. */
  readonly share = $derived.by(() => (this.#total ? this.#behind / this.#total : 0));
  readonly timeLeft = $derived.by(() => this.#timeLeftText());
  readonly title = $derived.by(() =>
    this.running && this.#total ? `${this.#behind + 1}/${this.#total} · ${PAGE_TITLE}` : PAGE_TITLE,
  );

  #worker: Worker | undefined;
  #progress = $state.raw<Progress | undefined>();
  #total = $state(0);
  #behind = $state(0);
  #failed = 0;
  #crashes = 0;
  #firstRunAt = $state(0);
  #lastRunAt = $state(0);
  /** Sizes of addresses, where the server told them. */
  readonly #addressBytes = new SvelteMap<string, number>();

  /** `query`: of the page's address. */
  constructor(query: string) {
    this.settings = new Settings(query);
  }

  /** Starts the worker and asks it what this GPU is. */
  open() {
    if (!('gpu' in navigator)) this.unavailable = 'This browser does not offer WebGPU.';
    else this.#start();
  }

  close() {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  run() {
    if (!this.canRun) return;
    this.running = true;
    this.stopping = false;
    this.problem = undefined;
    this.hidden = document.visibilityState === 'hidden';
    this.last = undefined;
    this.#progress = undefined;
    this.planned = this.settings.expanded.runs;
    this.#total = this.planned.length;
    [this.#behind, this.#failed, this.#firstRunAt, this.#lastRunAt] = [0, 0, 0, 0];
    this.#worker?.postMessage({
      type: 'run',
      cell: 'sweep',
      kind: 'sweep',
      text: this.settings.query,
      variants: [],
    });
  }

  stop() {
    this.stopping = true;
    this.#worker?.postMessage({ type: 'stop' });
  }

  clear() {
    this.entries = [];
    this.selected = undefined;
    this.last = undefined;
  }

  visibilityChanged(hidden: boolean) {
    if (this.running && hidden) this.hidden = true;
    this.#worker?.postMessage({ type: 'hidden', hidden });
  }

  /** Files the user chose or dropped: known by name from now on, and the model of the sweep. */
  addFiles(files: File[]) {
    for (const file of files) {
      this.files.set(file.name, file);
      this.#worker?.postMessage({ type: 'file', file });
    }
    this.settings.set(
      'model',
      files.map(({ name }) => name),
    );
  }

  /** An address typed by the user: asks its server how large the file is, and makes it the model of the sweep. */
  async addAddress(address: string) {
    if (unnamedModel(address) !== 'address')
      throw new Error(`"${address}" is not an address: write https://…`);
    this.settings.set('model', [address]);
    const size = await fetch(address, { method: 'HEAD' }).then(
      (response) => (response.ok ? Number(response.headers.get('content-length')) : 0),
      () => 0, // Many servers do not let a page ask; the run itself will say what is wrong.
    );
    if (size > 0) this.#addressBytes.set(address, size);
  }

  /** What running this model will load. */
  costOf(model: string): string {
    return modelCost(model, this.files.get(model)?.size ?? this.#addressBytes.get(model));
  }

  #start() {
    this.#worker = openWorker<LabEvent>(
      (event) => this.#receive(event),
      (reason) => this.#crashed(reason),
    );
    for (const file of this.files.values()) this.#worker.postMessage({ type: 'file', file });
    this.#worker.postMessage({ type: 'describe' });
  }

  #receive(event: LabEvent) {
    switch (event.type) {
      case 'adapter':
        this.adapter = event.adapter;
        this.settings.useDefaults(event.defaults);
        if (event.adapter.software && !this.running) this.settings.expectSoftware();
        break;
      case 'no-adapter':
        this.unavailable = event.reason;
        break;
      case 'progress':
        this.#progress = event.progress;
        this.#total = event.progress.runs;
        break;
      case 'record':
        this.#append({ record: event.record });
        break;
      case 'failed':
        this.#failed++;
        this.#append({ run: event.run, reason: event.reason });
        break;
      case 'finished':
        this.#finish(event.stopped);
    }
  }

  #append(entry: { record: RunRecord } | { run: string; reason: string }) {
    this.entries = [...this.entries, { number: (this.entries.at(-1)?.number ?? 0) + 1, ...entry }];
    this.#behind++;
    this.#lastRunAt = performance.now();
    if (this.#behind === 1) this.#firstRunAt = this.#lastRunAt;
  }

  #finish(stopped: boolean) {
    const failed = this.#failed;
    if (this.running) this.last = { done: this.#behind - failed, failed, stopped };
    this.running = false;
    this.stopping = false;
    this.planned = [];
  }

  /** The worker is of no use any more: a fresh one takes its place, and the sweep ends where it was. */
  #crashed(reason: string) {
    this.close();
    this.problem = `${this.running ? 'The sweep ended early: the' : 'The'} worker stopped. ${reason}. It has been started again; runs can be made as before.`;
    this.#finish(true);
    if (this.#crashes++ < MOST_RESTARTS) this.#start();
    else this.unavailable = `The lab’s worker keeps stopping: ${reason}.`;
  }

  #statusText(): string {
    if (this.stopping) return 'Stopping after this sample…';
    const progress = this.#progress;
    if (!progress) return 'Starting…';
    const { phase, run, runs, done, total } = progress;
    const loaded = phase === 'loading' && total ? `, ${megabytes(done)} of ${megabytes(total)}` : '';
    return `Run ${run} of ${runs}: ${phase}${loaded}`;
  }

  /** From the runs behind us; loading counts for none of them. */
  #timeLeftText(): string {
    if (this.#behind < 2 || this.#behind >= this.#total) return '';
    const seconds =
      ((this.#lastRunAt - this.#firstRunAt) / 1000 / (this.#behind - 1)) * (this.#total - this.#behind);
    return seconds < 90
      ? `about ${Math.max(1, Math.round(seconds))} s left`
      : `about ${Math.round(seconds / 60)} min left`;
  }
}
