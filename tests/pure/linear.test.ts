// Every function that takes text from outside needs time in proportion to its length, whatever the text repeats.
import { expect, test } from 'vitest';
import { catalogueWith } from '../../src/lib/lab/experiment/catalogue';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import * as settings from '../../src/lib/lab/experiment/settings';
import { readCell } from '../../src/lib/lab/cells/cells';
import { messageOf, visible } from '../../src/lib/lab/message';
import { applyDiff, diffOf, diffOfNearest } from '../../src/lib/lab/notebook/diff';
import { fromIpynb, toIpynb } from '../../src/lib/lab/notebook/ipynb';
import * as notebook from '../../src/lib/lab/notebook/notebook';
import { parseCsv } from '../../src/lib/lab/records/csv';
import { readRuns } from '../../src/lib/lab/records/import';
import { headerProblems } from '../../src/lib/lab/shader/diagnostics';
import { headOf } from '../../src/lib/shaders/head';
import { codeOf, evaluate, knobSettings, workgroupNeeds } from '../../src/lib/shaders/variant';
import { knobEnds, readVariants } from '../../src/lib/shaders';
import { cellsOf, textOf } from '../../src/lib/ui/notebook/cellList';
import { readNotebook } from '../../src/lib/ui/notebook/stored';
import { withLinesOf, withPlainLines, replacement } from '../../src/lib/ui/editor/text';

type Reader = (text: string) => unknown;

const GRID = '//! grid: heads\n';

/** Reads a shader in every way in which the page, the worker and the terminal do. */
function readShader(wgsl: string) {
  headerProblems({ kernel: 'wkv', name: 'mine', wgsl });
  catalogueWith([{ kernel: 'wkv', name: 'mine', wgsl }]);
  headOf(wgsl);
  for (const variant of readVariants('wkv', 'mine', wgsl)) {
    workgroupNeeds(variant);
    codeOf(variant);
    knobEnds(variant);
    evaluate('heads', variant, { heads: 1 });
    knobSettings(variant).next();
  }
}

const READERS: Record<string, Reader> = {
  'notebook, as cells': (text) => textOf(cellsOf(text)),
  'notebook, printed': (text) => notebook.printNotebook(notebook.parseNotebook(text)),
  'notebook, its title': (text) => notebook.titleOf(notebook.parseNotebook(text)),
  'notebook, contents': (text) => notebook.parseNotebook(text).map(notebook.contentOf),
  'notebook, for Jupyter': (text) => toIpynb(notebook.parseNotebook(text)),
  'notebook, from Jupyter': (text) =>
    fromIpynb(JSON.stringify({ cells: [{ source: text }, { cell_type: 'code', source: text }] })),
  'prose, made': (text) => notebook.makeCell('prose', text),
  'cell, made': (text) => notebook.makeCell('sweep', text),
  'cell, rewritten': (text) => notebook.withContent(notebook.parseNotebook('```lab sweep\na\n```')[0], text),
  'notebook, stored': (text) =>
    readNotebook({ id: 'a', cells: [{ open: '', body: text, close: '' }], outcomes: {} }),
  'edit, made': (text) => diffOf(text, 'a\nb\n'),
  'edit, of the nearest': (text) => diffOfNearest([text, `${text}a`], 'a\nb\n'),
  'edit, applied': (text) => applyDiff('a\nb\n', text),
  'settings, one line': settings.onOneLine,
  'settings, unchecked': settings.toLinesUnchecked,
  'settings, without': (text) => settings.settingsWithout(text, 'a'),
  'settings, with': (text) => settings.withSetting(text, 'chunk', ['1']),
  'settings, blocks': (text) => settings.joinBlocks(settings.splitBlocks(text)),
  'settings, prompt': (text) => settings.withPrompt(text, settings.promptOf(text)),
  'settings, error': (text) => settings.locateError(text, text.slice(0, 200)),
  experiment: (text) => parseExperiment(text),
  'cell of compare': (text) => readCell('compare', text),
  'cell of generate': (text) => readCell('generate', text),
  results: readRuns,
  'results, rows': (text) => readRuns(`n_prompt,avg_ns\n${text}`),
  CSV: parseCsv,
  'CSV, rows': (text) => parseCsv(`a,b\n1,${text}`),
  JSON: (text) => readRuns(`[${'{"n_prompt":1,"n_gen":0,"avg_ns":1},'.repeat(text.length / 40)}{}]`),
  'results, in a log': (text) => readRuns(`load\n[{"n_prompt":1}]\n${text}`),
  'results, a table': (text) => readRuns(`| model | test | t/s |\n${text}`),
  'results, samples': (text) => readRuns(`run,phase,wall_s\n${text}`),
  message: (text) => messageOf(new Error(text)),
  'message, visible': visible,
  'shader after a grid': (text) => readShader(GRID + text),
  'text of an editor': (text) => withLinesOf(withPlainLines(text), '\r\n'),
  'change in an editor': (text) => replacement(text, `${text}a`),
};

