/** The check finds errors of variants; a matrix that a variant keeps in its own layout is stored once. */
import { afterAll, describe, expect, test } from 'vitest';
import { gpu } from '../../cli/node';
import { readBuffer, storageBuffer } from '../../src/lib/engine/buffers';
import { check } from '../../src/lib/engine/check';
import { openDevice } from '../../src/lib/engine/device';
import { encode } from '../../src/lib/engine/encode';
import { Kernels } from '../../src/lib/engine/kernels';
import { checkAtShape } from '../../src/lib/lab/measure/atShape';
import { checkAll } from '../../src/lib/lab/measure/check';
import { findVariant, kernels as registry, readVariant } from '../../src/lib/shaders';
import { withKnobs } from '../../src/lib/shaders/variant';
import { RESIDENT } from '../resident';
import { sharedKernels, skipUnsupported } from './engines';

describe('the check', async () => {
  const kernels = await sharedKernels();
  const { text } = findVariant('layer_norm', 'workgroup');
  const broken = (replaced: string, by: string) => {
    expect(text).toContain(replaced);
    return readVariant('layer_norm', 'broken', text.replace(replaced, by));
  };
  const kernel = registry.layer_norm;
  const run = (wrong: ReturnType<typeof broken>) => check(kernels, kernel, wrong, kernel.cases[1]);

  test('passes what is right', async () => {
    expect(await run(readVariant('layer_norm', 'same', text))).toBeLessThanOrEqual(kernel.tolerance);
  });

  test('names the first wrong element', async () => {
    await expect(run(broken('+ norm_bias[c]', '+ 2.0 * norm_bias[c]'))).rejects.toThrow(
      /layer_norm\/broken at columns \d+, .* is wrong in out: error .*; first at element \d+: got … .* wanted …/,
    );
  });

  test('does not take not-a-number for right', async () => {
    await expect(run(broken('* scale *', '* (scale / (scale - scale)) *'))).rejects.toThrow(
      'is wrong in out',
    );
  });

  test('sees a write past the end', async () => {
    const past = broken(
      'out[group.x * vectors + c] =',
      'out[sizes.tokens * vectors + c] = vec4<f32>(7.0); out[group.x * vectors + c] =',
    );
    await expect(run(past)).rejects.toThrow('writes past the end of out');
  });

  test('sees a change of what has to stay, however large the rest is', async ({ skip }) => {
    const dot4 = findVariant('lora_matmul', 'dot4');
    skipUnsupported(kernels, dot4, skip);
    // The sums of the splits reach the plane of the value, which the way up does not write without a LoRA for it.
    const wider = dot4.text
      .replace('planes: 2 + min(value, 1)', 'planes: 3')
      .replace('let planes = 2u + min(sizes.value, 1u)', 'let planes = 3u');
    const { lora_matmul: lora } = registry;
    const tolerant = { ...readVariant('lora_matmul', 'wider', wider), error: 1 };
    const splitting = lora.cases.find(({ value, columns }) => value === 0 && columns === 512)!;
    await expect(check(kernels, lora, tolerant, splitting)).rejects.toThrow(
      /lora_matmul\/wider .* changes inputs at element \d+, which has to stay as it was/,
    );
    expect(await check(kernels, lora, dot4, splitting)).toBeLessThanOrEqual(dot4.error!);
  });

  test('finds nothing wrong with f16 where x is beyond its range', async ({ skip }) => {
    const f16 = findVariant('matmul_q4_k', 'f16');
    skipUnsupported(kernels, f16, skip);
    const { matmul_q4_k: product } = registry;
    const outliers = (length: number, random: () => number) =>
      Float32Array.from({ length }, () => 1e6 * random() ** 8);
    const large = { ...product, inputs: { ...product.inputs, x: outliers } };
    expect(await check(kernels, large, f16, product.cases[1])).toBeLessThanOrEqual(f16.error!);
  });

  test('gives the compiler its say, with the line', async () => {
    const line = text.split('\n').findIndex((each) => each.includes('let scale =')) + 1;
    await expect(run(broken('let scale =', 'let scale : u32 ='))).rejects.toThrow(
      new RegExp(`layer_norm/broken does not compile: line ${line}:`),
    );
  });
});

test('a shape that has no room on the GPU is refused by the code memory', async () => {
  const kernels = await sharedKernels();
  const { maxBufferSize, maxStorageBufferBindingSize } = kernels.device.limits;
  const columns = 4096;
  const rows =
    256 * Math.ceil((Math.max(maxBufferSize, maxStorageBufferBindingSize) + 1) / columns / 4 / 256);
  const sizes = { rows, columns, tokens: 1, batch: 1, stride: rows, mode: 0 };
  const checking = checkAtShape(
    { kernels, device: kernels.device },
    findVariant('matmul_f32', 'naive'),
    sizes,
    1,
  );
  await expect(checking).rejects.toMatchObject({ code: 'memory' });
  await expect(checking).rejects.toThrow(/no room .* lower the chunk/);
});

