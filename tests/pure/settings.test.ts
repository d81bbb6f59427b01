// Parsing settings: one parser for the page, the runner and the command line.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import {
  formatLines,
  formatQuery,
  joinBlocks,
  locateError,
  onOneLine,
  promptOf,
  readOneLine,
  readSettings,
  settingsWithout,
  splitAtRule,
  splitBlocks,
  toLines,
  toLinesUnchecked,
  withoutTracking,
  withPrompt,
  withSetting,
  writtenSettings,
} from '../../src/lib/lab/experiment/settings';
import { readCell } from '../../src/lib/lab/cells/cells';
import { useEverywhere, useInNewSweep } from '../../src/lib/ui/notebook/applySettings';
import type { Notebook } from '../../src/lib/ui/notebook/notebook.svelte';

describe('a line that separates', () => {
  test.each(['---', ' ---', '\t---  ', '---\r'])('%j: blocks, a prompt, and a cell', (rule) => {
    const text = `chunk=1\n${rule}\nchunk=2\n`;
    expect(splitBlocks(text)).toEqual(['chunk=1\n', 'chunk=2\n']);
    expect(splitAtRule(text)).toEqual({ settings: 'chunk=1\n', rest: `${rule}\nchunk=2\n` });
    expect(promptOf(text)).toBe('chunk=2');
    expect(readCell('compare', text)).toMatchObject({ experiments: [{ chunk: ['1'] }, { chunk: ['2'] }] });
  });

  test.each(['----', '-- -', 'x---', '--- x'])('%j is text', (line) => {
    expect(splitBlocks(`a=1\n${line}\n`)).toHaveLength(1);
  });

  test('only the first one ends the settings before a prompt', () => {
    const text = 'tokens=9\n---\nOnce\n---\n\nmore\n';
    expect(promptOf(text)).toBe('Once\n---\n\nmore');
    expect(withPrompt(text, promptOf(text))).toBe(text);
    expect(withPrompt('tokens=9', 'Once')).toBe('tokens=9\n---\nOnce\n');
    expect(joinBlocks(['a=1', 'b=2\n', ''])).toBe('a=1\n---\nb=2\n---\n');
  });
});

describe('one line is a query', () => {
  test.each([
    ['chunk=64&prefill=8\n', { chunk: ['64'], prefill: ['8'] }],
    ['?model=my%20own.gguf\n', { model: ['my own.gguf'] }],
    ['model=https://example.org/m?a=1&b=2\n', { model: ['https://example.org/m?a=1&b=2'] }],
    ['model=a&b.gguf\n', { model: ['a&b.gguf'] }],
    ['model=my%20own.gguf\n', { model: ['my%20own.gguf'] }],
    ['model=my%20own.gguf', { model: ['my own.gguf'] }],
  ])('%j', (text, experiment) => {
    expect(parseExperiment(text)).toEqual(experiment);
    expect(readCell('sweep', text)).toEqual({ kind: 'sweep', experiment });
  });
});

describe('a control changes one line', () => {
  test('in its place, at the end, or away; the others stay as they were written', () => {
    const text = ' prefill = 64\n\nchunk=8,16\n';
    expect(withSetting(text, 'prefill', ['32'])).toBe('prefill=32\n\nchunk=8,16\n');
    expect(withSetting(text, 'decode', ['4'])).toBe(' prefill = 64\n\nchunk=8,16\ndecode=4\n');
    expect(withSetting(text, 'chunk', [])).toBe(' prefill = 64\n\n');
    expect(withSetting('', 'chunk', ['8'])).toBe('chunk=8\n');
  });

  test('of a query, which becomes lines; and of lines, where the value cannot stand on one', () => {
    expect(withSetting('?model=my%20own.gguf&chunk=8\n', 'chunk', ['16'])).toBe(
      'model=my own.gguf\nchunk=16\n',
    );
    expect(withSetting('chunk=8\n', 'model', ['a,b.gguf'])).toBe('?chunk=8&model=a%2Cb.gguf\n');
  });
});

