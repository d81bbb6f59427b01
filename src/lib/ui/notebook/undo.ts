/** Undo and redo over immutable values. Rapid changes of the same kind are merged into one step. */

const MERGE_MILLISECONDS = 1200;
const MOST_STEPS = 500;

export class UndoHistory<Value> {
  #before: Value[] = [];
  #after: Value[] = [];
  #last = { what: '', at: -Infinity };

  /**
   * Records the value before a change. Changes with the same non-empty `what` within MERGE_MILLISECONDS are merged into
   * one step.
   */
  keep(value: Value, what: string, now = performance.now()) {
    const merged = what !== '' && what === this.#last.what && now - this.#last.at < MERGE_MILLISECONDS;
    this.#last = { what, at: now };
    this.#after = [];
    if (merged) return;
    this.#before.push(value);
    if (this.#before.length > MOST_STEPS) this.#before.shift();
  }

  /** Returns the value before the last change, or undefined if there is none. `value` is the current one. */
  undo(value: Value): Value | undefined {
    return this.#step(this.#before, this.#after, value);
  }

  redo(value: Value): Value | undefined {
    return this.#step(this.#after, this.#before, value);
  }

  clear() {
    this.#before = [];
    this.#after = [];
  }

  get counts() {
    return { undo: this.#before.length, redo: this.#after.length };
  }

  #step(from: Value[], to: Value[], value: Value): Value | undefined {
    this.#last = { what: '', at: -Infinity };
    const found = from.pop();
    if (found !== undefined) to.push(value);
    return found;
  }
}
