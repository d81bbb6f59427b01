/** Runs something soon after it was asked for: when asking pauses, and at the latest some time after it began. */
export class Soon {
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Time (performance.now) of the first ask() since the last run. */
  #since: number | undefined;

  /** Both times in milliseconds. */
  constructor(
    readonly times: { pause: number; latest: number },
    readonly run: () => void,
  ) {}

  /** True while something is asked for that has not begun. */
  get asked(): boolean {
    return this.#timer !== undefined;
  }

  ask() {
    const { pause, latest } = this.times;
    const now = performance.now();
    this.#since ??= now;
    if (this.asked && now - this.#since >= latest - pause) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.cancel();
      this.run();
    }, pause);
  }

  cancel() {
    clearTimeout(this.#timer);
    this.#timer = this.#since = undefined;
  }
}
