// The error of work that the loss of a GPU has ended, whichever the browser tells first.
import { expect, test } from 'vitest';
import { GpuLost } from '../../src/lib/engine/device';
import { unlessLost } from '../../src/lib/lab/measure/unlessLost';

const unmapped = () => Promise.reject(new DOMException('Buffer was unmapped before …', 'AbortError'));
const never = new Promise<never>(() => undefined);
const lossAfter = (milliseconds: number) => {
  const lost = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new GpuLost('The GPU was lost')), milliseconds);
  });
  lost.catch(() => undefined);
  return lost;
};

test('the loss is the error, told before or shortly after what it has ended', async () => {
  await expect(unlessLost(never, lossAfter(0))).rejects.toThrow('The GPU was lost');
  await expect(unlessLost(unmapped(), lossAfter(10))).rejects.toThrow('The GPU was lost');
});

test('without a loss, work ends as it does', async () => {
  await expect(unlessLost(unmapped(), never)).rejects.toThrow('Buffer was unmapped');
  await expect(unlessLost(Promise.reject(new RangeError('too many')), never)).rejects.toThrow('too many');
  expect(await unlessLost(Promise.resolve(5), never)).toBe(5);
});
