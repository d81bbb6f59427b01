/** Bytes per second over the last five seconds. */
export class Rate {
  #parts: { at: number; bytes: number }[] = [{ at: performance.now(), bytes: 0 }];

  add(bytes: number) {
    const now = performance.now();
    const last = this.#parts.at(-1)!;
    if (now - last.at < 100 && this.#parts.length > 1) last.bytes += bytes;
    else this.#parts.push({ at: now, bytes });
    while (this.#parts.length > 2 && now - this.#parts[0].at > 5000) this.#parts.shift();
  }

  get value(): number | undefined {
    const seconds = (performance.now() - this.#parts[0].at) / 1000;
    if (seconds < 0.3) return undefined;
    return this.#parts.slice(1).reduce((sum, { bytes }) => sum + bytes, 0) / seconds;
  }
}
