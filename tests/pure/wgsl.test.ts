/** WGSL in other authors' styles: the parts that the lab reads, leaving the rest to the compiler. */
import { describe, expect, test } from 'vitest';
import { headerProblems } from '../../src/lib/lab/shader/diagnostics';
import { headOf } from '../../src/lib/shaders/head';
import {
  brokenAssertion,
  codeOf,
  compiledText,
  constantsOf,
  parseVariant,
  readKnobs,
  sourceLine,
  turnKnob,
  withKnobs,
  workgroupNeeds,
} from '../../src/lib/shaders/variant';

const read = (wgsl: string) => parseVariant('kernel', 'name', `//! A test.\n//! grid: 1\n${wgsl}`);
const bindingsOf = (wgsl: string) =>
  read(wgsl).bindings.map(({ name, binding, type }) => `${name} ${binding} ${type}`);
/** Workgroup memory in bytes of one variable of a type. */
const bytesOf = (type: string, before = '') =>
  workgroupNeeds(
    read(`${before}\nvar<workgroup> a: ${type};\n@compute @workgroup_size(1) fn main() { _ = &a; }`),
  ).memoryBytes;
const threadsOf = (size: string, before = '') =>
  workgroupNeeds(read(`${before}\n@compute @workgroup_size(${size}) fn main() {}`)).invocations;

describe('constants', () => {
  test.each([
    ['0x40', 64],
    ['0X4Fu', 79],
    ['u32(64)', 64],
    ['i32(8) * 2i', 16],
    ['1u << 6u', 64],
    ['256 >> 2', 64],
    ['(3 | 4) & 6 ^ 1', 7],
    ['-2 + 66', 64],
    ['select(1u, 64u, 2 > 1)', 64],
    ['7u / 2u * 2u', 6],
    ['clamp(100, 1, 64)', 64],
    ['later * 2', 64],
  ])('%s is %d', (value, number) => {
    const variant = read(`const a = ${value};\nconst later = 32;`);
    expect(constantsOf(variant).a).toBe(number);
  });

  test.each(['0.5', '1.0f', 'f32(3)', 'vec3u(1)', 'a', 'b', 'countOneBits(7u)', '1 / 0', '~0u', '('])(
    '%s is left to the compiler',
    (value) => {
      const variant = read(`const a = ${value};\nconst b = a;\nconst_assert b < 0;\nconst c = 2;`);
      expect(constantsOf(variant)).toEqual({ c: 2 });
      expect(brokenAssertion(variant)).toBeUndefined();
    },
  );

  test('a typed number of another kind is no whole number, an override runs with its default', () => {
    const variant = read('const a: f32 = 3;\n@id(1) override b: u32 = 64u;\noverride c: u32;\nconst d=b/2u;');
    expect(constantsOf(variant)).toEqual({ b: 64, d: 32 });
  });

  test('constants of functions and of comments are none of the text', () => {
    const variant = read(
      '/* const a = 1; /* nested */ const b = 2; */ // const c = 3;\nfn f() { const d = 4; }\nconst e = 5;',
    );
    expect(constantsOf(variant)).toEqual({ e: 5 });
  });

  test('a long chain of constants has a value or none, and does not end the program', () => {
    const count = 20_000;
    const forward = Array.from({ length: count }, (_, i) => `const a${i} = ${i ? `a${i - 1} + ` : ''}1;`);
    expect(constantsOf(read(forward.join('\n')))[`a${count - 1}`]).toBe(count);
    const backward = constantsOf(read(forward.toReversed().join('\n')));
    expect(backward.a0).toBe(1);
    expect(constantsOf(read(`const a = ${'('.repeat(50_000)}1;`))).toEqual({});
  });
});

describe('knobs', () => {
  test('are those of code, as they are written', () => {
    const text = [
      '/*\nconst a = 1u; // knob: 1 2\n*/',
      '// const b = 1u; // knob: 1 2',
      'const c: u32 = 4u; // knob: 4 8',
      'const d = 4; // knob:',
      'const e = 4u;\n// knob: 4 8',
      'const f=8 ; // knob:8 16',
    ].join('\n');
    expect(readKnobs(text)).toEqual({
      c: { value: 4, choices: [4, 8] },
      f: { value: 8, choices: [8, 16] },
    });
    expect(turnKnob(text, 'c', 8)).toBe(text.replace('c: u32 = 4u', 'c: u32 = 8u'));
    expect(turnKnob(text, 'a', 2)).toBe(text);
  });
});

