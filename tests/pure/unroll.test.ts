// Loops that are written out: the same values, no loop left, and the lines where they were.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readVariant, settingsToCheck, variants } from '../../src/lib/shaders';
import { MOST_COPIES, writeOut } from '../../src/lib/shaders/unroll';
import { sourceLine, withKnobs } from '../../src/lib/shaders/variant';
import { requireSameWork } from '../rolled';

const CONSTANTS: Record<string, number> = { four: 4, eight: 8 };
const written = (body: string, most = 32) =>
  writeOut(`fn main() {\n${body}\n}`, most, (name) => CONSTANTS[name])
    .replace(/^fn main\(\) \{\n/, '')
    .replace(/\n\}$/, '');

describe('written out', () => {
  test.each([
    ['for (var i = 0u; i < 2u; i++) { f(i); }', '{ let i = 0u; f(i); } { let i = 1u; f(i); }'],
    ['for (var i = 0; i <= 1; i += 1) { f(i); }', '{ let i = 0i; f(i); } { let i = 1i; f(i); }'],
    ['for (var i: u32 = 0; i < four; i += 2u) { f(i); }', '{ let i = 0u; f(i); } { let i = 2u; f(i); }'],
    ['for (var i = four / 2u; i > 0u; i /= 2u) { f(i); }', '{ let i = 2u; f(i); } { let i = 1u; f(i); }'],
    ['for (var i = 4u; i > 1u; i >>= 1u) { f(i); }', '{ let i = 4u; f(i); } { let i = 2u; f(i); }'],
    [
      'for (var i = 0u; i < 2u; i++) { for (var k = 0u; k < 2u; k++) { f(i, k); } }',
      '{ let i = 0u; { let k = 0u; f(i, k); } { let k = 1u; f(i, k); } } { let i = 1u; { let k = 0u; f(i, k); } { let k = 1u; f(i, k); } }',
    ],
  ])('%s', (loop, expected) => {
    expect(written(loop)).toBe(expected);
  });

  test('up to so many copies of a statement, the inner loops first', () => {
    const both = 'for (var i = 0u; i < 4u; i++) { for (var k = 0u; k < 4u; k++) { f(i, k); } }';
    expect(written(both, 16)).not.toContain('for');
    expect(written(both, 15).match(/\bfor\b/g)).toHaveLength(1);
    expect(written(both, 15)).toContain('for (var i');
    expect(written(both, 3)).toBe(both);
  });
});

describe('left as it is', () => {
  test.each([
    ['a bound that is not constant', 'for (var i = 0u; i < n; i++) { f(i); }'],
    ['a bound that a local name hides', 'let four = g(); for (var i = 0u; i < four; i++) { f(i); }'],
    ['a break', 'for (var i = 0u; i < 2u; i++) { if (f(i)) { break; } }'],
    ['a continue in a switch', 'for (var i = 0u; i < 2u; i++) { switch i { default: { continue; } } }'],
    ['a body that changes the variable', 'for (var i = 0u; i < 8u; i++) { i += 1u; }'],
    ['a body that counts it', 'for (var i = 0u; i < 8u; i++) { i++; }'],
    ['a body that shifts it', 'for (var i = 1u; i < 8u; i++) { i <<= 1u; }'],
    ['a pointer to the variable', 'for (var i = 0u; i < 8u; i++) { f(&i); }'],
    ['no rounds', 'for (var i = 8u; i < 8u; i++) { f(i); }'],
    ['a loop without end', 'for (var i = 0u; i < 8u; i += 0u) { f(i); }'],
    ['a bound below zero', 'for (var i = 0u; i < four - eight; i++) { f(i); }'],
    ['an unknown type', 'for (var i = four; i < eight; i++) { f(i); }'],
    ['a float', 'for (var i = 0.0; i < 2.0; i += 1.0) { f(i); }'],
    ['a text that is cut off', 'for (var i = 0u; i < 2u; i++) { f(i);'],
  ])('%s', (_, loop) => {
    expect(written(loop)).toBe(loop);
  });

  test('a comparison of the variable changes nothing', () => {
    const loop =
      'for (var i = 0u; i < 2u; i++) { if (i == 1u || i <= four || i >= 1u) { f(-i, a & b, i); } }';
    expect(written(loop)).not.toContain('for');
  });

  test('a break of an inner loop or switch is no break of the outer loop', () => {
    const inner =
      'for (var i = 0u; i < 2u; i++) { loop { if (f(i)) { break; } } switch i { default: { break; } } }';
    expect(written(inner)).not.toContain('for');
  });
});

