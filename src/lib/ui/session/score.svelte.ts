/** One button's measurement: the speed of the largest model that fits, and then what limits it. */
import type { Profile } from '../../lab/records/profile';
import type { RunRecord } from '../../lab/records/record';
import type { WorkerEvent } from '../../lab/worker';
import { gpuBytes } from './models';
import type { Lab } from './lab.svelte';

/** The worker's name for this work. */
const CELL = 'score';
const PROMPT_TOKENS = 512;
/** Largest first; the first is the model that the target was set for. */
const MODELS = ['synthetic-2.9b', 'synthetic-1.5b', 'synthetic-0.4b', 'synthetic-0.1b'];
/** Share of the computer's memory, where the browser tells it, that a model may take. */
const SHARE = 0.4;

interface DeviceMemory {
  /** GB, rounded; only Chromium tells it. */
  deviceMemory?: number;
}

/** The models to try, largest first; a CPU that emulates a GPU gets the demo. */
function modelsFor(software: boolean, gigabytes: number | undefined): string[] {
  if (software) return ['demo'];
  const most = gigabytes === undefined ? Infinity : SHARE * gigabytes * 1e9;
  const fitting = MODELS.filter((model) => gpuBytes(model) <= most);
  return fitting.length ? fitting : MODELS.slice(-1);
}

export class Score {
  state = $state<'idle' | 'measuring' | 'profiling' | 'done'>('idle');
  model = $state('');
  /** A larger model that could not be run, and why. */
  skipped = $state.raw<{ model: string; reason: string } | undefined>();
  record = $state.raw<RunRecord | undefined>();
  profile = $state.raw<Profile | undefined>();
  problem = $state<string | undefined>();
  #waiting: string[] = [];
  #unlisten: (() => void) | undefined;

  constructor(readonly lab: Lab) {}

  get models(): string[] {
    const { deviceMemory } = navigator as DeviceMemory;
    return modelsFor(this.lab.adapter?.software ?? false, deviceMemory);
  }

  get prefill(): number {
    return this.lab.adapter?.software ? 32 : PROMPT_TOKENS;
  }

  get busy(): boolean {
    return this.state === 'measuring' || this.state === 'profiling';
  }

  /** The settings of the measurement, a line each. */
  settings(model: string): string {
    return `model=${model}\nprefill=${this.prefill}\nsamples=5\n`;
  }

  start() {
    [this.record, this.profile, this.problem, this.skipped] = [undefined, undefined, undefined, undefined];
    this.#waiting = this.models;
    this.#unlisten?.();
    this.#unlisten = this.lab.listen(CELL, {
      receive: (event) => this.#receive(event),
      lost: (reason) => this.#failed(reason),
    });
    this.#measure();
  }

  stop() {
    this.lab.send({ type: 'supersede', cell: CELL });
    this.#waiting = [];
  }

  #measure() {
    [this.model, ...this.#waiting] = this.#waiting;
    this.state = 'measuring';
    this.#send('sweep');
  }

  #send(kind: 'sweep' | 'profile') {
    const samples =
      kind === 'profile' ? `model=${this.model}\nprefill=${this.prefill}\n` : this.settings(this.model);
    this.lab.send({ type: 'run', cell: CELL, kind, text: samples });
  }

  #receive(event: WorkerEvent) {
    if (event.type === 'progress') {
      const { phase } = event.progress;
      if (phase === 'compiling' || phase === 'checking') this.lab.watch(CELL);
      else this.lab.calm(CELL);
    }
    if (event.type === 'record') this.record = event.record;
    if (event.type === 'profiled') this.profile = event.profile;
    if (event.type === 'failed') this.problem = event.reason;
    if (event.type === 'finished') this.#next('stopped' in event && event.stopped);
  }

  #next(stopped: boolean) {
    this.lab.calm(CELL);
    // On a CPU that emulates a GPU a profile takes minutes and says nothing.
    if (this.state === 'measuring' && this.record && !this.record.software && !stopped) {
      this.state = 'profiling';
      return this.#send('profile');
    }
    if (!this.record && this.problem && this.#waiting.length && !stopped) {
      this.skipped = { model: this.model, reason: this.problem };
      this.problem = undefined;
      return this.#measure();
    }
    this.#end();
  }

  #failed(reason: string) {
    this.problem = reason;
    this.#end();
  }

  #end() {
    this.state = this.record || this.problem ? 'done' : 'idle';
    this.#unlisten?.();
    this.#unlisten = undefined;
  }
}
