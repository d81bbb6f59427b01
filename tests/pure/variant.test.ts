/** Parsing shader headers and knobs, and the registry of shipped variants. */
import { describe, expect, test } from 'vitest';
import { findVariant, kernels as registry, variants, variantsFor } from '../../src/lib/shaders';
import { arithmetic } from '../../src/lib/shaders/arithmetic';
import { constantValues, readModule } from '../../src/lib/shaders/wgsl';
import {
  brokenAssertion,
  codeOf,
  evaluate,
  knobSettings,
  parseVariant,
  withKnobs,
  withSizes,
  workgroupNeeds,
} from '../../src/lib/shaders/variant';
import { RESIDENT } from '../resident';

const TEXT = `//! Adds, in tiles.
//! let parts: max(1, min(8, floor(columns / 32)))
//! scratch partial: min(parts - 1, 1) * parts * rows
//! pass multiply: rows / tile, max(parts, 2)
//! pass add: (parts - 1) * rows
//! error: 1e-4 because it rounds

enable f16;
requires packed_4x8_integer_dot_product;

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const threads = 64u; // knob: 32 64 128
const depth = 2u;    // knob: 1 2 4
const spare = 1u;    // knob: 1 2
const tile = 8u * threads / 2u;
const_assert threads * depth <= 256u;

var<workgroup> a: array<vec4<f32>, tile * depth>;
var<workgroup> b: array<f32, threads>;

@compute @workgroup_size(threads, depth)
fn multiply() { a[0] = vec4f(b[0]); }
@compute @workgroup_size(threads)
fn add() { b[0] = 1.0; }
`;
const variant = parseVariant('kernel', 'name', TEXT);

describe('arithmetic', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3u', 9],
    ['7 / 2', 3.5],
    ['10 - 3 - 2', 5],
    ['7 % 4 == 3 && 2 < 1 || 5 >= 5', 1],
    ['min(a, 3) + max(1, a, 2)', 8],
    ['ceil(a / 2) * floor(7 / 2)', 9],
  ])('%s is %d', (expression, value) => {
    expect(arithmetic(expression, { a: 5 })).toBe(value);
  });

  test('whole numbers divide as u32 does', () => expect(arithmetic('7 / 2', {}, true)).toBe(3));

  test.each([
    ['rows / tile', '"rows" in "rows / tile" is no known name; known: a'],
    ['(a', '"(a" lacks a closing bracket'],
    ['a a', 'goes on after its end: "a"'],
    ['a; drop', 'goes on after its end: ";"'],
    ['0.5 * a', 'which is no whole number'],
    ['constructor', 'is no known name'],
    ['', '"nothing"'],
  ])('"%s" is refused', (expression, message) => {
    expect(() => arithmetic(expression, { a: 5 })).toThrow(message);
  });

  test('constants build on one another; others are passed over', () => {
    const text = 'const a = 3u;\nconst b: u32 = a * 2u;\nconst c = 0.5;\nconst d = b / 4u;';
    expect(constantValues(readModule(text).constants)).toEqual({ a: 3, b: 6, d: 1 });
  });
});

