/**
 * Which shader texts may be compiled: those that the user wrote or allowed, and those that the lab ships. Consent belongs to
 * the text, so no way that a text can take through the page (a copy, undo, a file, a part of a split cell) can lose it or gain
 * it. Texts are kept as keyed hashes, because every edit makes a new one.
 */
import { contentOf } from '../../lab/notebook/notebook';
import { knownToBeShipped } from '../../shaders/loading';
import type { NotebookCell } from './cellList';

export class Consent {
  readonly #allowed = new Set<string>();
  readonly #hashes = new WeakMap<NotebookCell, string>();
  /** Secret of this page, so that a text with the hash of an allowed one cannot be written. */
  readonly #key = crypto.getRandomValues(new Uint32Array(2));

  /** Allows the texts of these cells; cells other than shaders need no consent. */
  allow(cells: readonly NotebookCell[]) {
    for (const cell of cells) if (cell.kind === 'wgsl') this.#allowed.add(this.#hashOf(cell));
  }

  /** Allows those of the cells that hold a text of the lab, whatever they came with. */
  allowShipped(cells: readonly NotebookCell[]) {
    this.allow(cells.filter((cell) => cell.kind === 'wgsl' && knownToBeShipped(contentOf(cell))));
  }

  /** True for a shader that must not be compiled before the user allows it. */
  isForeign = (cell: NotebookCell): boolean => cell.kind === 'wgsl' && !this.#allowed.has(this.#hashOf(cell));

  #hashOf(cell: NotebookCell): string {
    const known = this.#hashes.get(cell);
    if (known !== undefined) return known;
    const hash = keyedHash(contentOf(cell), this.#key);
    this.#hashes.set(cell, hash);
    return hash;
  }
}

/** HalfSipHash-2-4 with 64 bits (https://www.aumasson.jp/siphash/siphash.pdf) of a text's UTF-16 code units, then its length. */
function keyedHash(text: string, [k0, k1]: Uint32Array): string {
  let [v0, v1, v2, v3] = [k0, k1 ^ 0xee, k0 ^ 0x6c796765, k1 ^ 0x74656462];
  const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  const rounds = (count: number) => {
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = v0 ^ rotate(v1, 5);
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = v2 ^ rotate(v3, 8);
      v0 = (v0 + v3) | 0;
      v3 = v0 ^ rotate(v3, 7);
      v2 = (v2 + v1) | 0;
      v1 = v2 ^ rotate(v1, 13);
      v2 = rotate(v2, 16);
    }
  };
  const absorb = (word: number) => {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  for (let at = 0; at < text.length; at += 2)
    absorb(text.charCodeAt(at) | (at + 1 < text.length ? text.charCodeAt(at + 1) << 16 : 0));
  absorb(text.length);
  v2 ^= 0xee;
  rounds(4);
  const first = (v1 ^ v3) >>> 0;
  v1 ^= 0xdd;
  rounds(4);
  return `${first} ${(v1 ^ v3) >>> 0}`;
}
