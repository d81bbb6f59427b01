/** A position in one line of Markdown, counted in columns: a tab reaches to the next multiple of four. */
export class LineCursor {
  #text: string;
  #offset = 0;
  #column = 0;
  /** Index of the next character that is neither a space nor a tab, and its column. */
  #next = { offset: 0, column: 0 };

  /** `text`: a line without its ending. */
  constructor(text: string) {
    this.#text = text;
    this.#findNext();
  }

  /** True if only spaces and tabs are left. */
  get blank(): boolean {
    return this.#next.offset === this.#text.length;
  }

  /** Columns of white space from here to the next character. */
  get indent(): number {
    return this.#next.column - this.#column;
  }

  /** The text from the next character that is not white space. */
  get rest(): string {
    return this.#text.slice(this.#next.offset);
  }

  /** Number of times that `letter` is repeated from the next character on. */
  run(letter: string): number {
    let end = this.#next.offset;
    while (this.#text[end] === letter) end++;
    return end - this.#next.offset;
  }

  /** Consumes this many columns; this may end in the middle of a tab. */
  advance(columns: number) {
    const target = this.#column + columns;
    while (this.#column < target && this.#offset < this.#text.length) {
      const width = this.#text[this.#offset] === '\t' ? 4 - (this.#column % 4) : 1;
      if (this.#column + width > target) {
        this.#column = target;
        break;
      }
      this.#column += width;
      this.#offset++;
    }
    this.#findNext();
  }

  /** Consumes the marker of a block quote and one column of white space after it; false if there is none. */
  takeQuote(): boolean {
    if (this.indent >= 4 || this.#text[this.#next.offset] !== '>') return false;
    this.advance(this.indent + 1);
    if (this.indent > 0) this.advance(1);
    return true;
  }

  #findNext() {
    let [offset, column] = [this.#offset, this.#column];
    for (; offset < this.#text.length; offset++) {
      const letter = this.#text[offset];
      if (letter === '\t') column += 4 - (column % 4);
      else if (letter === ' ') column++;
      else break;
    }
    this.#next = { offset, column };
  }
}