test('copies are bounded, whatever a text asks for', () => {
  const many = `for (var i = 0u; i < ${MOST_COPIES + 1}u; i++) { f(i); }`;
  expect(written(many, 1e9)).toBe(many);
  const deep = Array.from({ length: 30 }, (_, i) => `for (var i${i} = 0u; i${i} < 2u; i${i}++) {`).join(' ');
  expect(written(`${deep} f(); ${'}'.repeat(30)}`, 1e9).length).toBeLessThan(200 * deep.length);
  const long = `for (var i = 0u; i < 64u; i++) { ${'f(i); '.repeat(50_000)} }`;
  expect(written(long, 64)).toBe(long);
});

test('any text keeps its lines, and is read in time', () => {
  const pieces = [
    'for',
    '(',
    ')',
    '{',
    '}',
    'var i = 0u;',
    'i < 4u;',
    'i++',
    '\n',
    '// c\n',
    'break;',
    ' ',
    'fn f',
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((all) => all.join(' '));
  fc.assert(
    fc.property(text, (each) => {
      const result = writeOut(each, 64, () => undefined);
      expect(result.split('\n').length).toBe(each.split('\n').length);
    }),
  );
});

test('the knob of a variant decides, its file stays, and messages keep their lines', () => {
  const unrolling = variants.filter(({ knobs }) => knobs.written_out);
  expect(unrolling.length).toBeGreaterThan(10);
  for (const variant of unrolling) {
    const [plain, out] = [1, Math.max(...variant.knobs.written_out.choices)].map((value) =>
      withKnobs(variant, { written_out: value }),
    );
    expect(out.text.split('\n').length, variant.name).toBe(variant.text.split('\n').length);
    expect(out.wgsl.split('\n').length, variant.name).toBe(plain.wgsl.split('\n').length);
    expect(out.wgsl.match(/\bfor \(/g)?.length ?? 0, `${variant.kernel}/${variant.name}`).toBeLessThan(
      plain.wgsl.match(/\bfor \(/g)!.length,
    );
  }
  const { wgsl, ...places } = withKnobs(
    variants.find(({ kernel, name }) => kernel === 'layer_norm' && name === 'workgroup')!,
    { written_out: 32 },
  );
  const line = wgsl.split('\n').findIndex((each) => each.includes('sum += sixteen_sums[i]')) + 1;
  const { path, line: own } = sourceLine(places, line);
  expect(path).toBe('shared/sum.wgsl');
  expect(places.appended[0].text.split('\n')[own - 1]).toContain('sum += sixteen_sums[i]');
});

/** The gpu tests compute one written-out text of each variant; of its other settings they compute the loops. */
test.each(
  variants.filter(({ knobs }) => knobs.written_out).map((each) => [`${each.kernel}/${each.name}`, each]),
)('every setting of %s has the same work written out as in loops', (_, variant) => {
  for (const setting of settingsToCheck(variant))
    for (const written_out of variant.knobs.written_out.choices) {
      const [plain, written] = [1, written_out].map((value) =>
        withKnobs(setting, { written_out: value }).wgsl.replace(/(const written_out = )\d+/, '$1 0'),
      );
      requireSameWork(plain, written);
    }
});

test.each([
  ['a round that is missing', '{ let i = 0u; f(i); }'],
  ['a round of another value', '{ let i = 0u; f(i); } { let i = 2u; f(i); }'],
  ['a round that does something else', '{ let i = 0u; f(i); } { let i = 1u; f(2); }'],
  ['a round too many', '{ let i = 0u; f(i); } { let i = 1u; f(i); } { let i = 2u; f(i); }'],
])('the comparison finds %s', (_, copies) => {
  const plain = 'fn main() { for (var i = 0u; i < 2u; i++) { f(i); } }';
  requireSameWork(
    plain,
    writeOut(plain, 2, () => undefined),
  );
  expect(() => requireSameWork(plain, `fn main() { ${copies} }`)).toThrow();
});

test('a notebook’s own text is written out as well', () => {
  const [variant] = variants.filter(({ kernel, name }) => kernel === 'layer_norm' && name === 'workgroup');
  const own = readVariant(
    'layer_norm',
    'mine',
    variant.text.replace('written_out = 1u', 'written_out = 32u'),
  );
  expect(own.wgsl).not.toBe(variant.wgsl);
  expect(own.wgsl).toContain('{ let i = 15u;');
});
