// After any sequence of edits, the printed notebook is read back as the same cells: what a link, a file or a reload shows.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cell, contentOf, LAB_KINDS, parseNotebook } from '../../src/lib/lab/notebook/notebook';
import { Notebook } from '../../src/lib/ui/notebook/notebook.svelte';
import type { Store } from '../../src/lib/ui/notebook/store';
import type { Lab } from '../../src/lib/ui/session/lab.svelte';

/** Pieces of prose and of cells, among them all that leave a block open. */
const LINE = fc.constantFrom(
  ...[
    '<!--',
    '-->',
    '<pre>',
    '<div>',
    '<?',
    '<![CDATA[',
    '<!A',
    '</p>',
    '<a b="',
    '```',
    '~~~',
    '````js',
    '- x',
    '> y',
  ],
  ...[
    '- ```',
    '1. ~~~',
    '  ```lab sweep',
    '```lab sweep',
    '```wgsl wkv/mine',
    '```csv results',
    '# T',
    'a',
    '',
    '    b',
  ],
  ...['\t', '===', '[a]: b', '\uFEFF', '---', 'prefill=8'],
);
const TEXT = fc
  .array(fc.tuple(LINE, fc.constantFrom('\n', '\n', '\r\n', '\r', '')), { maxLength: 6 })
  .map((lines) => lines.flat().join(''));

type Edit = (notebook: Notebook, place: number, text: string) => void;

const at = ({ cells }: Notebook, place: number) => cells[place % Math.max(1, cells.length)]?.id ?? '';
const ADDED = ['prose', ...LAB_KINDS, 'csv'] as const;
const EDITS: Record<string, Edit> = {
  add: (notebook, place, text) =>
    void notebook.add(ADDED[place % ADDED.length], place % (notebook.cells.length + 1), text),
  shader: (notebook, place, text) =>
    void notebook.add('wgsl', place % (notebook.cells.length + 1), text, 'wkv/mine'),
  write: (notebook, place, text) => {
    const id = at(notebook, place);
    notebook.focus(id, true);
    notebook.setBody(id, text);
    notebook.edit(undefined);
  },
  delete: (notebook, place) => notebook.delete(at(notebook, place)),
  up: (notebook, place) => notebook.move(at(notebook, place), -1),
  down: (notebook, place) => notebook.move(at(notebook, place), 1),
  duplicate: (notebook, place) => notebook.duplicate(at(notebook, place)),
  undo: (notebook) => notebook.undo(),
  redo: (notebook) => notebook.redo(),
  reopen: (notebook) => notebook.open(notebook.text),
};
const SEQUENCE = fc.array(
  fc.record({ edit: fc.constantFrom(...Object.keys(EDITS)), place: fc.nat({ max: 20 }), text: TEXT }),
  { maxLength: 12 },
);

/** The cells other than prose; a content that ends without a line ending counts as one that has it. */
const cellsIn = (cells: readonly Cell[]) =>
  cells.flatMap((cell) =>
    cell.kind === 'prose' ? [] : [[cell.kind, cell.name, contentOf(cell).replace(/([^\n])$/, '$1\n')]],
  );

const store = { claim: () => Promise.resolve(true), save: () => Promise.resolve() } as unknown as Store;

test('edits of all kinds, in any order', () => {
  fc.assert(
    fc.property(TEXT, SEQUENCE, (text, edits) => {
      const notebook = new Notebook({} as Lab, store);
      notebook.open(text);
      for (const { edit, place, text: typed } of edits) {
        EDITS[edit](notebook, place, typed);
        expect(cellsIn(parseNotebook(notebook.text)), edit).toEqual(cellsIn(notebook.cells));
        for (const { kind, body } of notebook.cells)
          if (kind === 'prose') expect(notebook.text).toContain(body.replace(/^\uFEFF+/, ''));
      }
    }),
    { numRuns: Number(process.env.LAB_FUZZ ?? 1500) },
  );
});

test('a fence that a list above makes its own is ended there', () => {
  const notebook = new Notebook({} as Lab, store);
  notebook.open('  ```lab sweep<!--\n');
  notebook.add('prose', 0, '- x\n');
  notebook.add('sweep', 2, 'prefill=8');
  expect(cellsIn(parseNotebook(notebook.text))).toEqual([['sweep', '', 'prefill=8\n']]);
});

test('a cell after a comment that nothing ends is a cell still', () => {
  const notebook = new Notebook({} as Lab, store);
  notebook.open('<!-- open');
  notebook.add('sweep', 1, 'prefill=8');
  expect(notebook.text).toBe('<!-- open\n\n-->\n```lab sweep\nprefill=8\n```\n\n');
});
