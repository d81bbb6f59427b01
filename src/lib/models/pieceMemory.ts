/** Memory of downloads that is used again. */

/** Largest chunk that is read at once. */
const CHUNK_BYTES = 2 ** 20;
/** Room that is made at first for bytes that wait: those of a usual piece. */
const FIRST_BYTES = 8 * 2 ** 20;

/** Memory for one request at a time, and for the next when it has ended: new memory for each is garbage for a while. */
export class PieceMemory {
  /** For the chunk that is read; without length while a read has it, and for ever if that read was given up. */
  chunk = new ArrayBuffer(0);
  #waiting = new Uint8Array(0);
  #held = 0;

  chunkToFill(): Uint8Array<ArrayBuffer> {
    if (this.chunk.byteLength === 0) this.chunk = new ArrayBuffer(CHUNK_BYTES);
    return new Uint8Array(this.chunk);
  }

  /** Keeps a copy of these bytes behind those that are kept already. `most`: as many as will be kept together. */
  hold(bytes: Uint8Array, most: number) {
    const needed = this.#held + bytes.byteLength;
    if (needed > this.#waiting.byteLength) {
      const larger = new Uint8Array(
        Math.max(needed, Math.min(most, FIRST_BYTES), 2 * this.#waiting.byteLength),
      );
      larger.set(this.#waiting.subarray(0, this.#held));
      this.#waiting = larger;
    }
    this.#waiting.set(bytes, this.#held);
    this.#held = needed;
  }

  /** The bytes that were kept, which are so no longer; valid until others are. */
  release(): Uint8Array<ArrayBuffer> {
    const held = this.#waiting.subarray(0, this.#held);
    this.#held = 0;
    return held;
  }
}
