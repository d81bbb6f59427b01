/** Links, notebooks and CSV files from before version 0.2.0, which say step and workgroups, still work. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expand } from '../../src/lib/lab/experiment/expand';
import { formatExperiment, parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { fromCsv } from '../../src/lib/lab/records/runsCsv';
import { readVariants } from '../../src/lib/lab/records/values';
import { findVariant, readVariant } from '../../src/lib/shaders';

const present = (text: string) => formatExperiment(parseExperiment(text));

test.each([
  ['matmul_q4_k=tiled&matmul_q4_k.step=16,32', 'matmul_q4_k=tiled&matmul_q4_k.tile_k=16,32'],
  ['matmul=tiled&matmul.step=32&x=matmul.step', 'x=matmul.tile_k&matmul=tiled&matmul.tile_k=32'],
  ['matmul_q4_k.workgroups=256', 'matmul_q4_k.split_k_target=256'],
  [
    'lora_matmul.workgroups=1&layer_norm.workgroups=1',
    'layer_norm.workgroups=1&lora_matmul.split_k_target=1',
  ],
  [
    'matmul_q4_k@2560x2560=halves&matmul_q4_k@2560x2560.step=32',
    'matmul_q4_k@2560x2560=halves&matmul_q4_k@2560x2560.tile_k=32',
  ],
])('%s', (former, now) => {
  expect(present(former)).toBe(now);
  expect(present(now)).toBe(now);
});

test('a former name takes part in a run', () => {
  const [run] = expand(parseExperiment('matmul_q4_k=tiled&matmul_q4_k.step=32'));
  expect(run.variants.matmul_q4_k).toMatchObject({ name: 'tiled', knobs: { tile_k: 32 } });
});

test('what never was a name is refused as before, and both names at once', () => {
  expect(() => parseExperiment('matmul_q4_k.steps=16')).toThrow('no knob "steps"');
  expect(() => parseExperiment('matmul_q4_k=naive&matmul_q4_k.step=16')).toThrow('no knob "step"');
  expect(() => parseExperiment('matmul_q4_k=tiled&matmul_q4_k.step=16&matmul_q4_k.tile_k=32')).toThrow(
    'matmul_q4_k.tile_k is set twice, once by its former name',
  );
});

test('a variant that has a knob of the former name keeps it', () => {
  const text = findVariant('matmul_q4_k', 'tiled').text.replaceAll('tile_k', 'step');
  const catalogue = {
    kernels: { matmul_q4_k: { default: 'mine' } },
    variants: [readVariant('matmul_q4_k', 'mine', text)],
  };
  expect(parseExperiment('matmul_q4_k.step=32', catalogue)).toEqual({ 'matmul_q4_k.step': ['32'] });
});

test('a shader of a notebook that appends a file by its former name has that file', () => {
  const { text, wgsl } = findVariant('matmul_q4_k', 'tiled');
  const former = readVariant('matmul_q4_k', 'mine', text.replace('splits, sums', 'parts, sums'));
  expect(former.wgsl.replace('parts, sums', 'splits, sums')).toBe(wgsl);
});

test('the knobs of CSV files have their present names', () => {
  expect(readVariants('matmul_q4_k=tiled matmul_q4_k.step=32 wkv=gone wkv.step=1')).toEqual({
    matmul_q4_k: { name: 'tiled', knobs: { tile_k: 32 } },
    wkv: { name: 'gone', knobs: { step: 1 } },
  });
});

test('published results read so', () => {
  const folder = new URL('../../static/results/', import.meta.url);
  const texts = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const records = texts.filter((text) => text.includes('x_settings')).flatMap((text) => fromCsv(text));
  expect(records.length).toBeGreaterThan(10);
  const names = records.flatMap((record) =>
    Object.entries(record.variants)
      .filter(([kernel]) => kernel.startsWith('matmul'))
      .flatMap(([, { knobs }]) => Object.keys(knobs)),
  );
  expect(names).toContain('tile_k');
  expect(names).toContain('split_k_target');
  expect(names).not.toContain('step');
  expect(names).not.toContain('workgroups');
});
