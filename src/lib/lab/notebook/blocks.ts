/**
 * The block structure of Markdown as CommonMark 0.31 defines it, line by line: which lines open and close a fence that
 * stands in no list item, quotation or HTML block, and which lines end a heading. Inline text is not parsed. The cost is
 * linear in the text, because containers nest at most MAX_DEPTH deep; see tests/commonmark.test.ts for the comparison
 * with a complete parser and docs/architecture.md for why that parser is not used here.
 */
import { HTML_STARTS, type HtmlStart } from './htmlBlocks';
import { LineCursor } from './lineCursor';

/** The role of a line at the top level of the document. */
export type LineRole =
  | { kind: 'text' | 'close' }
  /** `info`: the fence's info string. */
  | { kind: 'open'; info: string }
  /** The last line of a heading: the `#` line itself, or the underline of a setext heading. */
  | { kind: 'heading'; title: string };

/** Markers nested deeper than this are read as text. */
const MAX_DEPTH = 32;
const TEXT: LineRole = { kind: 'text' };

/** A block quote, or a list item whose content is indented by `indent` columns. */
interface Container {
  quote: boolean;
  indent: number;
  /** True while it has no content: a blank line then ends a list item. */
  empty: boolean;
}

type Leaf =
  | { type: 'paragraph'; lines: string[] }
  | { type: 'fence'; mark: string }
  | { type: 'html'; start: HtmlStart }
  | { type: 'indented' };

/** Reads the lines of one text in order and keeps the blocks that are open. */
export class BlockScanner {
  #containers: Container[] = [];
  #leaf: Leaf | undefined;

  /** The line that would end the fence or HTML block that is open at the top level; undefined if none is. */
  get unfinished(): string | undefined {
    if (this.#containers.length > 0) return undefined;
    if (this.#leaf?.type === 'fence') return this.#leaf.mark;
    return this.#leaf?.type === 'html' ? this.#leaf.start.closing : undefined;
  }

  /** `text`: one line, with or without its ending. */
  read(text: string): LineRole {
    const line = new LineCursor(text.replace(/[\r\n]+$/, ''));
    const matched = this.#matchContainers(line);
    if (matched === this.#containers.length) {
      const role = this.#continueLeaf(line);
      if (role) return role;
    }
    return this.#startBlocks(line, matched);
  }

  /** Consumes the markers and the indentation of the open containers; returns how many of them the line is in. */
  #matchContainers(line: LineCursor): number {
    for (let index = 0; index < this.#containers.length; index++) {
      const { quote, indent, empty } = this.#containers[index];
      if (quote) {
        if (!line.takeQuote()) return index;
      } else if (line.blank) {
        if (empty) return index;
      } else if (line.indent >= indent) line.advance(indent);
      else return index;
    }
    return this.#containers.length;
  }

  /** The role of a line inside an open code or HTML block; undefined if the line is not part of one. */
  #continueLeaf(line: LineCursor): LineRole | undefined {
    const leaf = this.#leaf;
    if (leaf?.type === 'fence') return this.#continueFence(leaf.mark, line);
    if (leaf?.type === 'html') {
      const { end } = leaf.start;
      if (end ? end.test(line.rest) : line.blank) this.#leaf = undefined;
      return TEXT;
    }
    if (leaf?.type !== 'indented') return undefined;
    if (line.blank || line.indent >= 4) return TEXT;
    this.#leaf = undefined;
    return undefined;
  }

