/** The page's state of one shader: compiler messages, check result and times. The worker does the work. */
import type { Progress } from '../../lab/measure/progress';
import type { MicrobenchmarkRow, CheckOutcome } from '../../lab/shader/shader';
import type { Problem } from '../../lab/shader/diagnostics';
import type { OwnVariant } from '../../shaders/variant';
import type { WorkerEvent, WorkerMessage } from '../../lab/worker';
import type { Lab } from '../session/lab.svelte';
import { kernelWords } from '../words/words.svelte';

export type Asked = 'compile' | 'check' | 'microbenchmark';

/** The failure reason that the worker gives for stopped work. */
const STOPPED = 'Stopped';

/** Time limit for stopping. Work checks for a stop request regularly; if it has not stopped by then, it hangs. */
const STOP_SECONDS = 10;

/** A result, with the shader's text that produced it. */
interface ResultOf<Result> {
  text: string;
  result: Result;
}

export class Shader {
  /** Unanswered requests, in the order in which the worker takes them. */
  pending = $state.raw<{ request: number; asked: Asked; text: string }[]>([]);
  compiled = $state.raw<ResultOf<Problem[]> | undefined>();
  checked = $state.raw<ResultOf<CheckOutcome> | undefined>();
  timed = $state.raw<ResultOf<MicrobenchmarkRow[]> | undefined>();
  /** Why the last request failed. */
  failure = $state<string | undefined>();
  /** True if the last request was stopped. */
  stopped = $state(false);
  stopping = $state(false);
  progress = $state.raw<Progress | undefined>();

  readonly #cell: string;
  readonly #lab: Lab;
  readonly #busy: () => boolean;
  readonly #silence: () => void;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  /** The number of the last request. */
  #last = 0;

  /** `busy`: returns true while other work is in progress; silence then does not mean that this shader hangs. */
  constructor(cell: string, lab: Lab, busy: () => boolean = () => false) {
    this.#cell = cell;
    this.#lab = lab;
    this.#busy = busy;
    this.#silence = lab.listen(cell, {
      receive: (event) => this.#receive(event),
      lost: (reason) => this.#lost(reason),
    });
  }

  /** Stops listening to the worker. */
  close() {
    clearTimeout(this.#deadline);
    this.#lab.calm(this.#cell);
    this.#silence();
  }

  /** The request in progress, except compilations: those are made at every change of the text. */
  get doing(): Asked | undefined {
    return this.pending.find(({ asked }) => asked !== 'compile')?.asked;
  }

  get compiling(): boolean {
    return this.pending.some(({ asked }) => asked === 'compile');
  }

  compile(variant: OwnVariant) {
    this.#ask({ type: 'compile', ...this.#request(variant) });
  }

  check(variant: OwnVariant) {
    this.#ask({ type: 'check', ...this.#request(variant) });
  }

  /** Microbenchmarks the variant at the shapes of chunks of `tokens` tokens. */
  microbenchmark(variant: OwnVariant, model: string, tokens: number[]) {
    this.#ask({ type: 'microbenchmark', ...this.#request(variant), model, tokens });
  }

  /**
   * Stops all work in progress and in the queue, including that of other shaders; each request is still answered. If a
   * hanging shader does not answer within STOP_SECONDS, the worker is restarted.
   */
  stop() {
    this.stopping = true;
    this.#lab.send({ type: 'stop' });
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      const reason = kernelWords().hung(STOP_SECONDS);
      this.#lab.restart(reason, reason);
    }, 1000 * STOP_SECONDS);
  }

  #request(variant: OwnVariant) {
    return { cell: this.#cell, request: ++this.#last, variant };
  }

  #ask(message: Extract<WorkerMessage, { request: number }>) {
    const { type: asked, request, variant } = message;
    // An answer to an earlier compilation may be on its way; it is not awaited any more.
    const others = asked === 'compile' ? this.pending.filter((each) => each.asked !== asked) : this.pending;
    this.pending = [...others, { request, asked, text: variant.wgsl }];
    if (asked !== 'compile') [this.failure, this.stopped, this.progress] = [undefined, false, undefined];
    this.#lab.send(message);
    if (!this.#busy()) this.#lab.watch(this.#cell);
  }

  #receive(event: WorkerEvent) {
    if (event.type === 'progress') this.progress = event.progress;
    if ('request' in event) this.#answered(event);
    if (this.pending.length) this.#lab.watch(this.#cell);
    else this.#settle();
  }

  #answered(event: Extract<WorkerEvent, { request: number }>) {
    const answered = this.pending.find(({ request }) => request === event.request);
    if (!answered) return; // a text that has changed since
    const { text } = answered;
    this.pending = this.pending.filter((each) => each !== answered);
    switch (event.type) {
      case 'compiled':
        this.compiled = { text, result: event.problems };
        break;
      case 'checked':
        this.checked = { text, result: event.outcome };
        break;
      case 'microbenchmark':
        this.timed = { text, result: event.rows };
        break;
      case 'failed':
        this.stopped = event.reason === STOPPED;
        if (!this.stopped) this.failure = event.reason;
    }
  }

  /** Drops all requests: the worker was restarted and does not know them. */
  #lost(reason: string) {
    if (this.pending.length === 0) return;
    this.failure = reason;
    this.pending = [];
    this.#settle();
  }

  #settle() {
    clearTimeout(this.#deadline);
    this.stopping = false;
    this.progress = undefined;
    this.#lab.calm(this.#cell);
  }
}
