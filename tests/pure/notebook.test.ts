// Notebook text ⇄ cells: nothing is lost, and cells are exactly the fences that Markdown defines.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contentOf,
  LAB_KINDS,
  makeCell,
  parseNotebook,
  printNotebook,
  readNotebookText,
  titleOf,
  withContent,
  type Cell,
  type CellKind,
} from '../../src/lib/lab/notebook/notebook';

const kindsOf = (text: string) => parseNotebook(text).map(({ kind }) => kind);
const cellsIn = (text: string) => parseNotebook(text).filter(({ kind }) => kind !== 'prose');

/** Generates texts from pieces of fences. */
const piece = fc.constantFrom(
  ...['```', '~~~', '````', '```lab sweep', '~~~ lab tune', '````wgsl wkv/mine', '``` csv  results', '```js'],
  ...[
    '   ```lab sweep',
    '    ```lab sweep',
    '- item',
    '  - inner',
    '1. one',
    '> ```lab sweep',
    '<!--',
    '-->',
  ],
  ...[
    '<pre>',
    '</pre>',
    'lab nonsense',
    '```lab nonsense',
    '```lab',
    '```wgsl',
    '# Title',
    'prefill=256',
    '',
  ],
  ...['  ', '\t', '`', '``` `', '  ```', '```   ', '\u2028', '\uFEFF'],
);
const fenceRich = fc
  .array(fc.tuple(piece, fc.constantFrom('\n', '\n', '\n', '\r\n', '\r', '')))
  .map((lines) => lines.flat().join(''));

describe('text → cells → text', () => {
  test('is the identity for any text', () => {
    const same = (text: string) => {
      expect(printNotebook(parseNotebook(text))).toBe(text);
    };
    fc.assert(fc.property(fc.string({ unit: 'binary' }), same), { numRuns: 500 });
    fc.assert(fc.property(fenceRich, same), { numRuns: 5000 });
    for (const text of ['', '\n', '```lab sweep', '```lab sweep\r\nprefill=1\r\n```\r\nEnd', '~~~lab tune\n'])
      same(text);
  });

  test('every cell is open + body + close, prose without fences, and no two prose cells touch', () => {
    fc.assert(
      fc.property(fenceRich, (text) => {
        const cells = parseNotebook(text);
        cells.forEach(({ kind, open, close, body }, i) => {
          expect(open === '').toBe(kind === 'prose');
          if (kind === 'prose') expect([close, cells[i - 1]?.kind === 'prose']).toEqual(['', false]);
          if (kind === 'prose') expect(body).not.toBe('');
        });
      }),
    );
  });
});

describe('what is a cell', () => {
  test.each([
    ['```lab sweep\nprefill=1\n```\n', ['sweep']],
    ['~~~lab sweep\n```\n~~~\n', ['sweep']],
    ['````wgsl wkv/mine\n```\n````', ['wgsl']],
    ['```csv results\na,b\n```', ['csv']],
    ['   ``` lab   tune  \n  budget=1\n ```` \nafter', ['tune', 'prose']],
    ['before\n```lab generate\nopen to the end', ['prose', 'generate']],
    ['```lab sweep\r\nprefill=1\r\n```\r\nafter', ['sweep', 'prose']],
    ['```lab sweep\nchunk=1\n``` no end\n```\n', ['sweep']],
    ['- a list\n\n```lab sweep\n```\n', ['prose', 'sweep']],
    ['- a list\n  ```js\n  x\n```lab sweep\n```\n', ['prose', 'sweep']],
    ['<!-- a comment -->\n```lab sweep\n```\n', ['prose', 'sweep']],
  ] as [string, CellKind[]][])('%j', (text, kinds) => expect(kindsOf(text)).toEqual(kinds));

  test.each([
    '```\n```lab sweep\n```\n',
    '    ```lab sweep\n    ```\n',
    '\t```lab sweep\n\t```\n',
    '```lab nonsense\n```\n',
    '```lab\n```\n',
    '```lab sweep more\n```\n',
    '```Lab sweep\n```\n',
    '```wgsl\n@compute fn main() {}\n```\n',
    '```wgsl mine\n```\n',
    '```csv\n```\n',
    '```lab sweep`\n```\n',
    '``lab sweep\n``\n',
    '> ```lab sweep\n> ```\n',
    '- ```lab sweep\n  ```\n',
    '- item\n  ```lab sweep\n  ```\n',
    '- item\n  - inner\n\n  ```lab sweep\n  ```\n',
    '1. item\n\n   ```lab sweep\n   ```\n',
    '````\n```lab sweep\n```\n````\n',
    '~~~~\n~~~lab sweep\n~~~\n~~~~\n',
    '<!--\n```lab sweep\n```\n-->\n',
    '<pre>\n```lab sweep\n```\n</pre>\n',
    'text ```lab sweep\n```\n',
  ])('%j is prose', (text) => expect(kindsOf(text)).toEqual(['prose']));

  test('its name and body are what stands there', () => {
    const [prose, cell] = parseNotebook('# A\n```wgsl matmul_q4_k/mine\n//! x\n```\n');
    expect(prose).toEqual({ kind: 'prose', name: '', open: '', body: '# A\n', close: '' });
    expect(cell).toEqual({
      kind: 'wgsl',
      name: 'matmul_q4_k/mine',
      open: '```wgsl matmul_q4_k/mine\n',
      body: '//! x\n',
      close: '```\n',
    });
  });

  test('an indented one says what it says without the indentation', () => {
    const [cell] = parseNotebook('  ```wgsl wkv/mine\r\n  //! x\r\n    y\r\nz\r\n  ```\r\n');
    expect(contentOf(cell)).toBe('//! x\n  y\nz\n');
  });
});

