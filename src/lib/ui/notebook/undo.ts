/** Undo and redo over values that are never changed in place. What is typed in one go is one step. */

const TOGETHER_MILLISECONDS = 1200;

export class Past<Value> {
  #before: Value[] = [];
  #after: Value[] = [];
  #last = { what: '', at: -Infinity };

  /** Call before a change, with the value as it was. `what`: changes of the same kind, soon after each other, are one step. */
  keep(value: Value, what: string, now = performance.now()) {
    const together = what !== '' && what === this.#last.what && now - this.#last.at < TOGETHER_MILLISECONDS;
    this.#last = { what, at: now };
    this.#after = [];
    if (together) return;
    this.#before.push(value);
    if (this.#before.length > MOST_STEPS) this.#before.shift();
  }

  /** The value before the last change; undefined when there is none. */
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

const MOST_STEPS = 500;
