/** The part of a shader's text that `parseVariant` reads, without its code: a tenth of the size, for the page's first load. */
import { readHeader } from './header.ts';
import { readModule } from './wgsl.ts';

/**
 * The header lines of a text, and its directives, constants with their knobs, assertions and bindings: one after another, as
 * they are written, each beginning a line.
 */
export function headOf(text: string): string {
  const { comments, directives, constants, assertions, variables } = readModule(text);
  const bindings = variables.filter(({ attributes }) => attributes.some(({ name }) => name === 'binding'));
  const declared = [...directives, ...constants, ...assertions, ...bindings];
  const header = new Set(readHeader(text).lines.map(({ start }) => start));
  const pieces = [...declared, ...comments.filter(({ start }) => header.has(start))];
  pieces.sort((a, b) => a.start - b.start);
  let end = 0;
  const lines = pieces.flatMap((piece) => {
    if (piece.start < end) return []; // a header line within a declaration
    end = piece.end;
    return [`${text.slice(piece.start, piece.end)}\n`];
  });
  return lines.join('');
}