describe('bindings', () => {
  test.each([
    ['@binding(1) @group(0) var<storage> x: array<f32>;', ['x 1 read-only-storage']],
    ['@group(0u) @binding(2i) var<storage,read_write> x: array<f32>;', ['x 2 storage']],
    ['@group( 0 )\n@binding( 0x3 )\nvar < storage , read_write, > x : array<f32>;', ['x 3 storage']],
    ['const at = 4u;\n@group(0) @binding(at) var<uniform> x: Sizes;', ['x 4 uniform']],
    [
      '/* @group(0) @binding(1) var<storage> old: u32; */ @group(0) @binding(1) var<uniform> x: u32;',
      ['x 1 uniform'],
    ],
    [
      '// @group(0) @binding(1) var<storage> old: u32;\n@group(0) @binding(1) var<uniform> x: u32;',
      ['x 1 uniform'],
    ],
    ['@group(0) /* the weights */ @binding(1) var<storage> x: array<vec4<f32>>;', ['x 1 read-only-storage']],
    ['@group(1) @binding(1) var<uniform> x: u32; var<private> y: u32;', []],
  ])('%s', (wgsl, bindings) => expect(bindingsOf(wgsl)).toEqual(bindings));

  test('a commented-out binding is no problem, a wrong one is one on its line', () => {
    const own = (wgsl: string) => ({
      kernel: 'argmax',
      name: 'mine',
      wgsl: `//! A\n//! grid: 1\n@group(0) @binding(1) var<storage, read_write> best: array<u32>;\n${wgsl}\nfn main() {}`,
    });
    expect(headerProblems(own('/* @group(0) @binding(2) var<storage> wrong: u32; */')).problems).toEqual([]);
    expect(headerProblems(own('\n  @binding(2) @group(0) var<storage> wrong: u32;')).problems).toMatchObject([
      { line: 5, column: 3, severity: 'error' },
    ]);
  });
});

describe('workgroup memory', () => {
  test.each([
    ['array<array<f32, 8>, 8>', 256],
    ['array<vec4<f32>, 0x10>', 256],
    ['array<vec3f, 4>', 64],
    ['array<vec2h, u32(64)>', 256],
    ['array<f16, 3>', 16],
    ['array<mat4x3<f32>, 2>', 128],
    ['array<mat2x2h, 8>', 64],
    ['array<atomic<u32>, 64>', 256],
    ['atomic<i32>', 16],
    ['array<f32, select(1, 64, 2 < 3)>', 256],
    ['array<u32, 1 << 6>', 256],
    ['array<u32, (2 > 1)>', 16],
  ])('%s takes %d bytes', (type, bytes) => expect(bytesOf(type)).toBe(bytes));

  test.each([
    ['array<Pair, 4>', 'struct Pair { a: vec3<f32>, b: f32, c: u32, }', 128],
    ['Sized', 'struct Sized { @size(32) a: u32, @align(64) b: vec2u }', 128],
    ['Tile', 'alias Number = f32;\nalias Tile = array<Number, width * width>;\nconst width = 8;', 256],
    ['array<u32, count>', 'override count = 64;', 256],
    ['Knot', 'struct Knot { a: Knot, b: Knot }', 0],
    ['Nothing', '', 0],
    [`${'array<'.repeat(3000)}u32${', 2>'.repeat(3000)}`, '', 0],
  ])('%s after %s', (type, before, bytes) => expect(bytesOf(type, before)).toBe(bytes));

  test('is that of the pass that needs the most, with the functions that it calls', () => {
    const text = `//! A test.
//! pass one: 1
//! pass two: 1
var<workgroup> a: array<f32, 1024>;
var<workgroup> b: array<f32, 2048>;
fn leaf() -> f32 { return b[0]; }
fn middle() -> f32 { return leaf(); }
@compute @workgroup_size(8, 8) fn one() { a[0] = 1.0; }
@workgroup_size(2) @compute fn two() { _ = middle(); }
@compute @workgroup_size(4096) fn unused() { a[0] = b[0]; }`;
    expect(workgroupNeeds(parseVariant('kernel', 'name', text))).toEqual({
      invocations: 64,
      memoryBytes: 8192,
    });
  });
});

