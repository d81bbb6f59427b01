/** The editor's WGSL mode on every shipped shader: no invalid tokens, all comments close, numbers are complete. */
import { readdirSync, readFileSync } from 'node:fs';
import { StringStream } from '@codemirror/language';
import { describe, expect, test } from 'vitest';
import { wgslMode, type WgslState } from '../../src/lib/ui/editor/wgsl';

const folder = new URL('../../src/lib/shaders/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.wgsl'),
);

interface Token {
  style: string | null;
  text: string;
  line: number;
}

/** Runs the mode as CodeMirror's StreamLanguage does: line by line; fails if a call consumes nothing. */
function read(text: string): { tokens: Token[]; state: WgslState } {
  const state = wgslMode.startState!(2);
  const tokens: Token[] = [];
  text.split('\n').forEach((line, index) => {
    const stream = new StringStream(line, 2, 2);
    while (!stream.eol()) {
      stream.start = stream.pos;
      const style = wgslMode.token(stream, state);
      expect(stream.pos, `line ${index + 1}: ${line}`).toBeGreaterThan(stream.start);
      tokens.push({ style, text: stream.current(), line: index + 1 });
    }
  });
  return { tokens, state };
}

const styleOf = (text: string, part: string) => read(text).tokens.find((token) => token.text === part)?.style;

describe('every shipped shader', () => {
  test('there are many', () => expect(files.length).toBeGreaterThan(50));

  test.each(files)('%s', (path) => {
    const text = readFileSync(new URL(path, folder), 'utf8');
    const { tokens, state } = read(text);
    expect(tokens.filter(({ style }) => style === 'invalid')).toEqual([]);
    expect(tokens.map((token) => token.text).join('')).toBe(text.replaceAll('\n', ''));
    expect(state).toMatchObject({ comments: 0, templates: 0, depth: 0 });
    const knobs = tokens.filter(({ style }) => style === 'annotation');
    expect(knobs.length).toBe([...text.matchAll(/\/\/ knob: \d/g)].length);
    // Digits outside number tokens must be part of a name, an attribute or a comment.
    const digits = tokens.filter(({ style, text }) => /^\d/.test(text) && !/omment|number/.test(style ?? ''));
    expect(digits).toEqual([]);
  });
});

describe('the language', () => {
  test.each(['1.5h', '0x1p-3f', '4u', '0', '1e-4', '.5f', '0xFFu', '1.', '0x.8p1h', '3f', '7i', '1e+6h'])(
    'the number %s is whole',
    (number) => {
      expect(read(`let a = ${number};`).tokens.filter(({ style }) => style === 'number')).toMatchObject([
        { text: number },
      ]);
    },
  );

  test.each(['let a = 12abc;', 'let a = 0x1g;', 'let a = #;', '@ 4', 'let s = "text";', 'let a = `b`;'])(
    '%j is invalid somewhere',
    (text) => expect(read(text).tokens.some(({ style }) => style === 'invalid')).toBe(true),
  );

  test('template lists nest, comparisons and shifts are no template lists', () => {
    const brackets = (text: string) =>
      read(text)
        .tokens.filter(({ style }) => style === 'angleBracket')
        .map((token) => token.text)
        .join('');
    expect(brackets('var<workgroup> t: array<vec4<f32>, 4>;')).toBe('<><<>>');
    expect(brackets('let x = bitcast<vec2<f16>>(y) >> 2u;')).toBe('<<>>');
    expect(brackets('if (a < b && c > d) { e = a << 2u >> 1u; }')).toBe('');
    expect(read('let x: array<u32, ; if (a > b) {}').state.templates).toBe(0);
  });

  test('block comments nest and span lines', () => {
    const { tokens, state } = read('a /* one /* two\n */ still */ b /* open');
    expect(tokens.filter(({ style }) => style === 'variableName').map(({ text }) => text)).toEqual([
      'a',
      'b',
    ]);
    expect(state.comments).toBe(1);
  });

  test('directives, attributes, types, functions and fields have styles of their own', () => {
    expect(styleOf('enable f16;', 'enable')).toBe('keyword');
    expect(styleOf('enable f16;', 'f16')).toBe('typeName');
    expect(styleOf('requires packed_4x8_integer_dot_product;', 'requires')).toBe('keyword');
    expect(styleOf('@group(0) @binding(1) var<storage, read> w: array<u32>;', '@binding')).toBe('meta');
    expect(styleOf('fn multiply() {}', 'multiply')).toBe('variableName.definition');
    expect(styleOf('x = fma(a.rows, b, c);', 'fma')).toBe('variableName.standard');
    expect(styleOf('x = fma(a.rows, b, c);', 'rows')).toBe('propertyName');
    expect(styleOf('x = mine(a);', 'mine')).toBe('variableName.function');
    expect(styleOf('let 语言 = 1;', '语言')).toBe('variableName');
  });

  test('what the lab reads from a header and a knob stands out', () => {
    expect(styleOf('//! grid: rows / 64', 'grid')).toBe('labelName');
    expect(styleOf('//! pass add: rows', 'pass')).toBe('labelName');
    expect(styleOf('//! A pass over all rows.', 'pass')).toBeUndefined();
    expect(styleOf('const a = 1u; // knob: 1 2', '// knob: 1 2')).toBe('annotation');
    expect(styleOf('const a = 1u; // knobs are nice', '// knobs are nice')).toBe('comment');
  });

  test('indents by open brackets', () => {
    const { state } = read('fn a() {\n  if (b) {');
    const indent = (after: string) => wgslMode.indent!(state, after, { unit: 2 } as never);
    expect([indent('x = 1;'), indent('}')]).toEqual([4, 2]);
  });
});
