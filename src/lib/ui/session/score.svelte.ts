/** One button's measurement: the speed of the largest model that fits, and then what limits it. */
import { canHang, type Progress } from '../../lab/measure/progress';
import type { Profile } from '../../lab/records/profile';
import type { RunRecord } from '../../lab/records/record';
import { median } from '../../lab/statistics/descriptive';
import type { WorkerEvent } from '../../lab/worker';
import { gpuBytes } from './models';
import type { Lab } from './lab.svelte';

/** The worker's name for this work. */
const CELL = 'score';
const PROMPT_TOKENS = 512;
/** Largest first; the first is the model that the target was set for. */
const MODELS = ['synthetic-2.9b', 'synthetic-1.5b', 'synthetic-0.4b', 'synthetic-0.1b'];
/** Share of the computer's memory that a model may take. */
const SHARE = 0.4;
/** GB that are taken for granted on a phone whose browser does not tell its memory: Safari ends a page that takes more than its share. */
const PHONE_GIGABYTES = 2;
/** After a quick look whose prefill took longer, what limits it is asked first and more samples are taken last: the answer is promised in ten seconds. */
const SLOW_SECONDS = 1;
/** If a prefill takes longer than this, the score stays with the quick look, which is named as such. */
const TOO_SLOW_SECONDS = 4;
const SAMPLES = 5;

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

/** True on phones and tablets, which are told by their pointer. */
const isHandheld = () => matchMedia('(pointer: coarse) and (hover: none)').matches;

export class Score {
  /** `refining`: there is a result of a quick look, and more samples are taken. */
  state = $state<'idle' | 'measuring' | 'refining' | 'profiling' | 'done'>('idle');
  progress = $state.raw<Progress | undefined>();
  model = $state('');
  /** A larger model that could not be run, and why. */
  skipped = $state.raw<{ model: string; reason: string } | undefined>();
  record = $state.raw<RunRecord | undefined>();
  profile = $state.raw<Profile | undefined>();
  problem = $state<string | undefined>();
  #waiting: string[] = [];
  /** The work that has begun since the start. */
  #begun: Score['state'][] = [];
  #unlisten: (() => void) | undefined;

  constructor(readonly lab: Lab) {}

  get models(): string[] {
    const { deviceMemory = isHandheld() ? PHONE_GIGABYTES : undefined } = navigator as DeviceMemory;
    return modelsFor(this.lab.adapter?.software ?? false, deviceMemory);
  }

  get prefill(): number {
    return this.lab.adapter?.software ? 32 : PROMPT_TOKENS;
  }

  get busy(): boolean {
    return this.state !== 'idle' && this.state !== 'done';
  }

  /** The settings of the measurement, a line each. */
  settings(model: string): string {
    return `model=${model}\nprefill=${this.prefill}\nsamples=${SAMPLES}\n`;
  }

  start() {
    [this.record, this.profile, this.problem, this.skipped] = [undefined, undefined, undefined, undefined];
    this.#waiting = this.models;
    this.#begun = [];
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
    this.#send('measuring');
  }

  #send(state: 'measuring' | 'refining' | 'profiling') {
    this.state = state;
    this.#begun.push(state);
    this.progress = undefined;
    const asked =
      state === 'profiling'
        ? { kind: 'profile' as const, text: `model=${this.model}\nprefill=${this.prefill}\n` }
        : { kind: 'sweep' as const, text: this.settings(this.model) };
    this.lab.send({ type: 'run', cell: CELL, ...asked, ...(state === 'measuring' && { effort: 'quick' }) });
  }

  #receive(event: WorkerEvent) {
    if (event.type === 'progress') {
      this.progress = event.progress;
      if (canHang(event.progress.phase)) this.lab.watch(CELL);
      else this.lab.calm(CELL);
    }
    if (event.type === 'record') this.record = event.record;
    if (event.type === 'profiled') this.profile = event.profile;
    if (event.type === 'failed') this.problem = event.reason;
    if (event.type === 'finished') this.#next('stopped' in event && event.stopped);
  }

  #next(stopped: boolean) {
    this.lab.calm(CELL);
    const follows = stopped ? undefined : this.#follows();
    if (follows) return this.#send(follows);
    if (!this.record && this.problem && this.#waiting.length && !stopped) {
      this.skipped = { model: this.model, reason: this.problem };
      this.problem = undefined;
      return this.#measure();
    }
    this.#end();
  }

  /** True if the result has fewer samples than a whole measurement. */
  get quick(): boolean {
    return this.record !== undefined && this.record.prefillSeconds.length < SAMPLES;
  }

  /** The work that follows a result; undefined if there is none. */
  #follows(): 'refining' | 'profiling' | undefined {
    const { record } = this;
    if (!record) return undefined;
    const seconds = median(record.prefillSeconds);
    // On a CPU that emulates a GPU more samples say nothing, and a profile takes minutes.
    const most = record.software ? SLOW_SECONDS : TOO_SLOW_SECONDS;
    const refining = !this.#begun.includes('refining') && seconds <= most && 'refining';
    const profiling = !this.#begun.includes('profiling') && !record.software && 'profiling';
    return (seconds > SLOW_SECONDS ? profiling || refining : refining || profiling) || undefined;
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
