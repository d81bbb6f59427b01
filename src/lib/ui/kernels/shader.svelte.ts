/** One shader as the page knows it: does it compile, is it right, how fast is it. What is asked of it goes to the worker. */
import type { Progress } from '../../lab/measure/progress';
import type { MicrobenchmarkRow, CheckOutcome } from '../../lab/shader/shader';
import type { Problem } from '../../lab/shader/diagnostics';
import type { OwnVariant } from '../../shaders/variant';
import type { WorkerEvent, WorkerMessage } from '../../lab/worker';
import type { Lab } from '../session/lab.svelte';
import { t } from '../words/words.svelte';

export type Asked = 'compile' | 'check' | 'microbenchmark';

/** What the worker gives as the reason of what the user ended. */
const STOPPED = 'Stopped';

/** Work looks up from time to time whether it is to stop; what does not for so long never will. */
const STOP_SECONDS = 10;

/** A result, and the text that it is of. */
interface Of<Result> {
  text: string;
  result: Result;
}

export class Shader {
  /** What was asked and not answered yet, in the order that the worker takes it. */
  pending = $state.raw<{ asked: Asked; text: string }[]>([]);
  compiled = $state.raw<Of<Problem[]> | undefined>();
  checked = $state.raw<Of<CheckOutcome> | undefined>();
  timed = $state.raw<Of<MicrobenchmarkRow[]> | undefined>();
  /** Why the last thing asked has no answer. */
  failure = $state<string | undefined>();
  /** The last thing asked was stopped. */
  stopped = $state(false);
  stopping = $state(false);
  progress = $state.raw<Progress | undefined>();

  readonly #cell: string;
  readonly #lab: Lab;
  readonly #busy: () => boolean;
  readonly #silence: () => void;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  /** `busy`: whether other work is under way, whose silence would be no sign that this shader hangs. */
  constructor(cell: string, lab: Lab, busy: () => boolean = () => false) {
    this.#cell = cell;
    this.#lab = lab;
    this.#busy = busy;
    this.#silence = lab.listen(cell, {
      receive: (event) => this.#receive(event),
      lost: (reason) => this.#lost(reason),
    });
  }

  /** Nothing is heard any more. */
  close() {
    clearTimeout(this.#deadline);
    this.#lab.calm(this.#cell);
    this.#silence();
  }

  /** The latest that is being found out, except whether it compiles: that is asked all the time. */
  get doing(): Asked | undefined {
    return this.pending.find(({ asked }) => asked !== 'compile')?.asked;
  }

  get compiling(): boolean {
    return this.pending.some(({ asked }) => asked === 'compile');
  }

  compile(variant: OwnVariant) {
    this.#ask('compile', variant.wgsl, { type: 'compile', cell: this.#cell, variant });
  }

  check(variant: OwnVariant) {
    this.#ask('check', variant.wgsl, { type: 'check', cell: this.#cell, variant });
  }

  /** `tokens`: of the chunks at whose shapes it is timed. */
  microbenchmark(variant: OwnVariant, model: string, tokens: number[]) {
    this.#ask('microbenchmark', variant.wgsl, {
      type: 'microbenchmark',
      cell: this.#cell,
      variant,
      model,
      tokens,
    });
  }

  /** Ends what is under way, whosever it is, and what waits; each is answered all the same. A shader that hangs is not: */
  stop() {
    this.stopping = true;
    this.#lab.send({ type: 'stop' });
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      const reason = t().kernel.hung(STOP_SECONDS);
      this.#lab.restart(reason, reason);
    }, 1000 * STOP_SECONDS);
  }

  #ask(asked: Asked, text: string, message: WorkerMessage) {
    // Of several compilations that wait only the last is answered.
    const others = asked === 'compile' ? this.pending.filter((each) => each.asked !== asked) : this.pending;
    this.pending = [...others, { asked, text }];
    if (asked !== 'compile') [this.failure, this.stopped, this.progress] = [undefined, false, undefined];
    this.#lab.send(message);
    if (!this.#busy()) this.#lab.watch(this.#cell);
  }

  /** The text that the next answer of this kind is of. */
  #answered(asked: Asked): string {
    const at = this.pending.findIndex((each) => each.asked === asked);
    const text = this.pending[at]?.text ?? '';
    this.pending = this.pending.filter((_, index) => index !== at);
    return text;
  }

  #receive(event: WorkerEvent) {
    switch (event.type) {
      case 'compiled':
        this.compiled = { text: this.#answered('compile'), result: event.problems };
        break;
      case 'checked':
        this.checked = { text: this.#answered('check'), result: event.outcome };
        break;
      case 'microbenchmark':
        this.timed = { text: this.#answered('microbenchmark'), result: event.rows };
        break;
      case 'progress':
        this.progress = event.progress;
        break;
      case 'failed':
        this.#failed(event.reason);
    }
    if (this.pending.length) this.#lab.watch(this.#cell);
    else this.#settle();
  }

  /** What was asked first of all that waits has no answer. */
  #failed(reason: string) {
    this.stopped = reason === STOPPED;
    if (!this.stopped) this.failure = reason;
    this.pending = this.pending.slice(1);
  }

  /** The worker is a new one, and knows nothing of what was asked. */
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
