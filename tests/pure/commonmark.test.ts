// Fences and headings are found where the reference implementation of CommonMark finds them, in generated and malicious
// texts.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type Node, Parser } from 'commonmark';
import { beforeAll, describe, expect, test } from 'vitest';
import { BlockScanner } from '../../src/lib/lab/notebook/blocks';
import { contentOf, parseNotebook, printNotebook, titleOf } from '../../src/lib/lab/notebook/notebook';

const linesOf = (text: string) => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

interface Block {
  kind: 'fence' | 'heading';
  first: number;
  last: number;
}

/** Fences and headings outside of lists and quotations as our scanner finds them, with line numbers from 1. */
function scanned(text: string): Block[] {
  const scanner = new BlockScanner();
  const blocks: Block[] = [];
  let fence: Block | undefined;
  const lines = linesOf(text);
  lines.forEach((line, index) => {
    const { kind } = scanner.read(line);
    const [first, last] = [index + 1, index + 1];
    if (kind === 'open') blocks.push((fence = { kind: 'fence', first, last: lines.length }));
    if (kind === 'close' && fence) fence.last = last;
    if (kind === 'heading') blocks.push({ kind, first, last });
  });
  return blocks;
}

const parser = new Parser();

/** The same as found by the reference implementation of CommonMark. An unclosed fence extends to the last line. */
function reference(text: string): Block[] {
  const blocks: Block[] = [];
  for (let node = parser.parse(text).firstChild; node; node = node.next) {
    const [[first], [last]] = node.sourcepos;
    if (node.type === 'heading') blocks.push({ kind: 'heading', first: last, last });
    if (node.type === 'code_block' && (node as Node & { _isFenced: boolean })._isFenced)
      blocks.push({ kind: 'fence', first, last: Math.min(last, linesOf(text).length) });
  }
  return blocks;
}

const prefix = fc.constantFrom(
  '',
  '',
  '',
  '',
  ' ',
  '  ',
  '   ',
  '    ',
  '\t',
  '- ',
  '-   ',
  '-',
  '* ',
  '1. ',
  '2) ',
  '10. ',
  '> ',
  '>',
  '>\t',
  '-\t',
  '- - ',
  '> - ',
  '     ',
);
const content = fc.constantFrom(
  ...['```', '~~~', '````', '```lab sweep', '~~~ lab tune', '```js', '``` `', '```x`', '~~~ `'],
  ...[
    'text',
    'more text',
    '# Title',
    '## Two ##',
    '#',
    '#no',
    '===',
    '---',
    '-',
    '=',
    '* * *',
    '- - -',
    '__',
    '***',
  ],
  ...[
    '<!--',
    '-->',
    '<!-- x -->',
    '<pre>',
    '</pre>',
    '<div>',
    '</div>',
    '<b>',
    '<b x="1">',
    '<b> x',
    '</details>',
    '<?',
    '?>',
    '<!A',
    '<![CDATA[',
    ']]>',
    '<h2>',
    '<x-y',
  ],
  ...['', '', '', ' ', '\t', '[a]: /b', '[a]: /b "c"', '2. x', '1. x', '+', '\\```', '`', '\u00a0', '\u2028'],
);
const line = fc
  .tuple(prefix, prefix, content, fc.constantFrom('\n', '\n', '\n', '\n', '\r\n', '\r'))
  .map((parts) => parts.join(''));
const text = fc.array(line, { maxLength: 14 }).map((lines) => lines.join(''));

describe('the scanner', () => {
  test('finds the fences and headings that the reference implementation finds', () => {
    fc.assert(
      fc.property(text, (each) => {
        expect(scanned(each)).toEqual(reference(each));
      }),
      { numRuns: 20_000 },
    );
  });
});

const fixture = (name: string) => readFileSync(`tests/fixtures/md/${name}.md`, 'utf8');

