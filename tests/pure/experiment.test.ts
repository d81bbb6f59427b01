// Settings ⇄ experiment ⇄ runs, with a small catalogue of kernels, so that new variants do not change these tests.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MOST_POSITIONS } from '../../src/lib/engine/limits';
import type { Catalogue } from '../../src/lib/lab/experiment/catalogue';
import * as expanding from '../../src/lib/lab/experiment/expand';
import * as experiments from '../../src/lib/lab/experiment/experiment';
import { kernels, variants } from '../../src/lib/shaders';
import { isForSequences } from '../../src/lib/shaders/shared/sequences';
import { parseVariant } from '../../src/lib/shaders/variant';

const lab = { ...experiments, ...expanding };

const variant = (kernel: string, name: string, knobs = '') =>
  parseVariant(kernel, name, `//! A test.\n//! grid: 1\n${knobs}`);
const knob = (name: string, value: number, choices: string) =>
  `const ${name} = ${value}u; // knob: ${choices}\n`;
const catalogue: Catalogue = {
  kernels: {
    matmul_q4_k: { default: 'naive' },
    matmul_q6_k: { default: 'naive' },
    wkv: { default: 'sequential' },
  },
  variants: [
    variant('matmul_q4_k', 'naive'),
    variant('matmul_q4_k', 'tiled', knob('tile_rows', 32, '32 64') + knob('tile_tokens', 4, '4 8')),
    variant('matmul_q4_k', 'block8', knob('block', 8, '8 16')),
    variant('matmul_q6_k', 'naive'),
    variant('matmul_q6_k', 'tiled', knob('tile_rows', 32, '32 64 128')),
    variant('wkv', 'sequential', knob('workgroup_size', 64, '32 64')),
  ],
};
const parse = (text: string) => lab.parseExperiment(text, catalogue);
const format = (text: string, form?: 'lines') => lab.formatExperiment(parse(text), form, catalogue);
const runs = (text: string) => lab.expand(parse(text), catalogue);