describe('a text', () => {
  test('says what it is', () => {
    expect(variant).toMatchObject({
      about: 'Adds, in tiles.',
      error: 1e-4,
      features: ['shader-f16'],
      languageFeatures: ['packed_4x8_integer_dot_product'],
      knobs: { threads: { value: 64, choices: [32, 64, 128] }, depth: { value: 2, choices: [1, 2, 4] } },
      bindings: [
        { name: 'sizes', binding: 0, type: 'uniform' },
        { name: 'x', binding: 2, type: 'read-only-storage' },
        { name: 'out', binding: 3, type: 'storage' },
      ],
    });
    expect(variant.passes.map(({ entryPoint, grid }) => [entryPoint, ...grid])).toEqual([
      ['multiply', 'rows / tile', 'max(parts, 2)'],
      ['add', '(parts - 1) * rows'],
    ]);
  });

  test('gives lengths and grids, rounded up, from sizes, constants and named numbers', () => {
    expect(evaluate('rows / tile', variant, { rows: 257, columns: 32 })).toBe(2);
    expect(evaluate(variant.scratch[0].length, variant, { rows: 10, columns: 96 })).toBe(30);
    expect(evaluate(variant.scratch[0].length, variant, { rows: 10, columns: 32 })).toBe(0);
    expect(() => evaluate('tokens', variant, { rows: 1, columns: 1 })).toThrow(/^kernel\/name: "tokens"/);
  });

  test('tells what its load passes write from what its passes read', () => {
    const { bindings, loadBindings, loads, resident } = parseVariant('kernel', 'name', RESIDENT);
    expect(resident).toEqual([{ name: 'twice', length: 'rows' }]);
    expect(loads).toEqual([{ entryPoint: 'double', grid: ['rows / 64'] }]);
    expect(bindings.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'sizes uniform',
      'weight read-only-storage',
      'twice read-only-storage',
      'out storage',
    ]);
    expect(loadBindings).toEqual([bindings[0], bindings[1], { name: 'twice', binding: 2, type: 'storage' }]);
    expect(variant.loadBindings).toEqual([]);
  });

  test('has its knobs turned where they stand', () => {
    const turned = withKnobs(variant, { threads: 128, depth: 1 });
    expect(turned.text).toContain('const threads = 128u; // knob: 32 64 128');
    expect(workgroupNeeds(turned)).toEqual({ invocations: 128, memoryBytes: 16 * 512 + 4 * 128 });
    expect(() => withKnobs(variant, { threads: 65 })).toThrow(
      'threads cannot be 65; its choices: 32, 64, 128',
    );
    expect(() => withKnobs(variant, { tiles: 1 })).toThrow(
      'has no knob "tiles"; it has: threads, depth, spare',
    );
  });

  test('rules out settings by its own assertions', () => {
    expect(brokenAssertion(withKnobs(variant, { threads: 128, depth: 4 }))).toBe('threads * depth <= 256u');
    expect([...knobSettings(variant)]).toHaveLength(3 * 3 * 2 - 2);
  });

  test('has no settings in which some threads of wkv/sequential would stage less than the others', () => {
    const settings = [...knobSettings(findVariant('wkv', 'sequential'))];
    expect(settings).toContainEqual(expect.objectContaining({ rows: 32, staged: 2 }));
    expect(settings).not.toContainEqual(expect.objectContaining({ rows: 64, staged: 2 }));
  });

  test('is the same code whatever a constant says that no code uses', () => {
    expect(codeOf(withKnobs(variant, { spare: 2 }))).toBe(codeOf(variant));
    expect(codeOf(withKnobs(variant, { depth: 1 }))).not.toBe(codeOf(variant));
  });

  test.each([
    ['//! nothing', 'has no "//! grid:" line'],
    ['//! grid: rows\n//! use: none', 'uses none.wgsl; there are: '],
  ])('%j is refused', (text, message) => {
    expect(() => parseVariant('kernel', 'name', text)).toThrow(message);
  });
});

describe('the registry', () => {
  test('names what there is', () => {
    expect(() => findVariant('matmul_q4_k', 'none')).toThrow('matmul_q4_k has no variant "none"; it has: ');
    expect(() => variantsFor('matmul')).toThrow('There is no kernel "matmul"; there are: ');
  });

  test('every kernel has its default variant, and one that needs no optional feature', () => {
    for (const [name, kernel] of Object.entries(registry)) {
      expect(findVariant(name, kernel.default).features).toEqual([]);
      expect(findVariant(name, kernel.default).languageFeatures).toEqual([]);
    }
  });

  test('no variant binds more storage buffers than every GPU allows', () => {
    for (const { kernel, name, bindings } of variants) {
      const storage = bindings.filter(({ type }) => type !== 'uniform');
      expect(storage.length, `${kernel}/${name}`).toBeLessThanOrEqual(8);
    }
  });
});

test('sizes are constants of the compiled text where the header asks for it', () => {
  const text = `//! About.
//! grid: rows
//! sizes: known
const known = 1u; // knob: 0 1
struct Sizes { rows: u32, columns: u32 }
@group(0) @binding(0) var<uniform>
  sizes: Sizes; // of the matrix
@compute @workgroup_size(1) fn main() { if (sizes.rows == 3u) { return; } }`;
  const variant = parseVariant('kernel', 'name', text);
  const { wgsl, bindings } = withSizes(variant, { rows: 3, columns: 5 });
  expect(wgsl).toContain('const sizes = Sizes(3, 5);\n // of the matrix');
  expect(wgsl).not.toContain('uniform');
  expect(wgsl.split('\n')).toHaveLength(text.split('\n').length);
  expect(bindings).toEqual(variant.bindings);
  expect(codeOf(withSizes(variant, { rows: 4, columns: 5 }))).not.toBe(codeOf({ ...variant, wgsl }));
  const unknown = withKnobs(variant, { known: 0 });
  expect(withSizes(unknown, { rows: 3, columns: 5 })).toBe(unknown);
  expect(codeOf(unknown)).not.toBe(codeOf(variant)); // they make different pipelines
});
