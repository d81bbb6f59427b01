/** Arrays compared on the GPU, guards around arrays, the quantum of timestamps. */
import { describe, expect, test } from 'vitest';
import { storageBuffer } from '../../src/lib/engine/buffers';
import { compareArrays } from '../../src/lib/engine/compareArrays';
import { GuardedArrays } from '../../src/lib/engine/guarded';
import { timestampQuantum } from '../../src/lib/engine/timer';
import { POISON } from '../../src/lib/engine/words';
import { seeded } from '../../src/lib/shaders/kernel';
import { sharedKernels } from './engines';

const { device } = await sharedKernels();

function onGpu(values: Float32Array | Uint32Array): GPUBuffer {
  const buffer = storageBuffer(device, 'values', values.byteLength);
  device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
  return buffer;
}

describe('arrays', () => {
  const count = 300_001;
  const random = seeded(5);
  const values = Float32Array.from({ length: count }, () => 2 * random() - 1);
  const want = onGpu(values);
  const changed = (change: (copy: Float32Array) => void) => {
    const copy = values.slice();
    change(copy);
    return onGpu(copy);
  };

  test('that are the same', async () => {
    expect(await compareArrays(device, want, want)).toEqual({
      ...{ error: 0, worst: 0, nonFinite: 0, unwritten: 0, firstWrong: undefined, firstChanged: undefined },
    });
  });

  test('have the error that the CPU finds, and a worst part', async () => {
    const got = changed((copy) => copy.fill(0, 1000, 1100));
    let [error, power] = [0, 0];
    values.forEach((value, i) => {
      power += value ** 2;
      if (i >= 1000 && i < 1100) error += value ** 2;
    });
    const found = await compareArrays(device, got, want);
    expect(found.error / (error / power)).toBeCloseTo(1, 4);
    expect(found.worst).toBeGreaterThan(0.1);
    expect(found.firstWrong).toBe(values.findIndex((value, i) => i >= 1000 && Math.abs(value) > 0.01));
  });

  test('with not-a-number, infinity or nothing written', async () => {
    const got = changed((copy) => {
      copy[7] = NaN;
      copy[8] = -Infinity;
      new Uint32Array(copy.buffer)[9] = POISON;
    });
    expect(await compareArrays(device, got, want)).toEqual({
      ...{
        error: Infinity,
        worst: Infinity,
        nonFinite: 3,
        unwritten: 1,
        firstWrong: 7,
        firstChanged: undefined,
      },
    });
  });

  test('as words, in parts of buffers', async () => {
    const words = Uint32Array.from({ length: 1000 }, (_, i) => i);
    const other = words.slice();
    other[100] = 5;
    other[300] = 5;
    const part = (buffer: GPUBuffer) => ({ buffer, offset: 4 * 101, size: 4 * 800 });
    const found = await compareArrays(device, part(onGpu(other)), part(onGpu(words)), { exact: true });
    expect(found.error).toBeCloseTo(1 / 800, 9);
    expect(found.firstWrong).toBe(199);
  });

  test('of which some elements have to stay as they were', async () => {
    // The elements from 2,000 to 2,999 are left as they were; so is 5,000, by chance.
    const former = changed((copy) =>
      copy.forEach((value, i) => (copy[i] = i >= 2000 && i < 3000 ? value : 2)),
    );
    const oneAlone = changed((copy) => (copy[5000] = 2));
    const find = async (got: GPUBuffer, left: GPUBuffer = want) =>
      (await compareArrays(device, got, left, { former })).firstChanged;
    expect(await find(want)).toBeUndefined();
    expect(await find(changed((copy) => copy.fill(0, 0, 2000)))).toBeUndefined();
    expect(await find(changed((copy) => copy.fill(0, 2999, 3500)))).toBe(2999);
    expect(await find(changed((copy) => (copy[2000] += 1e-6)))).toBe(2000);
    expect(await find(want, oneAlone)).toBeUndefined();
  });

  test('of different lengths are refused', async () => {
    await expect(compareArrays(device, want, onGpu(new Float32Array(3)))).rejects.toThrow(
      'cannot be compared',
    );
  });
});

describe('guards', () => {
  const lengths = { x: 100, out: 70 };
  const changeAt = async (name: 'x' | 'out', byte: (binding: GPUBufferBinding) => number) => {
    const arrays = new GuardedArrays(device, lengths, ['out']);
    const binding = arrays.bindings(false)[name];
    arrays.seal();
    device.queue.writeBuffer(binding.buffer, byte(binding), Uint32Array.of(7));
    await arrays.requireSealed('a/b').finally(() => arrays.destroy());
  };

  test('show a change before and behind an output, and anywhere in an input', async () => {
    await expect(changeAt('out', ({ offset = 0 }) => offset - 4)).rejects.toThrow(
      'a/b writes before the start of out [guards]',
    );
    await expect(changeAt('out', ({ offset = 0, size = 0 }) => offset + size)).rejects.toThrow(
      'a/b writes past the end of out [guards]',
    );
    for (const word of [-64, 0, 99, 100])
      await expect(changeAt('x', ({ offset = 0 }) => offset + 4 * word)).rejects.toThrow('changes x');
    await changeAt('out', ({ offset = 0 }) => offset);
  });

  test('lie within the binding when it is open, and not when it is exact', () => {
    const arrays = new GuardedArrays(device, lengths, ['out']);
    expect(arrays.bindings(false).out.size).toBe(280);
    expect(arrays.bindings(true).out.size).toBeGreaterThan(1000);
    expect((arrays.bindings(true).x.offset ?? 1) % device.limits.minStorageBufferOffsetAlignment).toBe(0);
    arrays.destroy();
  });
});

test('the quantum of timestamps is measured, once', async ({ skip }) => {
  if (!device.features.has('timestamp-query')) skip('this GPU has no timestamps');
  const quantum = await timestampQuantum(device);
  expect(quantum).toBeGreaterThan(0);
  expect(quantum).toBeLessThan(1e-3);
  expect(await timestampQuantum(device)).toBe(quantum);
});
