/**
 * Shaders in other authors' WGSL style (tests/fixtures/shaders): they compile without problems and compute correct
 * results.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseNotebook } from '../../src/lib/lab/notebook/notebook';
import { headerProblems } from '../../src/lib/lab/shader/diagnostics';
import { check } from '../../src/lib/engine/check';
import { kernels as registry, readVariants } from '../../src/lib/shaders';
import { sharedKernels } from './engines';

const folder = new URL('../fixtures/shaders/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
const kernels = await sharedKernels();

test('there are many', () => expect(files.length).toBeGreaterThan(10));

test.each(files)('%s', async (file) => {
  const cell = parseNotebook(readFileSync(new URL(file, folder), 'utf8')).find(
    ({ kind }) => kind === 'wgsl',
  )!;
  const [kernel, name] = cell.name.split('/');
  expect(headerProblems({ kernel, name, wgsl: cell.body }).problems).toEqual([]);
  const [variant] = readVariants(kernel, name, cell.body);
  expect(kernels.unsupportedReason(variant)).toBeUndefined();
  for (const sizes of registry[kernel].cases)
    expect(await check(kernels, registry[kernel], variant, sizes)).toBeLessThanOrEqual(
      registry[kernel].tolerance,
    );
});
