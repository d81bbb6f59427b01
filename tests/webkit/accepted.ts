// Test helper: the texts that a compiler has accepted before, kept beside its program between runs. Its answer depends on nothing but the
// program and the text, so that only new texts need it. What was refused is not kept.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Job } from '../../scripts/webkit/translate';

export class Accepted {
  readonly #compiler;
  readonly #file: string;
  readonly #known: Set<string>;

  /** `file`: a digest of the program and a text on each line. */
  constructor(program: string, file = `${program}.accepted`) {
    this.#compiler = createHash('sha256').update(readFileSync(program));
    this.#file = file;
    this.#known = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
  }

  has(job: Job): boolean {
    return this.#known.has(this.#digest(job));
  }

  add(jobs: Job[]): void {
    if (jobs.length === 0) return;
    const digests = jobs.map((job) => this.#digest(job));
    for (const digest of digests) this.#known.add(digest);
    try {
      appendFileSync(this.#file, digests.map((digest) => `${digest}\n`).join(''));
    } catch {
      // If nothing can be kept, the next run compiles these texts again.
    }
  }

  #digest(job: Job): string {
    return this.#compiler.copy().update(JSON.stringify(job)).digest('hex');
  }
}
