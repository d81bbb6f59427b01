/** How far the check of an answer is: the tokens that its kernels have read, one reading after another. */
import type { Report } from './progress';

export class AnswerProgress {
  /** Tokens of the readings that were begun, and those of them that were read. */
  #begun = 0;
  #read = 0;
  #total: number;
  #ended = false;

  /** `expected`: the tokens of the readings that are certain to come. */
  constructor(
    readonly report: Report,
    expected: number,
  ) {
    this.#total = expected;
    this.#tell();
  }

  /** Begins a reading of so many tokens; the ones before have ended. Returns what is to be told how many of them were read. */
  begin(tokens: number): (read: number) => void {
    const before = this.#begun;
    this.#begun += tokens;
    this.#total = Math.max(this.#total, this.#begun);
    const told = (read: number) => {
      this.#read = Math.max(this.#read, before + read);
      this.#tell();
    };
    told(0);
    return told;
  }

  /** The report of what is compiled and checked for a reading: the kernel at hand. */
  readonly within: Report = (_phase, _done, _total, what) => this.#tell(what);

  /** Nothing is reported any more: the GPU may tell of the last reading when its result has been read already. */
  end() {
    this.#ended = true;
  }

  #tell(what = '') {
    if (!this.#ended) this.report('checking answer', this.#read, this.#total, what);
  }
}
