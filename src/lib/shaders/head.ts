/** Extracts the part of a text that `parseVariant` reads, without code: a tenth of the size, for the first load. */
import { readHeader, splitHeaderLine } from './header.ts';
import { readModule } from './wgsl.ts';

/** Lengths and the names that are used in them, which only the worker evaluates. */
const WORKER_ONLY = ['let', 'scratch', 'resident', 'reads'];

/**
 * The header lines of a text, and its directives, constants with their knobs, and assertions, in the order of the text, each
 * beginning a line. Not its bindings, nor the header lines of WORKER_ONLY, nor grids.
 */
export function headOf(text: string): string {
  const { comments, directives, constants, assertions } = readModule(text);
  const declared = [...directives, ...constants, ...assertions];
  const wanted = readHeader(text).lines.filter(
    (line) => !WORKER_ONLY.includes(splitHeaderLine(line.text)?.key ?? ''),
  );
  const header = new Set(wanted.map(({ start }) => start));
  const pieces = [...declared, ...comments.filter(({ start }) => header.has(start))];
  pieces.sort((a, b) => a.start - b.start);
  let end = 0;
  const lines = pieces.flatMap((piece) => {
    if (piece.start < end) return []; // a header line inside a declaration
    end = piece.end;
    return [`${withoutGrid(text.slice(piece.start, piece.end))}\n`];
  });
  return lines.join('');
}

/** Only the worker evaluates how many workgroups run. */
const withoutGrid = (line: string) => line.replace(/^(\/\/! (?:grid|pass [^:]+):).*$/, '$1 1');