/** The part that a text repeats; `1` is replaced by a number that counts. */
const PIECES = [
  ...[
    'a',
    ' ',
    '\t',
    '\n',
    '\r',
    '\r\n',
    ' \n',
    '\n ',
    '#',
    '`',
    '~',
    '- ',
    '> ',
    '1. ',
    '=',
    '---\n',
    '\u2028',
  ],
  ...['<', '<!--', '-->', '<a ', '<a b="', '<div>\n', '[', '](', '[a]: ', '"', '""', '""a', '|', '{', '[{},'],
  ...['&', ',', 'a1,', 'a=1\n', 'a1=1\n', 'a=1&', '# a\n', 'x\n\n', '```lab sweep\n', '```lab sweep\n```\n'],
  ...['```wgsl wkv/a1\n', '```wgsl wkv/a1\n```\n', '+a\n', '-1\n', '=1\n', '{"n_prompt":', '\u202e'],
  ...['//! let a1: 1\n', '//! let a1: a1\n', '//! pass a1: b\n', '//! use: format\n', '//! use: format '],
  ...['//! scratch a1: 1\n', '//! formats: q4_k ', '//! grad: 1\n', '/*', '*/', '// knob: 1 2\n'],
  ...[
    'const a1 = 1u; // knob: 1 2\n',
    'const a1 = 1u; // knob: 2 3\n',
    'const_assert a1;',
    'const a1 = a1 + 1;',
  ],
  ...['fn f(', 'fn a1() {}', 'var<', '@group(0) @binding(0) var<storage> a1: b;', '@workgroup_size(('],
  ...['struct a1 {', 'array<', 'array<array<1]', 'alias a1 = a1;', '(', ')', '((]'],
  ...['fn f() { (@a( const x = [ struct S { array<', 'fn f1() { f1(); }\nalias a = a;', '          \t\u2028'],
];
const STARTS = ['', '"'];
const END = 'b';

const [SHORT, LONG] = [1_000, 16_000];

/** Linear readers need 16 times as long for 16 times the text, quadratic ones 256 times. */
const MOST_TIMES = 64;
/** Milliseconds below which a reader of a long text is fast enough at any growth: 16 femtoseconds for each pair of its characters. */
const NOTHING = 4;
/** Caches, compilers and collectors of garbage can be in the way once, but not each time. */
const TRIES = 16;

const TEXTS = STARTS.flatMap((start) =>
  PIECES.map((piece) => {
    const [short, long] = [SHORT, LONG].map((length) => textWith(start, piece, length));
    return { name: start + piece.repeat(2), short, long };
  }),
);

function textWith(start: string, piece: string, length: number): string {
  const pieces = Array.from({ length: length / piece.length }, (_, at) => piece.replace('1', String(at)));
  return start + pieces.join('') + END;
}

/**
 * Milliseconds of the clock or of the process, whichever are fewer: other programs lengthen those of the clock, and the
 * threads that collect garbage those of the process.
 */
function cost(read: Reader, text: string): number {
  const [before, started] = [process.cpuUsage(), performance.now()];
  try {
    read(text);
  } catch (error) {
    expect((error as Error).message.length, 'a message is short').toBeLessThan(3000);
  }
  const { user, system } = process.cpuUsage(before);
  return Math.min((user + system) / 1000, performance.now() - started);
}

function isLinear(read: Reader, { short, long }: (typeof TEXTS)[number]): boolean {
  let [least, most] = [Infinity, Infinity];
  for (let turn = 0; turn < TRIES; turn++) {
    most = Math.min(most, cost(read, long));
    if (most < NOTHING) return true;
    // Several times, because one that is disturbed would make any growth look small.
    for (let again = 0; again < 5; again++) least = Math.min(least, cost(read, short));
    if (most < MOST_TIMES * least) return true;
  }
  return false;
}

test.each(Object.entries(READERS))('%s is read in linear time', (_, read) => {
  const slow = TEXTS.filter((text) => !isLinear(read, text)).map(({ name }) => name);
  expect(slow).toEqual([]);
});

test('a quadratic reader is found', () => {
  const [text] = TEXTS;
  const quadratic = ({ length }: string) => {
    let steps = 0;
    for (let one = 0; one < length; one += 2) for (let other = 0; other < length; other += 2) steps ^= other;
    return steps;
  };
  expect(isLinear(quadratic, text)).toBe(false);
  expect(isLinear((each) => each.split(/a/), text)).toBe(true);
});