describe('reading settings', () => {
  test('a query string, with or without the question mark, and lines say the same', () => {
    const expected = {
      prefill: ['256'],
      chunk: ['64', '128'],
      matmul_q4_k: ['tiled'],
      'matmul_q4_k.tile_rows': ['64'],
    };
    const query = 'prefill=256&chunk=64,128&matmul_q4_k=tiled&matmul_q4_k.tile_rows=64';
    expect(parse(query)).toEqual(expected);
    expect(parse(`?${query}&&`)).toEqual(expected);
    expect(parse(query.replaceAll(',', '%2C'))).toEqual(expected);
    expect(parse(query.replaceAll('&', ' \r\n\n'))).toEqual(expected);
  });

  test('values are decoded in a query and taken as they are on lines', () => {
    expect(parse('model=my%20model%2C%20q4.gguf,demo')).toEqual({ model: ['my model, q4.gguf', 'demo'] });
    expect(parse('model=100%25.gguf\n')).toEqual({ model: ['100%25.gguf'] });
    expect(parse('model=100%.gguf')).toEqual({ model: ['100%.gguf'] });
    expect(parse('model=https://example.org/a?b=c\nchunk=prefill\n').model).toEqual([
      'https://example.org/a?b=c',
    ]);
  });

  test('numbers have one spelling and lists no repetitions', () => {
    expect(parse('chunk=064,64,prefill&target=700.0')).toEqual({ chunk: ['64', 'prefill'], target: ['700'] });
  });

  test.each([
    ['chunks=64', /Unknown setting "chunks"; known: model, prefill, chunk, .*matmul.*such as matmul_q6_k/],
    ['__proto__=1', /Unknown setting "__proto__"/],
    ['toString=1', /Unknown setting "toString"/],
    ['matmul_q4_k.toString=1', /matmul_q4_k has no knob "toString"/],
    ['prefill', /"prefill" is not a setting; write key=value/],
    ['=3', /"=3" is not a setting/],
    ['chunk=', /chunk has an empty value/],
    ['chunk=64,', /chunk has an empty value/],
    ['chunk=64&chunk=128', /chunk is set twice/],
    ['chunk=0', /chunk must be a whole number from 1 to 4096, or "prefill"; "0" is not/],
    ['chunk=4097', /from 1 to 4096/],
    ['prefill=1048576', /prefill must be a whole number from 1 to 1048575/],
    ['prefill=1e3', /"1e3" is not/],
    ['prefill=-1', /"-1" is not/],
    ['prefill=prefill', /"prefill" is not/],
    ['decode=1.5', /decode must be a whole number from 0/],
    ['target=fast', /target must be a number/],
    ['matmul_q4_k=none', /matmul_q4_k has no variant "none"; it has: naive, tiled, block8/],
    ['matmul=none', /matmul has no variant "none"; it has: naive, tiled, block8/],
    ['matmul_q4_k=tiled&matmul_q4_k.tile_rows=7', /matmul_q4_k\.tile_rows cannot be 7; its choices: 32, 64/],
    ['matmul_q4_k=tiled&matmul_q4_k.tile_rows=x', /must be a whole number/],
    [
      'matmul_q4_k=tiled&matmul_q4_k.tile=4',
      /has no knob "tile"; its variant tiled has: tile_rows, tile_tokens/,
    ],
    ['matmul_q4_k.tile_rows=64', /the variant chosen \(naive\) has no such knob; choose matmul_q4_k=tiled/],
    ['wkv.workgroup_size.x=64', /Unknown setting "wkv\.workgroup_size\.x"/],
    ['model=synthetic-3b', /no model "synthetic-3b"; there are: demo, synthetic-0\.1b/],
    ['model=synthetic-2.9b-zeros5', /no model "synthetic-2.9b-zeros5"/],
    ['model=synthetic-2.9b-zeros90-f32loras', /no model "synthetic-2.9b-zeros90-f32loras"/],
    ['model=a%00b', /control characters/],
    [`model=${'x'.repeat(3000)}`, /too long/],
    [`model=${'x'.repeat(30_000)}`, /30006 characters long/],
  ] as const)('refused in words, $#', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test('any text either parses or is refused with an Error of one line', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'chunk',
        'matmul',
        'matmul_q4_k',
        '.',
        '=',
        '&',
        '\n',
        ',',
        '%',
        'tiled',
        'tile_rows',
        '64',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          runs(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).not.toMatch(/undefined|\bTypeError/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('writing settings', () => {
  test('defaults are left out, the order is fixed, and the text stays readable', () => {
    expect(format('seed=1&chunk=64,128&model=demo&prefill=256&matmul_q4_k=naive')).toBe(
      'prefill=256&chunk=64,128',
    );
    expect(format('chunk=64&model=https://example.org/m.gguf?a=b%26c')).toBe(
      'model=https://example.org/m.gguf?a=b%26c&chunk=64',
    );
    expect(format('matmul_q4_k.tile_rows=64&matmul_q4_k=tiled', 'lines')).toBe(
      'matmul_q4_k=tiled\nmatmul_q4_k.tile_rows=64\n',
    );
  });

  test('a kernel at its default is said when its family is set', () => {
    expect(format('matmul=tiled&matmul_q4_k=naive')).toBe('matmul=tiled&matmul_q4_k=naive');
  });

  test('values that cannot stand on a line become one line with a query', () => {
    expect(format('model=a%2Cb&chunk=8', 'lines')).toBe('?model=a%2Cb&chunk=8\n');
    expect(parse('?model=a%2Cb&chunk=8\n')).toEqual(parse('model=a%2Cb&chunk=8'));
  });

  test('reading what was written gives the same experiment, in both forms', () => {
    const numbers = (largest: number) =>
      fc.uniqueArray(fc.integer({ min: 1, max: largest }).map(String), { minLength: 1, maxLength: 3 });
    const experiment = fc.record(
      {
        model: fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 1, maxLength: 2 }),
        prefill: numbers(MOST_POSITIONS),
        chunk: fc.uniqueArray(fc.constantFrom('prefill', '1', '64', '4096'), { minLength: 1 }),
        seed: numbers(4_294_967_295),
        matmul: fc.uniqueArray(fc.constantFrom('naive', 'tiled'), { minLength: 1 }),
        matmul_q4_k: fc.constant(['tiled', 'block8']),
        'matmul_q4_k.tile_rows': fc.constantFrom(['32'], ['32', '64'], ['64']),
      },
      { requiredKeys: ['matmul_q4_k'] },
    );
    const meaningful = (e: experiments.Experiment) =>
      JSON.stringify(lab.expand(e, catalogue).map(({ settings: _, experiment: __, ...run }) => run));
    fc.assert(
      fc.property(experiment, (settings) => {
        const given = Object.entries(settings) as [string, string[]][];
        fc.pre(
          !settings.model?.some(
            (name) => name !== name.trim() || /\p{Cc}/u.test(name) || name.startsWith('synthetic-'),
          ),
        );
        const read = lab.readExperiment(given, catalogue);
        const query = lab.formatExperiment(read, 'query', catalogue);
        expect(meaningful(parse(query))).toBe(meaningful(read));
        expect(lab.formatExperiment(parse(query), 'query', catalogue)).toBe(query);
        // The browser's own query parser must read the same settings.
        expect(new URLSearchParams(query).get('model')).toBe(
          query.includes('model=') ? settings.model?.join(',') : null,
        );
        expect(meaningful(parse(lab.formatExperiment(read, 'lines', catalogue)))).toBe(meaningful(read));
      }),
    );
  });
});

describe('runs', () => {
  test('one for each combination, the last key fastest, each with the text that makes it again', () => {
    const all = runs('prefill=128,256&chunk=32,64&matmul_q4_k=naive,tiled');
    expect(all.map(({ settings }) => settings)).toEqual([
      'chunk=32',
      'chunk=32&matmul_q4_k=tiled',
      'chunk=64',
      'chunk=64&matmul_q4_k=tiled',
      'prefill=256&chunk=32',
      'prefill=256&chunk=32&matmul_q4_k=tiled',
      'prefill=256&chunk=64',
      'prefill=256&chunk=64&matmul_q4_k=tiled',
    ]);
    for (const run of all) expect(runs(run.settings)).toEqual([run]);
  });

  test('nothing set is one run of defaults', () => {
    expect(runs('')).toMatchObject([
      { settings: '', model: 'demo', prefill: 128, chunk: 128, decode: 0, samples: 10, warmup: 1 },
    ]);
  });

  test('a chunk holds no more than the prompt, and equal runs are made once', () => {
    expect(runs('prefill=64&chunk=32,64,128,prefill').map(({ chunk }) => chunk)).toEqual([32, 64]);
    expect(runs('prefill=8192')[0].chunk).toBe(4096);
  });

  test('a knob turns only the variants that have it', () => {
    const all = runs('matmul_q4_k=naive,tiled&matmul_q4_k.tile_rows=32,64');
    expect(all.map(({ variants }) => variants.matmul_q4_k)).toEqual([
      { name: 'naive', knobs: {} },
      { name: 'tiled', knobs: { tile_rows: 32, tile_tokens: 4 } },
      { name: 'tiled', knobs: { tile_rows: 64, tile_tokens: 4 } },
    ]);
    expect(all[0].settings).toBe('');
    for (const run of all) expect(runs(run.settings)).toEqual([run]);
  });

  test('a family sets every format that has the variant; one kernel wins over its family', () => {
    const [run] = runs('matmul=tiled&matmul.tile_rows=64&matmul_q4_k=block8');
    expect(run.variants.matmul_q4_k).toEqual({ name: 'block8', knobs: { block: 8 } });
    expect(run.variants.matmul_q6_k).toEqual({ name: 'tiled', knobs: { tile_rows: 64 } });
    const [block8] = runs('matmul=block8');
    expect(block8.variants.matmul_q6_k.name).toBe('naive');
    const [largest] = runs('matmul=tiled&matmul.tile_rows=128');
    expect(largest.variants.matmul_q4_k.knobs.tile_rows).toBe(32);
    expect(largest.variants.matmul_q6_k.knobs.tile_rows).toBe(128);
    for (const each of [run, block8, largest]) expect(runs(each.settings)).toEqual([each]);
  });

  test('a family is one axis: its formats turn together', () => {
    expect(
      runs('matmul=naive,tiled').map(({ variants }) => [
        variants.matmul_q4_k.name,
        variants.matmul_q6_k.name,
      ]),
    ).toEqual([
      ['naive', 'naive'],
      ['tiled', 'tiled'],
    ]);
  });

  test('a prompt and its decoded tokens are no more than the engine has room for', () => {
    expect(runs(`prefill=${MOST_POSITIONS}`)).toHaveLength(1);
    expect(() => runs(`prefill=${MOST_POSITIONS}&decode=1`)).toThrow(
      'prefill and decode are at most 1048575 tokens together; these are 1048576',
    );
  });

  test('a run with the defaults of a GPU is the run that its completed settings make', () => {
    const defaults = parse('matmul_q4_k=tiled&matmul_q4_k.tile_rows=64');
    const [open, named] = ['chunk=8', 'chunk=8&matmul_q6_k=tiled&wkv=sequential'].map(
      (text) => runs(text)[0],
    );
    for (const run of [open, named]) {
      const complete = lab.withDefaults(run, defaults, catalogue);
      expect(complete.variants.matmul_q4_k).toEqual({
        name: 'tiled',
        knobs: { tile_rows: 64, tile_tokens: 4 },
      });
      expect(runs(complete.settings)).toEqual([complete]);
    }
    expect(lab.withDefaults(runs('matmul=block8')[0], defaults, catalogue)).toEqual(runs('matmul=block8')[0]);
  });

  test('the target multiplies nothing', () => {
    expect(runs('target=700,1000')).toHaveLength(1);
  });

  test('too many runs are refused before they are made', () => {
    const list = (count: number) => Array.from({ length: count }, (_, i) => i + 1).join(',');
    expect(() => runs(`prefill=${list(900)}&seed=${list(900)}&decode=${list(900)}`)).toThrow(
      /ask for 729,000,000 runs; at most 1000/,
    );
    expect(runs(`prefill=${list(1000)}&chunk=1`)).toHaveLength(1000);
  });

  test('the engine is given variants with their knobs turned', () => {
    const [run] = runs('matmul_q4_k=tiled&matmul_q4_k.tile_rows=64');
    const choice = lab.choose(run, ['matmul_q4_k', 'wkv'], catalogue);
    expect(choice.matmul_q4_k.wgsl).toContain('const tile_rows = 64u;');
    expect(Object.keys(choice)).toEqual(['matmul_q4_k', 'wkv']);
    expect(() => lab.choose(run, ['matmul_f64'], catalogue)).toThrow(/needs the kernel matmul_f64/);
  });
});

describe('settings of one shape of matrices', () => {
  test('win over their kernel, knob by knob, and have what it has where they say nothing', () => {
    const [run] = runs('matmul_q4_k=tiled&matmul_q4_k.tile_rows=64&matmul_q4_k@512x256.tile_tokens=8');
    expect(run.variants['matmul_q4_k@512x256']).toEqual({
      name: 'tiled',
      knobs: { tile_rows: 64, tile_tokens: 8 },
    });
    expect(run.variants.matmul_q4_k).toEqual({ name: 'tiled', knobs: { tile_rows: 64, tile_tokens: 4 } });
    const [other] = runs('matmul=tiled&matmul_q4_k@512x256=block8&matmul_q4_k@256x512=naive');
    expect(other.variants['matmul_q4_k@512x256']).toEqual({ name: 'block8', knobs: { block: 8 } });
    expect(other.variants['matmul_q4_k@256x512'].name).toBe('naive');
    for (const each of [run, other]) expect(runs(each.settings)).toEqual([each]);
  });

  test('are axes like others, are never left out, and reach the engine', () => {
    const all = runs('matmul_q4_k@512x256=naive,tiled');
    expect(all.map(({ settings }) => settings)).toEqual([
      'matmul_q4_k@512x256=naive',
      'matmul_q4_k@512x256=tiled',
    ]);
    const choice = lab.choose(all[1], ['matmul_q4_k', 'wkv'], catalogue);
    expect(Object.keys(choice)).toEqual(['matmul_q4_k', 'wkv', 'matmul_q4_k@512x256']);
    expect(choice['matmul_q4_k@512x256']).toMatchObject({ kernel: 'matmul_q4_k', name: 'tiled' });
    expect(Object.keys(lab.choose(all[1], ['wkv'], catalogue))).toEqual(['wkv']);
  });

  test('that cannot be are refused', () => {
    expect(() => runs('matmul_q4_k@512=naive')).toThrow(/Unknown setting "matmul_q4_k@512"/);
    expect(() => runs('matmul_q4_k@0x512=naive')).toThrow(/Unknown setting/);
    expect(() => runs('matmul_q4_k@512x256=none')).toThrow(/has no variant "none"/);
    expect(() => runs('matmul_q4_k@512x256=naive&matmul_q4_k@512x256.tile_rows=64')).toThrow(/no such knob/);
  });
});

describe('controls', () => {
  test('changing a key drops the knobs that no chosen variant has any more', () => {
    const experiment = parse('matmul_q4_k=tiled&matmul_q4_k.tile_rows=64&chunk=64');
    expect(lab.change(experiment, 'matmul_q4_k', ['block8'], catalogue)).toEqual({
      chunk: ['64'],
      matmul_q4_k: ['block8'],
    });
    expect(lab.change(experiment, 'chunk', [], catalogue)).toEqual({
      matmul_q4_k: ['tiled'],
      'matmul_q4_k.tile_rows': ['64'],
    });
    expect(() => lab.change(experiment, 'chunk', ['0'], catalogue)).toThrow(/chunk must be/);
  });

  test('knobs and values are those of what is chosen', () => {
    const experiment = parse('matmul=tiled,block8&chunk=32,64&target=1,2');
    expect(lab.knobsOf(experiment, 'matmul_q4_k', catalogue)).toEqual({
      tile_rows: [32, 64],
      tile_tokens: [4, 8],
      block: [8, 16],
    });
    expect(lab.knobsOf(experiment, 'matmul', catalogue).tile_rows).toEqual([32, 64, 128]);
    expect(lab.valuesOf(experiment, 'matmul_q6_k', catalogue)).toEqual(['tiled']);
    expect(lab.valuesOf(experiment, 'wkv', catalogue)).toEqual(['sequential']);
    expect(lab.valuesOf(experiment, 'prefill', catalogue)).toEqual(['128']);
  });
});

describe('the registry', () => {
  test('every kernel can be chosen at each of its variants and knobs', () => {
    for (const { kernel, name, knobs } of variants) {
      const settings = [
        'decode=1&sequences=2', // some kernels run for several sequences only
        `${kernel}=${name}`,
        ...Object.entries(knobs).map(([each, { choices }]) => `${kernel}.${each}=${choices.at(-1)}`),
      ];
      const [run] = lab.expand(lab.parseExperiment(settings.join('&')));
      expect(run.variants[kernel].name).toBe(name);
      for (const [each, { choices }] of Object.entries(knobs))
        expect(run.variants[kernel].knobs[each]).toBe(choices.at(-1));
      expect(lab.expand(lab.parseExperiment(run.settings))).toEqual([run]);
    }
  });

  test('every default is a variant', () => {
    const [run, several] = lab.expand({ decode: ['1'], sequences: ['1', '2'] });
    expect(Object.keys(several.variants)).toEqual(Object.keys(kernels));
    const own = Object.keys(kernels).filter((kernel) => !isForSequences(kernel));
    expect(Object.keys(run.variants)).toEqual(own);
  });
});