test.each([
  ['64', '', 64],
  ['8, 8u, 0x2,', '', 128],
  ['x, y, z', 'const z = 2; const y = 4u; const x = u32(8);', 64],
  ['max(x, 32)', 'override x: u32 = 64u;', 64],
  ['x', 'override x: u32;', 0],
  ['64', '// @compute @workgroup_size(2048)', 64],
])('@workgroup_size(%s) after %j is %d threads', (size, before, threads) =>
  expect(threadsOf(size, before)).toBe(threads),
);

describe('the header', () => {
  test('is what stands in lines of its own, not in comments or behind code', () => {
    const variant = parseVariant(
      'kernel',
      'name',
      '/*\n//! let old: 1\n*/\n//! A test.\r\n  //! grid: 2, max(1, 3),\nconst a = 1; //! let b: 2\n',
    );
    expect(variant).toMatchObject({ about: 'A test.', lets: [], passes: [{ grid: ['2', 'max(1, 3)'] }] });
  });

  test('says the same in a head, which a head of it does too', () => {
    const text = `//! A test.
//! grid: 1
@binding(0)
@group(0) // the sizes
var<uniform> sizes: u32; // sizes
/* const a = 1; */
const b
  = 2; const c = 4u; // knob: 4 8
fn main() { const d = 3; }
enable f16; // must come first, but that is for the compiler to say`;
    const variant = parseVariant('kernel', 'name', text);
    const head = parseVariant('kernel', 'name', headOf(text));
    expect({ ...head, text, wgsl: text }).toEqual({ ...variant, bindings: [] });
    expect(constantsOf(head)).toEqual({ b: 2, c: 4 });
    expect(headOf(headOf(text))).toBe(headOf(text));
    expect(headOf(text)).not.toContain('main');
  });
});

describe('the code of a text', () => {
  const codeIn = (wgsl: string) => codeOf(read(wgsl));
  test('is the same without comments and unused constants, and keeps what separates tokens', () => {
    const code = codeIn('const a = 1;\nfn f() -> i32 { return a - -a; }');
    expect(codeIn('const a = 1; /* x */ const b = 2; // y\nfn  f() -> i32 {\n return a - -a; }')).toBe(code);
    expect(codeIn('const a = 1;\nfn f() -> i32 { return a--a; }')).not.toBe(code);
  });
});

describe('the compiled text', () => {
  const shared = {
    sums: { path: 'shared/sums.wgsl', text: '// Sums.\nfn sum() {}\n' },
    q4_k: { path: 'formats/q4_k.wgsl', text: 'fn weights() {}' },
  };
  const text = '//! A test.\n//! grid: 1\n//! use: format, sums\nconst a = 1u; // knob: 1 2\nfn main() {}\n';
  const variant = parseVariant('kernel_q4_k', 'name', text, shared, 'q4_k');

  test('has each file under a line with its path, and its knobs as they are set', () => {
    const { wgsl, appended } = withKnobs(variant, { a: 2 });
    expect(wgsl).toBe(compiledText(text.replace('1u', '2u'), appended));
    expect(wgsl.split('\n').slice(3)).toEqual([
      ...['const a = 2u; // knob: 1 2', 'fn main() {}', '', '// formats/q4_k.wgsl', 'fn weights() {}'],
      ...['// shared/sums.wgsl', '// Sums.', 'fn sum() {}', ''],
    ]);
  });

  test('its lines are those of the files', () => {
    const lines = variant.wgsl.split('\n');
    const whereIs = (line: string) => sourceLine(variant, lines.indexOf(line) + 1);
    expect(whereIs('fn main() {}')).toEqual({ line: 5 });
    expect(whereIs('fn weights() {}')).toEqual({ path: 'formats/q4_k.wgsl', line: 1 });
    expect(whereIs('fn sum() {}')).toEqual({ path: 'shared/sums.wgsl', line: 2 });
    expect(sourceLine(variant, 1000)).toEqual({ line: 6 });
  });

  test('lines end where WGSL ends them', () => {
    const odd = parseVariant('kernel', 'name', '//! A\u2028//! grid: 1\r//! use: sums\r\n\f\u0085', shared);
    expect(sourceLine(odd, 7 + 2)).toEqual({ path: 'shared/sums.wgsl', line: 2 });
  });
});