test('an error in a shared file names the file and its line', async () => {
  const device = await openDevice(gpu);
  const { text } = findVariant('matmul_q4_k', 'naive');
  const twice = readVariant('matmul_q4_k', 'twice', `${text}\nfn q4_k_scale() {}\n`);
  await expect(new Kernels(device, gpu.wgslLanguageFeatures).compile(twice)).rejects.toThrow(
    /^matmul_q4_k\/twice does not compile: formats\/q4_k\.wgsl:24:\d+: /,
  );
  device.destroy();
});

test('an error in a loop that is written out is told once, at its line', async () => {
  const device = await openDevice(gpu);
  const { text } = withKnobs(findVariant('matvec_q4_k', 'staged'), { written_out: 32 });
  const line = text.split('\n').findIndex((each) => each.includes('let i = n * threads + thread;')) + 1;
  const wrong = text.replace('let i = n * threads + thread;', 'let i = n * threads + no_such;');
  const reason = await new Kernels(device, gpu.wgslLanguageFeatures)
    .compile(readVariant('matvec_q4_k', 'wrong', wrong))
    .catch((error: Error) => error.message);
  expect(reason).toMatch(
    new RegExp(`^matvec_q4_k/wrong does not compile: line ${line}:\\d+ [^;]*no_such[^;]*$`),
  );
  device.destroy();
});

describe('a matrix that a variant lays out anew', async () => {
  const device = await openDevice(gpu);
  const kernels = new Kernels(device, gpu.wgslLanguageFeatures);
  afterAll(() => device.destroy());
  const resident = readVariant('matmul_f32', 'resident', RESIDENT);
  const rows = 100;
  const weight = storageBuffer(device, 'weight', 4 * rows);
  const out = storageBuffer(device, 'out', 4 * rows);
  const fill = (value: number) => device.queue.writeBuffer(weight, 0, new Float32Array(rows).fill(value));

  test('is loaded once, whatever the tokens, and freed', async () => {
    fill(3);
    const one = await kernels.steps(resident, { weight, out }, { rows, tokens: 1 });
    const many = await kernels.steps(resident, { weight, out }, { rows, tokens: 64 });
    expect([...one, ...many].map(({ label }) => label)).toEqual(Array(2).fill('matmul_f32/resident'));
    expect(kernels.bytes).toEqual({ scratch: 0, resident: 4 * rows });
    expect(await kernels.loaded()).toBeGreaterThan(0);
    fill(5); // the loaded layout stays unchanged
    device.queue.submit([encode(device, [...one, ...many])]);
    expect([...new Set(new Float32Array(await readBuffer(device, out)))]).toEqual([12]);
    kernels.release();
    expect(kernels.bytes.resident).toBe(0);
    expect(await kernels.loaded()).toBe(0);
  });

  test('is one for each matrix and part of it', async () => {
    const other = storageBuffer(device, 'other', 4 * rows);
    const sizes = { rows: 32, tokens: 1 };
    for (const offset of [0, 256, 0])
      await kernels.steps(resident, { weight: { buffer: weight, offset, size: 128 }, out }, sizes);
    await kernels.steps(resident, { weight: other, out }, sizes);
    expect(kernels.bytes.resident).toBe(3 * 4 * 32);
    kernels.forget(weight);
    expect(kernels.bytes.resident).toBe(4 * 32);
  });

  test('names itself and its bytes where there is no room', async () => {
    const large = readVariant(
      'matmul_f32',
      'large',
      RESIDENT.replace('twice: rows', 'twice: rows * 10000000'),
    );
    await expect(kernels.steps(large, { weight, out }, { rows, tokens: 1 })).rejects.toThrow(
      /^matmul_f32\/large keeps a matrix as twice: no room for 3814\.7 MiB after .* MiB of the same\. This GPU binds/,
    );
  });
});

test('a check that is superseded is left at once, tells no more, and what it compiles can be waited for', async () => {
  const kernels = await sharedKernels();
  const { text } = findVariant('layer_norm', 'workgroup');
  const variant = readVariant('layer_norm', 'new', text.replace('squares = 0.0', 'squares = 1e-30'));
  const stop = new AbortController();
  const told: string[] = [];
  const checked = checkAll(
    { layer_norm: variant },
    { kernels, checked: new Map(), seed: 1 },
    (phase) => told.push(phase),
    stop.signal,
  );
  const order: string[] = [];
  checked.catch(() => order.push('left'));
  void kernels.compile(variant).then(() => order.push('compiled'));
  stop.abort(new Error('superseded'));
  await expect(checked).rejects.toThrow('superseded');
  await kernels.settled();
  expect(order).toEqual(['left', 'compiled']);
  expect(told).toEqual(['compiling']);
});