describe('cells that are made', () => {
  const hostile = fc.oneof(fenceRich, fc.string({ unit: 'binary' }));
  const made: fc.Arbitrary<Cell> = fc
    .tuple(fc.constantFrom<CellKind>(...LAB_KINDS, 'wgsl', 'csv'), hostile)
    .map(([kind, body]) => makeCell(kind, body, kind === 'wgsl' ? 'wkv/mine' : ''));

  test('are read back as they are, whatever their bodies hold', () => {
    fc.assert(
      fc.property(fc.array(made, { maxLength: 5 }), (cells) => {
        expect(parseNotebook(printNotebook(cells))).toEqual(cells);
      }),
      { numRuns: 3000 },
    );
  });

  test('are cells after any prose', () => {
    fc.assert(
      fc.property(hostile, made, (body, cell) => {
        const cells = parseNotebook(printNotebook([makeCell('prose', body), cell]));
        expect(cells.at(-1)).toEqual(cell);
      }),
      { numRuns: 3000 },
    );
  });

  test('in any order, moved and mixed with cells of another text, still begin on lines of their own', () => {
    fc.assert(
      fc.property(fenceRich, made, (text, cell) => {
        const others = parseNotebook(text).filter(({ kind }) => kind !== 'prose');
        const bodies = others.map(({ body }) => body.replace(/\r?\n$|\r$/, ''));
        const back = parseNotebook(printNotebook([...others, cell]));
        expect(back.map(({ body }) => body.replace(/\r?\n$|\r$/, ''))).toEqual([
          ...bodies,
          cell.body.replace(/\r?\n$|\r$/, ''),
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  test('keep their fences when their body changes, unless it would close them', () => {
    const [cell] = parseNotebook('~~~ lab sweep\nprefill=1\n~~~\n');
    expect(printNotebook([withContent(cell, 'prefill=2')])).toBe('~~~ lab sweep\nprefill=2\n~~~\n');
    fc.assert(
      fc.property(fenceRich, hostile, (text, body) => {
        for (const each of cellsIn(text)) {
          const [first, ...rest] = parseNotebook(
            printNotebook([withContent(each, body), makeCell('tune', '')]),
          );
          expect([first.kind, first.name, rest.length]).toEqual([each.kind, each.name, 1]);
          expect(first.body.startsWith(body)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('have names that an info string can hold', () => {
    expect(() => makeCell('wgsl', '', 'mine')).toThrow(
      /"mine" is not a name for a shader; write kernel\/name/,
    );
    expect(() => makeCell('wgsl', '', 'wkv/a b')).toThrow(/not a name/);
  });
});

test('the title is the first heading of the prose', () => {
  const title = (text: string) => titleOf(parseNotebook(text));
  expect(title('text\n## Where do the *milliseconds* go? ##\n# Later\n')).toBe(
    'Where do the *milliseconds* go?',
  );
  expect(title('```\n# no\n```\n```lab sweep\n# no\n```\n# Yes\r\n')).toBe('Yes');
  expect(title('')).toBe('Untitled');
  expect(title('#hashtag\n')).toBe('Untitled');
});

test('a text from outside has as many cells as the page can show', () => {
  const text = (cells: number) => '```lab sweep\n```\n\n'.repeat(cells);
  expect(readNotebookText(text(2000)).length).toBeGreaterThan(2000);
  expect(() => readNotebookText(text(2001))).toThrow(
    'This notebook has 2001 cells; at most 2000 can be opened',
  );
});
