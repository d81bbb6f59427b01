// Devices as browsers other than Chromium give them.
import { expect, test } from 'vitest';
import { gpu } from '../../cli/node';
import {
  adapterInfoOf,
  beginScope,
  describeAdapter,
  endScope,
  openDevice,
} from '../../src/lib/engine/device';
import { Kernels } from '../../src/lib/engine/kernels';
import { findVariant } from '../../src/lib/shaders';
import { withKnobs } from '../../src/lib/shaders/variant';

/** This machine's GPU, whose devices lack `adapterInfo` as in Safari 26.0, and whose adapters say `info` of themselves. */
function withoutAdapterInfo(info: unknown): GPU {
  const patched = <T extends object>(target: T, own: Record<string, unknown>): T =>
    new Proxy(target, {
      get(real, key) {
        if (Object.hasOwn(own, key)) return own[key as string];
        const value: unknown = Reflect.get(real, key, real);
        return typeof value === 'function' ? (value.bind(real) as unknown) : value;
      },
    });
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = (await gpu.requestAdapter(options))!;
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) =>
      patched(await adapter.requestDevice(descriptor), { adapterInfo: undefined });
    return patched(adapter, { info, requestDevice });
  };
  return patched(gpu, { requestAdapter });
}

test('a device without adapterInfo is described by what its adapter said, and compiles', async () => {
  const word = 'apple';
  const info = {
    vendor: word,
    architecture: word,
    device: word,
    description: word,
    isFallbackAdapter: false,
  };
  const device = await openDevice(withoutAdapterInfo(info));
  expect(adapterInfoOf(device)).toBe(info);
  expect(describeAdapter(device)).toMatchObject({ name: 'apple', vendor: 'apple', software: false });
  const kernels = new Kernels(device);
  expect(kernels.unsupportedReason(findVariant('layer_norm', 'workgroup'))).toBeUndefined();
  // No smallest subgroup is reported, so the smallest that exists is assumed.
  if (device.features.has('subgroups'))
    expect(kernels.unsupportedReason(withKnobs(findVariant('wkv', 'lanes'), { lanes: 8 }))).toMatch(
      /this GPU's may have 4$/,
    );
  await kernels.compile(findVariant('layer_norm', 'workgroup'));
  device.destroy();
});

test('an adapter that says nothing of itself has a name all the same', async () => {
  const device = await openDevice(withoutAdapterInfo(undefined));
  expect(describeAdapter(device)).toMatchObject({ name: 'unnamed adapter', vendor: '', software: false });
  device.destroy();
});

test('an error scope that is ended without a beginning is a mistake; one of a lost GPU has no error', async () => {
  const device = await openDevice(gpu);
  beginScope(device, 'validation');
  expect(await endScope(device)).toBeNull();
  expect(() => endScope(device)).toThrow('had not begun');
  beginScope(device, 'validation');
  device.destroy();
  await device.lost;
  expect(await endScope(device)).toBeNull();
});
