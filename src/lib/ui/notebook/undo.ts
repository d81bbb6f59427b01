/** Undo and redo over values that are never changed in place. Quick changes of the same kind are one step. */

const MERGE_MILLISECONDS = 1200;
const MOST_STEPS = 500;

export class UndoHistory<Value> {
  #before: Value[] = [];
  #after: Value[] = [];
  #last = { what: '', at: -Infinity };

  /** Call before a change, with the value as it was. Changes with the same non-empty `what` soon after each other are one step. */
  keep(value: Value, what: string, now = performance.now()) {
    const merged = what !== '' && what === this.#last.what && now - this.#last.at < MERGE_MILLISECONDS;
    this.#last = { what, at: now };
    this.#after = [];
    if (merged) return;
    this.#before.push(value);
    if (this.#before.length > MOST_STEPS) this.#before.shift();
  }

  /** The value before the last change; undefined if there is none. `value` is the current one. */
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
