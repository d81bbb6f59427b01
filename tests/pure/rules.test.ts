/** The rules on what a variant may write, and how its own buffers may be called. */
import { expect, test } from 'vitest';
import { findVariant, kernels, readVariant, variants } from '../../src/lib/shaders';
import { HeaderError } from '../../src/lib/shaders/header';
import { requireRules } from '../../src/lib/shaders/rules';
import { headerProblems } from '../../src/lib/lab/shader/diagnostics';
import { RESIDENT } from '../resident';

const { text } = findVariant('layer_norm', 'workgroup');
const written = text.replace('var<storage, read> x', 'var<storage, read_write> x');
const broken = (kernel: string, wgsl: string): unknown => {
  try {
    requireRules(readVariant(kernel, 'mine', wgsl), kernels[kernel]);
    return undefined;
  } catch (error) {
    return error;
  }
};

test('every shipped variant keeps them', () => {
  for (const variant of variants) requireRules(variant, kernels[variant.kernel]);
  expect(broken('matmul_f32', RESIDENT)).toBeUndefined();
});

test('an input must not be writable; the error names the rule and the line', () => {
  const error = broken('layer_norm', written);
  expect(error).toBeInstanceOf(HeaderError);
  expect(error).toMatchObject({
    code: 'bindings',
    line: text.split('\n').findIndex((line) => line.includes('> x:')) + 1,
    message: 'layer_norm/mine binds x as read_write; it may write: out [bindings]',
  });
  expect(headerProblems({ kernel: 'layer_norm', name: 'mine', wgsl: written }).problems).toMatchObject([
    { severity: 'error', message: (error as Error).message },
  ]);
});

test.each([
  [
    'a layout, while it is timed',
    RESIDENT.replace('read> twice', 'read_write> twice'),
    'binds twice as read_write',
  ],
  [
    'the matrix, by a second name',
    RESIDENT.replace(
      '@compute',
      '@group(0) @binding(1) var<storage, read_write> again: array<f32>;\n@compute',
    ),
    'binds weight as read_write; load passes write: twice',
  ],
  ['a buffer called like an array', `//! scratch x: 4\n${RESIDENT}`, 'a buffer of its own called x'],
  ['a buffer called like the sizes', `//! scratch sizes: 4\n${RESIDENT}`, 'a buffer of its own called sizes'],
  ['two of a name', `//! scratch twice: 4\n${RESIDENT}`, 'a buffer of its own called twice'],
])('%s', (_, wgsl, message) => {
  expect(broken('matmul_f32', wgsl)).toMatchObject({
    code: 'bindings',
    message: expect.stringContaining(message),
  });
});
