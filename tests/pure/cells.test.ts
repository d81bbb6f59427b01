// Reading cells and adding a notebook's shaders to the shipped ones, without running anything.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogueWith, REGISTRY, variantOf } from '../../src/lib/lab/experiment/catalogue';
import { printCell, readCell, runsOf, usesShader } from '../../src/lib/lab/cells/cells';
import { formatExperiment, parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { headerProblems } from '../../src/lib/lab/shader/diagnostics';
import type { CellKind } from '../../src/lib/lab/notebook/notebook';
import type { OwnVariant } from '../../src/lib/shaders/variant';
import { findVariant, kernels, variants } from '../../src/lib/shaders';

/** The shipped argmax under another name. */
const argmax = findVariant('argmax', kernels.argmax.default).text;
const mine: OwnVariant = { kernel: 'argmax', name: 'mine', wgsl: `${argmax}\n// mine\n` };

describe("a notebook's own shaders", () => {
  test('are usable by name beside the shipped ones, and by nobody else', () => {
    const catalogue = catalogueWith([mine]);
    expect(parseExperiment('argmax=mine', catalogue)).toEqual({ argmax: ['mine'] });
    expect(() => parseExperiment('argmax=mine')).toThrow(/argmax has no variant "mine"/);
    expect(catalogueWith([])).toBe(REGISTRY);
  });

  test('of a family are one for each format; of a format, that one', () => {
    const { text } = findVariant('matmul_q4_k', 'naive');
    const catalogue = catalogueWith([
      { kernel: 'matmul', name: 'all', wgsl: text },
      { kernel: 'matmul_q4_k', name: 'one', wgsl: text },
    ]);
    for (const kernel of ['matmul_q4_k', 'matmul_q6_k', 'matmul_f16'])
      expect(variantOf(kernel, 'all', catalogue)?.wgsl.length).toBeGreaterThan(text.length);
    expect(variantOf('matmul_q4_k', 'one', catalogue)?.format).toBe('q4_k');
    expect(variantOf('matmul_q6_k', 'one', catalogue)).toBeUndefined();
    const knob = Object.keys(findVariant('matmul_q4_k', 'naive').knobs)[0];
    expect(parseExperiment(`matmul=all&matmul.${knob}=64`, catalogue)).toHaveProperty(`matmul.${knob}`);
    expect(variants.some(({ name }) => name === 'all' || name === 'one')).toBe(false);
  });

  test.each([
    [
      { ...mine, name: kernels.argmax.default },
      /argmax has a variant ".+" already; it has: .+\. Choose another name/,
    ],
    [{ ...mine, kernel: 'argmin' }, /There is no kernel "argmin"; there are: .*argmax/],
    [{ ...mine, name: 'bad', wgsl: 'fn main() {}' }, /has no "\/\/! grid:" line/],
    [{ ...mine, name: 'bad', wgsl: '//! use: nothing\n//! grid: 1\n' }, /uses nothing\.wgsl; there are: /],
    [{ ...mine, name: 'a b' }, /"a b" is no name for a variant/],
    [
      { ...mine, kernel: 'matmul', wgsl: '//! x\n//! grid: 1\n//! formats: q9_z\n' },
      /the format q9_z; there are: .*q4_k/,
    ],
    [
      { ...mine, kernel: 'matmul_q4_k', wgsl: '//! x\n//! grid: 1\n//! formats: q6_k\n' },
      /for q6_k, so not for matmul_q4_k/,
    ],
    [{ ...mine, kernel: '__proto__' }, /There is no kernel "__proto__"/],
  ])('that cannot be used spoil nothing but the settings that name them, $#', (own, message) => {
    const catalogue = catalogueWith([own, mine]);
    expect([...catalogue.refused!.values()]).toEqual([expect.stringMatching(message)]);
    expect(parseExperiment('argmax=mine&chunk=3', catalogue)).toHaveProperty('argmax');
    if (own.kernel === 'argmax')
      expect(() => parseExperiment(`argmax=${own.name}`, catalogue)).toThrow(message);
  });

  test('that are a shipped one, by name and text, are that one', () => {
    const name = kernels.argmax.default;
    const catalogue = catalogueWith([{ ...mine, name, wgsl: argmax }, mine]);
    expect([...catalogue.refused!]).toEqual([]);
    expect(catalogue.variants.filter((each) => each.kernel === 'argmax' && each.name === name)).toHaveLength(
      1,
    );
  });

  test('of the same name are both refused', () => {
    const catalogue = catalogueWith([mine, { ...mine, wgsl: `${mine.wgsl}//` }]);
    expect(() => parseExperiment('argmax=mine', catalogue)).toThrow(
      /two shaders of this notebook are called argmax\/mine/,
    );
  });
});

describe('the header of a shader', () => {
  test('whatever a header says, its problems are on lines that it has', () => {
    const word = fc.constantFrom(
      ...[
        '//! ',
        'grid: ',
        'pass a: ',
        'use: ',
        'scratch s: ',
        'let n: ',
        'error: ',
        'subgroup: ',
        'formats: ',
        'load m: ',
      ],
      ...[
        'resident r: ',
        'rows',
        '(',
        ')',
        '*',
        '/',
        '4',
        ',',
        '[',
        '\\',
        '+',
        '\n',
        '\r\n',
        'const a = 1u; // knob: 2',
        '`$&`',
      ],
      ...[
        '@group(0) @binding(1) var<storage, read> x: array<f32>;',
        'fn main() {}',
        'const_assert a < (;',
        'format',
      ],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 25 }), (words) => {
        const wgsl = words.join('');
        for (const kernel of ['argmax', 'matmul_q4_k', 'matmul']) {
          const { problems } = headerProblems({ kernel, name: 'mine', wgsl });
          for (const { line, message } of problems) {
            expect(line >= 1 && line <= wgsl.split(/\r\n|\r|\n/).length).toBe(true);
            expect(message).toMatch(/\S/);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('no shipped variant has a problem in its header', () => {
    for (const { kernel, name, text } of variants)
      expect([`${kernel}/${name}`, headerProblems({ kernel, name, wgsl: text }).problems]).toEqual([
        `${kernel}/${name}`,
        [],
      ]);
  });
});

describe('texts of cells', () => {
  test.each([
    ['sweep', 'prefill=256\nchunk=64,128\nx=chunk\nscale=log\nreference=phase-2\ntarget=400\n'],
    ['compare', 'budget=5\nchunk=64\n---\nchunk=128\n'],
    ['profile', 'prefill=64\n'],
    ['roofline', ''],
    ['tune', 'budget=60\nerror=0.01\nchunk=64\n'],
    ['evaluate', 'evaluate=64\nmatmul_q4_k=block8,dot4\n---\nOne text,\n---\nand its end\n'],
    ['evaluate', 'prefill=32\n'],
    ['generate', 'chat=think\nstop=\\n\\nQ:,a\\x2cb\\x26c=\\x20\npenalty_decay=0.9\n---\nOne\n---\nTwo\n'],
    ['generate', 'tokens=9\ntemperature=0.7\ntop_p=0.9\nseed=3\nmodel=a.gguf\n---\nOnce\n---\n\nmore\n'],
  ] as [CellKind, string][])('%s: read, printed and read again', (kind, text) => {
    const cell = readCell(kind, text);
    expect(readCell(kind, printCell(cell))).toEqual(cell);
  });

  test('evaluate: as a setting of a sweep it is a number, on or off; the cell of that name evaluates every run', () => {
    const settingsOf = (kind: CellKind, text: string) =>
      runsOf(readCell(kind, text), REGISTRY).map(({ settings, evaluate }) => `${settings} ${evaluate}`);
    expect(settingsOf('sweep', 'evaluate=on\n')).toEqual(['evaluate=256 256']);
    expect(settingsOf('sweep', 'evaluate=off,32\n')).toEqual([' 0', 'evaluate=32 32']);
    expect(settingsOf('evaluate', 'chunk=8,16\n')).toEqual(
      ['8', '16'].map((chunk) => `chunk=${chunk}&evaluate=256 256`),
    );
    expect(() => readCell('sweep', 'evaluate=yes\n')).toThrow(
      /from 0 to \d+, or "on" or "off"; "yes" is not/,
    );
    expect(() => readCell('evaluate', 'evaluate=0\n')).toThrow(/evaluate must be a whole number from 1/);
  });

  test('a model with a comma in its name stands in a query string on a line of its own', () => {
    const cell = { kind: 'sweep', experiment: { model: ['a,b.gguf', 'demo'], chunk: ['8'] } } as const;
    const again = readCell(
      'sweep',
      printCell({ ...cell, experiment: { model: ['a,b.gguf', 'demo'], chunk: ['8'] } }),
    );
    expect(again).toEqual(cell);
  });

  test('the settings of a view are kept by the canonical text, and change no run', () => {
    const experiment = parseExperiment('scale=log&reference=phase-2,mine&x=matmul_q4_k&chunk=8,16');
    expect(formatExperiment(experiment)).toBe('chunk=8,16&reference=phase-2,mine&x=matmul_q4_k&scale=log');
    expect(expand(experiment).map(({ settings }) => settings)).toEqual(['chunk=8', 'chunk=16']);
  });

  test('a cell knows the shaders it depends on', () => {
    const catalogue = catalogueWith([mine]);
    const uses = (kind: CellKind, text: string) =>
      usesShader(readCell(kind, text, catalogue), mine, catalogue);
    expect(uses('sweep', 'argmax=mine\n')).toBe(true);
    expect(uses('sweep', 'chunk=8\n')).toBe(false);
    expect(uses('compare', 'chunk=8\n---\nargmax=mine\n')).toBe(true);
    expect(uses('tune', 'chunk=8\n')).toBe(true);
    expect(uses('tune', `argmax=${kernels.argmax.default}\n`)).toBe(false);
    expect(uses('roofline', '')).toBe(false);
  });
});
