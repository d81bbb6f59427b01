/** Watches what happens during a measurement beside its times, for the warnings. */
import { readClocks, resumedSince } from './clock';
import { Sentinel } from './sentinel';
import type { RunContext } from './session';
import type { Circumstances } from './warnings';

export class Watch {
  /** Seconds of the sentinel's fixed work, in the order of the calls; none on a CPU that emulates a GPU. */
  readonly sentinelSeconds: number[] = [];
  readonly #began = readClocks();
  #hidden = false;
  #battery = false;

  constructor(readonly context: Pick<RunContext, 'gpu' | 'host'>) {
    this.look();
  }

  /** Notes whether the page is hidden or the computer runs on its battery; call it after each sample. */
  look() {
    const { host } = this.context;
    this.#hidden ||= host.hidden?.() ?? false;
    this.#battery ||= host.battery?.() ?? false;
  }

  /** Times the sentinel; call it before, amid and after the samples. */
  async timeSentinel(): Promise<void> {
    const { gpu } = this.context;
    if (!gpu.adapter.software) this.sentinelSeconds.push(await (await Sentinel.of(gpu)).seconds());
  }

  get circumstances(): Circumstances {
    return { hidden: this.#hidden, battery: this.#battery, resumed: resumedSince(this.#began) };
  }
}