test('every spelling of a model reads back as written, in both forms and on one line', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => text === text.trim() && !/[\n\r]/.test(text));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), fc.boolean(), (names, more) => {
      const settings: [string, string[]][] = [
        ['model', names],
        ...(more ? [['chunk', ['8']] as [string, string[]]] : []),
      ];
      expect(readSettings(formatQuery(settings))).toEqual(settings);
      const query = formatQuery(settings);
      expect(readSettings(`?${query}\n`)).toEqual(settings);
      expect(readOneLine(`?${query}`)).toEqual(settings);
      expect(settingsWithout(`${query}&samples=3`, 'samples')).toBe(query);
      // An address alone with `&key=` in it is the only settings text that cannot be written as a line.
      const lines = formatLines(settings);
      if (!/&[\w.@]+=/.test(lines) || lines.startsWith('?')) expect(readSettings(lines)).toEqual(settings);
    }),
  );
});

test('any text is read or refused with an Error, and what is lenient never throws', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('a', '=', '&', '\n', ',', '%', '?', '---', ' ', '\r\n'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
      const text = pieces.join('');
      expect(splitAtRule(text).settings + splitAtRule(text).rest).toBe(text);
      for (const each of [onOneLine(text), toLinesUnchecked(text), settingsWithout(text, 'a')])
        expect(typeof each).toBe('string');
      const written = writtenSettings(text);
      if (written.every(({ key }) => key !== '')) expect(readSettings(text)).toHaveLength(written.length);
      else expect(() => readSettings(text)).toThrow(/is not a setting; write key=value/);
    }),
  );
});

test('text of any length is refused or read in linear time', () => {
  for (const hostile of [' '.repeat(1e6), `a=1${' '.repeat(1e6)}`, 'a='.repeat(5e5), '&'.repeat(1e6)]) {
    expect(() => readOneLine(hostile)).toThrow(/characters long; at most 20000/);
    expect(onOneLine(`${hostile}\n`).length).toBeLessThan(2e6);
  }
});

test('what other sites append to a link to follow its visitors is no setting', () => {
  expect(withoutTracking('?utm_source=x&prefill=64&fbclid=y&chunk=16')).toBe('?prefill=64&chunk=16');
  expect(withoutTracking('?utm_source=x')).toBe('');
  for (const kept of ['', '?prefill=64', '?model=https://a.b/c.gguf?ref=main&chunk=16', '?reference=phase-2'])
    expect(withoutTracking(kept)).toBe(kept);
});

test('an error names the line of its key', () => {
  const text = 'prefill=1\nchunk=0\n';
  expect(locateError(text, 'chunk must be a whole number')).toBe('2: chunk must be a whole number');
  expect(locateError(text, 'Unknown setting "prefill"')).toBe('1: Unknown setting "prefill"');
  expect(locateError(text, 'Something else')).toBe('Something else');
});

describe('settings that a search found', () => {
  const found = 'model=my%20own.gguf&matmul_q4_k=tiled&wkv=sequential';

  test('are written into a new sweep as they are read, the name of a file included', () => {
    const added: unknown[] = [];
    const notebook = {
      index: () => 2,
      add: (...words: unknown[]) => added.push(words),
    } as unknown as Notebook;
    useInNewSweep(notebook, 'tune', found);
    expect(added).toEqual([['sweep', 3, toLines(found)]]);
    expect(toLines(found)).toBe('model=my own.gguf\nmatmul_q4_k=tiled\nwkv=sequential\n');
    expect(readCell('sweep', toLines(found))).toMatchObject({ experiment: { model: ['my own.gguf'] } });
  });

  test('change the kernels of other cells, and neither model nor prompt', () => {
    const cells = [
      { id: 'a', kind: 'sweep', open: '', body: 'model=my own.gguf\nmatmul_q4_k=naive\nchunk=8\n' },
      { id: 'b', kind: 'generate', open: '', body: '?model=a%2Cb.gguf\n ---\nmatmul_q4_k=naive\n' },
      { id: 'c', kind: 'compare', open: '', body: 'matmul_q4_k=naive,tiled\n' },
    ];
    let bodies: Record<string, string> = {};
    const setBodies = (changed: Record<string, string>) => (bodies = changed);
    const notebook = { cells, catalogue: undefined, setBodies } as unknown as Notebook;
    useEverywhere(notebook, 'model=my%20own.gguf&matmul_q4_k=tiled');
    expect(bodies).toEqual({
      a: 'model=my own.gguf\nmatmul_q4_k=tiled\nchunk=8\n',
      b: '?model=a%2Cb.gguf&matmul_q4_k=tiled\n ---\nmatmul_q4_k=naive\n',
    });
  });
});
