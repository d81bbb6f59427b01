// The comparison of numbers that the model tests rely on.
import { expect, test } from 'vitest';
import { largestError } from '../oracle';

test('the largest error is that of any element, and NaN anywhere is NaN', () => {
  expect(largestError([1, 2, 3], [1, 2.5, 3.25])).toBe(0.5);
  for (const at of [0, 1, 2]) {
    const got = [1, 2, 3];
    got[at] = NaN;
    expect(largestError(got, [1, 2, 3])).toBeNaN();
    expect(largestError(got, [1, 2, 3]) <= 1e9).toBe(false);
  }
  expect(() => largestError([1], [1, 2])).toThrow('1 numbers where there should be 2');
});
