// The page's cells: splitting a text into cells loses nothing, and undo reverts one action at a time.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellsOf, newCell, spaced, textOf } from '../../src/lib/ui/notebook/cellList';
import { UndoHistory } from '../../src/lib/ui/notebook/undo';

const LINES = ['', '# Title', 'prose', '```lab sweep', 'chunk=64', '```', '~~~', '```wgsl wkv/mine', '   '];
const text = fc
  .array(fc.tuple(fc.constantFrom(...LINES), fc.constantFrom('\n', '\r\n')), { maxLength: 14 })
  .map((lines) => lines.map((pair) => pair.join('')).join(''));

test('a text is the same after it was taken apart, and no cell is only blank lines but the first', () => {
  fc.assert(
    fc.property(text, (original) => {
      const cells = cellsOf(original);
      expect(textOf(cells)).toBe(original);
      expect(cells.slice(1).filter(({ kind, body }) => kind === 'prose' && body.trim() === '')).toEqual([]);
      expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    }),
  );
});

test('cells that are put together have a blank line between them, and are the same cells again', () => {
  const made = [newCell('prose', 'Why?\n'), newCell('sweep', 'chunk=64'), newCell('prose', 'Because.\n')];
  const together = textOf(spaced(made.map((cell) => ({ ...cell, gap: '' }))));
  expect(together).toBe('Why?\n\n```lab sweep\nchunk=64\n```\n\nBecause.\n');
  expect(cellsOf(together).map(({ kind, body }) => [kind, body])).toEqual(
    made.map(({ kind, body }) => [kind, body]),
  );
});

test('what is typed in one go is one step; undo and redo go back and forth', () => {
  const history = new UndoHistory<string>();
  history.keep('', 'text a', 0);
  history.keep('H', 'text a', 300);
  history.keep('Hi', 'text a', 600);
  history.keep('Hi!', '', 700);
  history.keep('moved', 'text a', 5000);
  expect(history.counts).toEqual({ undo: 3, redo: 0 });
  expect(history.undo('typed')).toBe('moved');
  expect(history.undo('moved')).toBe('Hi!');
  expect(history.redo('Hi!')).toBe('moved');
  expect(history.undo('moved')).toBe('Hi!');
  expect(history.undo('Hi!')).toBe('');
  expect(history.undo('')).toBeUndefined();
  history.keep('', '');
  expect(history.redo('new')).toBeUndefined();
});
