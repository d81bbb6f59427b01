/**
 * Every variant of matmul_q4_k. In a file of its own to run in parallel: a software GPU takes as long to compile it as for
 * all other kernels.
 */
import { expect, test } from 'vitest';
import { check } from '../../src/lib/engine/check';
import { findVariant, kernels as registry } from '../../src/lib/shaders';
import { sharedKernels } from './engines';
import { testVariants } from './variants';

await testVariants(({ kernel }) => kernel === 'matmul_q4_k');

test('strassen halves rows of an odd number of blocks, where the second half begins inside a block', async () => {
  const sizes = { rows: 200, columns: 1280, tokens: 90, batch: 2, stride: 200, epilogue: 1 };
  const kernel = registry.matmul_q4_k;
  const variant = findVariant('matmul_q4_k', 'strassen');
  const error = await check(await sharedKernels(), kernel, variant, sizes, 1);
  expect(error).toBeLessThanOrEqual(kernel.tolerance);
});