  #continueFence(mark: string, line: LineCursor): LineRole {
    const run = line.indent < 4 ? line.run(mark[0]) : 0;
    if (run < mark.length || trimmed(line.rest.slice(run)) !== '') return TEXT;
    this.#leaf = undefined;
    return this.#containers.length ? TEXT : { kind: 'close' };
  }

  /** Opens the containers and at most one leaf that begin in this line; the first `open` containers continue. */
  #startBlocks(line: LineCursor, open: number): LineRole {
    let inParagraph = open === this.#containers.length && this.#leaf?.type === 'paragraph';
    while (!line.blank) {
      if (line.indent >= 4) {
        if (this.#leaf?.type === 'paragraph') break;
        return this.#begin(open, { type: 'indented' });
      }
      const role = this.#startLeaf(line, open, inParagraph);
      if (role) return role;
      const container = open < MAX_DEPTH ? startContainer(line, inParagraph) : undefined;
      if (!container) break;
      this.#begin(open);
      open = this.#containers.push(container);
      inParagraph = false;
    }
    if (line.blank) return this.#end(open);
    // A paragraph continues even if its containers' markers are missing ("lazy continuation").
    if (this.#leaf?.type !== 'paragraph') return this.#begin(open, { type: 'paragraph', lines: [line.rest] });
    this.#leaf.lines.push(line.rest);
    return TEXT;
  }

  #startLeaf(line: LineCursor, open: number, inParagraph: boolean): LineRole | undefined {
    const { rest } = line;
    const title = atxTitle(line);
    if (title !== undefined) return this.#heading(open, title);
    const mark = fenceMark(line);
    if (mark) {
      this.#begin(open, { type: 'fence', mark });
      return this.#containers.length ? TEXT : { kind: 'open', info: trimmed(rest.slice(mark.length)) };
    }
    const start =
      rest[0] === '<'
        ? HTML_STARTS.find(
            ({ begin, interrupts }) => begin.test(rest) && (interrupts || this.#leaf?.type !== 'paragraph'),
          )
        : undefined;
    if (start) return this.#begin(open, start.end?.test(rest) ? undefined : { type: 'html', start });
    if (inParagraph && isUnderline(rest)) {
      const heading = this.#underlined(open);
      if (heading) return heading;
    }
    return isThematicBreak(rest) ? this.#begin(open) : undefined;
  }

  /** Turns the open paragraph into a heading, unless it contains only link reference definitions. */
  #underlined(open: number): LineRole | undefined {
    const leaf = this.#leaf as Extract<Leaf, { type: 'paragraph' }>;
    const first = leaf.lines.findIndex((line) => !DEFINITION.test(line));
    if (first >= 0) return this.#heading(open, leaf.lines.slice(first).join(' '));
    leaf.lines = [];
    return undefined;
  }

  #heading(open: number, title: string): LineRole {
    this.#begin(open);
    return this.#containers.length ? TEXT : { kind: 'heading', title: trimmed(title) };
  }

  /** Closes the blocks that the line is not part of, and opens a leaf; none if the leaf ends with its line. */
  #begin(open: number, leaf?: Leaf): LineRole {
    this.#end(open);
    const parent = this.#containers.at(-1);
    if (parent) parent.empty = false;
    this.#leaf = leaf;
    return TEXT;
  }

  #end(open: number): LineRole {
    this.#containers.length = open;
    this.#leaf = undefined;
    return TEXT;
  }
}

/** A link reference definition of one line. */
const DEFINITION =
  /^\[(?:[^[\]\\]|\\.){1,999}\]:[ \t]*[^ \t]+(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$/;

function startContainer(line: LineCursor, inParagraph: boolean): Container | undefined {
  if (line.takeQuote()) return { quote: true, indent: 0, empty: true };
  const { rest, indent } = line;
  const [marker, number] = /^(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/.exec(rest) ?? [];
  if (marker === undefined) return undefined;
  const blank = trimmed(rest.slice(marker.length)) === '';
  // Numbers and dashes inside a paragraph are more often text than lists.
  if (inParagraph && (blank || (number !== undefined && Number(number) !== 1))) return undefined;
  line.advance(indent + marker.length);
  const gap = !blank && line.indent <= 4 ? line.indent : 1;
  line.advance(gap);
  return { quote: false, indent: indent + marker.length + gap, empty: true };
}

function atxTitle(line: LineCursor): string | undefined {
  const level = line.run('#');
  if (level < 1 || level > 6 || !/^[ \t]?$/.test(line.rest.charAt(level))) return undefined;
  const title = trimmed(line.rest.slice(level));
  let end = title.length;
  while (title[end - 1] === '#') end--;
  return end === 0 || /[ \t]/.test(title[end - 1]) ? title.slice(0, end) : title;
}

/** The run of backticks or tildes that opens a fence; undefined if the line opens none. */
function fenceMark(line: LineCursor): string | undefined {
  const [letter] = line.rest;
  if (letter !== '`' && letter !== '~') return undefined;
  const run = line.run(letter);
  if (run < 3 || (letter === '`' && line.rest.includes('`', run))) return undefined;
  return letter.repeat(run);
}

function isUnderline(rest: string): boolean {
  const text = trimmed(rest);
  return (rest[0] === '=' || rest[0] === '-') && text === rest[0].repeat(text.length);
}

function isThematicBreak(rest: string): boolean {
  const [letter] = rest;
  if (letter !== '-' && letter !== '*' && letter !== '_') return false;
  let count = 0;
  for (const each of rest) {
    if (each === letter) count++;
    else if (each !== ' ' && each !== '\t') return false;
  }
  return count >= 3;
}

/**
 * The text without spaces and tabs at both ends; other white space counts as text in Markdown. A loop, because a
 * regular expression would take quadratic time.
 */
function trimmed(text: string): string {
  const blank = (letter: string) => letter === ' ' || letter === '\t';
  let [start, end] = [0, text.length];
  while (start < end && blank(text[start])) start++;
  while (end > start && blank(text[end - 1])) end--;
  return text.slice(start, end);
}
