// Converts text to token ids and back with RWKV's algorithm: greedy longest match over bytes.

/** A model's vocabulary: the bytes of each id, and its GGUF token type (1 normal, 3 control, 5 unused, 6 byte). */
export interface TokenTable {
  bytes: Uint8Array[];
  types: number[];
}

const CONTROL = 3;
const UNUSED = 5;
const ESCAPES: Record<string, number> = { t: 9, n: 10, r: 13 };

/**
 * Decodes a token's spelling in the GGUF file, which is the content of Python's `repr` of a bytes object. `\t`, `\n`,
 * `\r` and `\xHH` are one byte each; any other backslash is dropped. Throws for an incomplete escape.
 */
export function unescapeToken(spelling: string): Uint8Array {
  if (!spelling.includes('\\')) return new TextEncoder().encode(spelling);
  const bytes: number[] = [];
  for (let at = 0; at < spelling.length;) {
    const escape = spelling[at] === '\\' ? spelling[at + 1] : undefined;
    if (escape === 'x') {
      const digits = spelling.slice(at + 2, at + 4);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) throw new Error(`\\x without two hexadecimal digits`);
      bytes.push(parseInt(digits, 16));
      at += 4;
    } else if (escape !== undefined && escape in ESCAPES) {
      bytes.push(ESCAPES[escape]);
      at += 2;
    } else {
      if (spelling[at] === '\\') at++;
      if (at === spelling.length) throw new Error('a backslash with nothing after it');
      const character = String.fromCodePoint(spelling.codePointAt(at)!);
      bytes.push(...new TextEncoder().encode(character));
      at += character.length;
    }
  }
  return Uint8Array.from(bytes);
}

/** Encodes text into the ids of one vocabulary and decodes ids into text. */
export class Tokenizer {
  private readonly trie: Trie;

  constructor(readonly tokens: TokenTable) {
    this.trie = new Trie(tokens.bytes.reduce((sum, bytes) => sum + bytes.length, 1));
    // Control and unused tokens such as <s> and [PAD7] are never produced from text that looks like them.
    tokens.bytes.forEach((bytes, id) => {
      if (!this.isSilent(id) && bytes.length > 0) this.trie.add(bytes, id);
    });
  }

  /** The ids of a text, without any start or end token. Throws as `encodeBytes` does. */
  encode(text: string): number[] {
    return this.encodeBytes(new TextEncoder().encode(text));
  }

  /** The ids of arbitrary bytes. Throws where no token matches (World vocabularies have all 256 single bytes). */
  encodeBytes(bytes: Uint8Array): number[] {
    const ids: number[] = [];
    for (let at = 0; at < bytes.length;) {
      const id = this.trie.longest(bytes, at);
      if (id < 0) {
        throw new Error(`the vocabulary has no token for byte ${bytes[at]}, number ${at} of the text`);
      }
      ids.push(id);
      at += this.tokens.bytes[id].length;
    }
    return ids;
  }

  /** The text of these ids, without control and unused ones; invalid UTF-8 becomes U+FFFD. Throws as `bytesOf` does. */
  decode(ids: Iterable<number>): string {
    const text = this.stream();
    let decoded = '';
    for (const id of ids) decoded += text.push(id);
    return decoded + text.end();
  }

  /** The bytes of a token in text; empty for a control or unused token. Throws for an id out of range. */
  bytesOf(id: number): Uint8Array {
    if (!(id in this.tokens.bytes)) {
      throw new Error(`there is no token ${id}: ids go from 0 to ${this.tokens.bytes.length - 1}`);
    }
    return this.isSilent(id) ? new Uint8Array(0) : this.tokens.bytes[id];
  }

  /** Decodes token by token; an incomplete character is held back until its last byte arrives, or until `end`. */
  stream(): { push(id: number): string; end(): string } {
    // ignoreBOM keeps a byte order mark in the text.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: (id) => decoder.decode(this.bytesOf(id), { stream: true }),
      end: () => decoder.decode(),
    };
  }

  /** True for control and unused tokens, which have no text. */
  private isSilent(id: number): boolean {
    return this.tokens.types[id] === CONTROL || this.tokens.types[id] === UNUSED;
  }
}

/** A byte trie in flat arrays: an open-addressing hash table from (node, byte) to node, and the id at each node. */
class Trie {
  private readonly edges: Int32Array; // node × 256 + byte + 1; 0: free slot
  private readonly targets: Int32Array;
  private readonly ids: Int32Array; // −1: no token ends here
  private readonly shift: number;
  private nodes = 1;

  /** `nodes` is the maximum number of nodes, including the root. */
  constructor(nodes: number) {
    if (nodes > 2 ** 22) throw new Error(`the vocabulary is too large: ${nodes} bytes, at most ${2 ** 22}`);
    const bits = Math.ceil(Math.log2(nodes * 2));
    this.edges = new Int32Array(2 ** bits);
    this.targets = new Int32Array(2 ** bits);
    this.shift = 32 - bits;
    this.ids = new Int32Array(nodes).fill(-1);
  }

  /** Adds a token. If two tokens have the same bytes, the first one is kept. */
  add(bytes: Uint8Array, id: number): void {
    let node = 0;
    for (const byte of bytes) {
      const slot = this.slot(node, byte);
      if (this.edges[slot] === 0) {
        this.edges[slot] = node * 256 + byte + 1;
        this.targets[slot] = this.nodes++;
      }
      node = this.targets[slot];
    }
    if (this.ids[node] < 0) this.ids[node] = id;
  }

  /** The id of the longest token that matches the bytes from `at` on; −1 if none does. */
  longest(bytes: Uint8Array, at: number): number {
    let id = -1;
    let node = 0;
    for (let i = at; i < bytes.length; i++) {
      const slot = this.slot(node, bytes[i]);
      if (this.edges[slot] === 0) break;
      node = this.targets[slot];
      if (this.ids[node] >= 0) id = this.ids[node];
    }
    return id;
  }

  /** The slot of this edge, or the free slot for it. */
  private slot(node: number, byte: number): number {
    const edge = node * 256 + byte + 1;
    const mask = this.edges.length - 1;
    let slot = Math.imul(edge, 0x9e3779b1) >>> this.shift; // the golden ratio's high bits spread neighbours
    while (this.edges[slot] !== 0 && this.edges[slot] !== edge) slot = (slot + 1) & mask;
    return slot;
  }
}
