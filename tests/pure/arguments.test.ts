// Parsing the arguments of the command-line program.
import { describe, expect, test } from 'vitest';
import { readArguments } from '../../cli/arguments';

describe('words', () => {
  const settings = { options: ['model'], text: false };
  const text = { options: ['model'], text: true };

  test('a space separates settings only before a key', () => {
    const { settings: found } = readArguments(['bench', 'model=my own.gguf prefill=4'], () => settings);
    expect(found).toEqual([
      ['model', ['my own.gguf']],
      ['prefill', ['4']],
    ]);
  });

  test('settings may be spelt in five ways', () => {
    const expected = [
      ['prefill', ['256']],
      ['chunk', ['64', '128']],
    ];
    for (const words of [
      ['prefill=256&chunk=64,128'],
      ['?prefill=256&chunk=64%2C128'],
      ['prefill=256 chunk=64,128'],
      ['prefill=256', 'chunk=64,128'],
      ['--prefill', '256', '--chunk=64,128'],
      ['--', 'prefill=256', 'chunk=64,128'],
    ])
      expect(readArguments(['bench', ...words], () => settings).settings).toEqual(expected);
  });

  test('an option’s value is taken as it is, and so is a text', () => {
    const { options, words } = readArguments(
      ['tokenize', '--model', 'a,b=c.gguf', '--', '--a=b & c'],
      () => text,
    );
    expect(options.get('model')).toBe('a,b=c.gguf');
    expect(words).toEqual(['--a=b & c']);
    expect(readArguments(['tokenize', '--a b', '--model=c'], () => text).words).toEqual(['--a b']);
    expect(() => readArguments(['x', '--model', 'a', '--model=b'], () => text)).toThrow(
      /--model is given twice/,
    );
  });
});