describe('notebooks from the field', () => {
  test.each([
    ['bom-first', ['sweep']],
    ['plain', ['prose', 'sweep']],
    ['dash-list-empty', ['prose', 'sweep']],
    ['list-under-para', ['prose', 'sweep']],
    ['details-nogap', ['prose']],
  ])('%s has the cells that CommonMark gives it', (name, kinds) => {
    const cells = parseNotebook(fixture(name));
    expect(cells.map(({ kind }) => kind)).toEqual(kinds);
    expect(printNotebook(cells)).toBe(fixture(name));
    for (const cell of cells) if (cell.kind === 'sweep') expect(contentOf(cell)).toMatch(/^prefill=8\n/);
  });

  test('a title may be underlined, over several lines and after a byte order mark', () => {
    const title = (text: string) => titleOf(parseNotebook(text));
    expect(title(fixture('setext'))).toBe('My study');
    expect(title('A long\n  title\n---\n# Later\n')).toBe('A long title');
    expect(title('\uFEFF# First\n')).toBe('First');
    expect(title('> # Quoted\n\n- # Listed\n\n[a]: /b\n===\n')).toBe('Untitled');
  });

  test('a byte order mark stays at the beginning, wherever its cell goes', () => {
    const [first, ...rest] = parseNotebook(`${fixture('bom-first')}\`\`\`lab roofline\n\`\`\`\n`);
    expect(parseNotebook(printNotebook([...rest, first])).map(({ kind }) => kind)).toEqual([
      'roofline',
      'sweep',
    ]);
  });
});

/** CPU time in microseconds to parse and print a text; unlike wall time, it depends little on other load. */
function cost(text: string): number {
  const before = process.cpuUsage();
  const cells = parseNotebook(text);
  titleOf(cells);
  expect(printNotebook(cells) === text).toBe(true);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

describe('hostile texts cost at most a hundred times as much as an ordinary one of their length', () => {
  const many = 100_000;
  const ordinary = 'Twenty characters.\n\n'.repeat(many / 10);
  let usual = Infinity;
  beforeAll(() => {
    for (let time = 0; time < 5; time++) usual = Math.min(usual, cost(ordinary));
  });

  test.each([
    ['quotations', '> '.repeat(many)],
    ['lists', '- '.repeat(many)],
    ['lists before blank lines', `${'- '.repeat(many)}a\n${'\n'.repeat(many)}`],
    ['lists before deep lines', `${'- '.repeat(100)}a\n${`${' '.repeat(200)}b\n`.repeat(1000)}`],
    ['a thematic break that is none', `${'- '.repeat(many)}-a`],
    ['a long line', 'a'.repeat(2 * many)],
    ['white space', `${' '.repeat(many)}\t${' '.repeat(many)}x`],
    ['a title and white space', `# a${' '.repeat(2 * many)}x`],
    ['hashes', '# '.repeat(many)],
    ['backticks', `${'`'.repeat(many)}a${'`'.repeat(many)}`],
    ['short fences', '```lab sweep\n```\n'.repeat(many / 10)],
    ['an open fence', `~~~lab sweep\n${'x=1\n'.repeat(many)}`],
    ['fences of growing length', Array.from({ length: 600 }, (_, i) => `${'`'.repeat(600 - i)}\n`).join('')],
    ['a tag that never ends', `<a ${'b=c '.repeat(many)}`],
    ['a tag with a long name', `<${'a'.repeat(2 * many)}`],
    ['tags', '<a\n'.repeat(many)],
    ['definitions', '[a]: b "\n'.repeat(many / 4)],
    ['definitions and underlines', '[a]: b\n===\n'.repeat(many / 4)],
    ['brackets', '['.repeat(2 * many)],
    ['a definition and an underline', `[${'\\'.repeat(2 * many)}\n===`],
    ['lazy lines', `> a\n${'b\n'.repeat(many)}`],
    ['carriage returns', '\r'.repeat(2 * many)],
  ])('%s', (_, hostile) => {
    expect(hostile.length).toBeLessThanOrEqual(6 * many);
    expect(cost(hostile)).toBeLessThan(100 * usual);
  });
});
