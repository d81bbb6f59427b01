/** Times that a GPU cannot reach are refused, with both figures. */
import { expect, test } from 'vitest';
import { leastSeconds, requirePossible } from '../../src/lib/lab/measure/possible';

const rates = { compute: 10e12, read: 500e9 };

test('the slower of arithmetic and bytes is the bound', () => {
  expect(leastSeconds({ what: 'a', flop: 10e12, bytes: 1e9 }, rates)).toBeCloseTo(0.95, 12);
  expect(leastSeconds({ what: 'a', flop: 1e9, bytes: 1000e9 }, rates)).toBeCloseTo(1.9, 12);
  expect(leastSeconds({ what: 'a' }, rates)).toBe(0);
  expect(leastSeconds({ what: 'a', flop: 1e12, bytes: 1e9 }, {})).toBe(0);
});

test('a time is refused only below it', () => {
  const work = { what: 'matmul_q4_k/fast at rows 64', flop: 1e12, bytes: 1e9 };
  requirePossible(work, 0.0951, rates);
  expect(() => requirePossible(work, 0.05, rates)).toThrow(
    'matmul_q4_k/fast at rows 64 cannot take 50.00 ms on this GPU, where 95.00 ms is the least: ' +
      '20.00 TFLOPS, peak 10.00; 20.00 GB/s, peak 500.0 [impossible]',
  );
});
