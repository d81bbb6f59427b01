// A compare cell's settings as lines to edit: the lab reads back what the editor writes.
import { expect, test } from 'vitest';
import { REGISTRY } from '../../src/lib/lab/experiment/catalogue';
import { readCell } from '../../src/lib/lab/cells/cells';
import { joinBlocks, onOneLine, splitBlocks } from '../../src/lib/lab/experiment/settings';
import { blockFrom, blockOf } from '../../src/lib/ui/cells/blocks';
import type { RunRecord } from '../../src/lib/lab/records/record';

const OWN = ['budget'];
const TEXT = 'budget=5\nmodel=demo\nchunk=64\n---\nchunk=128\nmatmul_q4_k=tiled\n';

test('blocks are one line each, without what is the cell’s own, and give the text again', () => {
  const blocks = splitBlocks(TEXT);
  expect(blocks.map((block) => onOneLine(block, OWN))).toEqual([
    'model=demo chunk=64',
    'chunk=128 matmul_q4_k=tiled',
  ]);
  expect(joinBlocks(blocks)).toBe(TEXT);
  expect(splitBlocks('')).toEqual(['']);
});

test('a line becomes a block: spaces or & part settings, and a model’s name keeps its own', () => {
  const take = (line: string, before = '') => blockFrom(line, before, OWN, REGISTRY);
  expect(take('chunk=64 matmul_q4_k=tiled')).toBe('chunk=64\nmatmul_q4_k=tiled\n');
  expect(take('chunk=64&matmul_q4_k=tiled')).toBe('chunk=64\nmatmul_q4_k=tiled\n');
  expect(take('model=my own.gguf chunk=64')).toBe('model=my own.gguf\nchunk=64\n');
  expect(take('chunk=32', 'budget=5\nchunk=64\n')).toBe('budget=5\nchunk=32\n');
  expect(take('')).toBe('');
  expect(take('matmul_q4_k=tiled matmul_q4_k@512x256=naive')).toBe(
    'matmul_q4_k=tiled\nmatmul_q4_k@512x256=naive\n',
  );
  expect(take('?model=a%2Cb.gguf', 'budget=5\n')).toBe('?budget=5&model=a%2Cb.gguf\n');
});

test('a line that cannot be read says what was possible', () => {
  const take = (line: string) => () => blockFrom(line, '', OWN, REGISTRY);
  expect(take('chunk=0')).toThrow('chunk must be a whole number from 1 to 4096');
  expect(take('matmul_q4_k=none')).toThrow(/has no variant "none"; it has: /);
  expect(take('__proto__=1')).toThrow('Unknown setting "__proto__"');
});

test('a measured run becomes a block that the cell takes', () => {
  const settings = 'model=my%20a%2Cb.gguf&chunk=64&samples=3&matmul_q4_k=tiled';
  const block = blockOf({ settings } as RunRecord, REGISTRY);
  const cell = readCell('compare', `chunk=8\n---\n${block}`);
  if (cell.kind !== 'compare') throw new Error('not a comparison');
  expect(cell.experiments[1]).toEqual({ model: ['my a,b.gguf'], chunk: ['64'], matmul_q4_k: ['tiled'] });
  expect(blockOf({ settings: 'chunk=64&warmup=0' } as RunRecord, REGISTRY)).toBe('chunk=64\n');
});
