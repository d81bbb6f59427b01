// Default variants: chosen by GPU vendor and device features, and always recorded.
import { describe, expect, test } from 'vitest';
import { complete, defaultsFor, turning } from '../../src/lib/lab/experiment/defaults';
import { change, formatExperiment, parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import type { OpenGpu } from '../../src/lib/lab/measure/session';
import { isMeasured } from '../../src/lib/lab/experiment/tuned';
import { ROWS_BY_VENDOR, VENDOR_KERNELS } from '../../src/lib/lab/experiment/vendors';
import { kernels } from '../../src/lib/shaders';
import type { Variant } from '../../src/lib/shaders/variant';

/** A GPU of this vendor that supports all variants except those in `impossible`, given as kernel/name. */
const gpuOf = (vendor: string, impossible: string[] = []) =>
  ({
    adapter: { vendor },
    kernels: {
      unsupportedReason: ({ kernel, name }: { kernel: string; name: string }) =>
        impossible.includes(`${kernel}/${name}`) ? 'cannot' : undefined,
    },
  }) as unknown as OpenGpu;
const filled = (settings: string, gpu: OpenGpu) =>
  formatExperiment(complete(parseExperiment(settings), defaultsFor(gpu)));

describe('defaults', () => {
  test('every vendor’s settings are one run of variants that exist', () => {
    for (const { settings } of Object.values(ROWS_BY_VENDOR).flat())
      expect(expand(parseExperiment(settings))).toHaveLength(1);
  });

  test('are the vendor’s where nothing is said, and portable elsewhere', () => {
    const portable = Object.fromEntries(VENDOR_KERNELS.map((kernel) => [kernel, [kernels[kernel].default]]));
    expect(parseExperiment(filled('chunk=64', gpuOf('nvidia')))).toEqual({
      chunk: ['64'],
      ...portable,
      ...Object.assign(
        {},
        ...ROWS_BY_VENDOR.nvidia.toReversed().map(({ settings }) => parseExperiment(settings)),
      ),
    });
    expect(parseExperiment(filled('', gpuOf('unheard of')))).toEqual(portable);
    expect(parseExperiment(filled('', gpuOf('')))).toEqual(portable);
  });

  test('stay what runs when one of their knobs is turned', () => {
    const turned = (settings: string, kernel: string, knobs: Record<string, number[]>) => {
      const experiment = parseExperiment(settings);
      const changes = turning(kernel, knobs, experiment, defaultsFor(gpuOf('nvidia')));
      return formatExperiment(changes.reduce((next, [key, values]) => change(next, key, values), experiment));
    };
    expect(turned('chunk=64', 'matmul_q4_k', { row_threads: [16], token_threads: [8] })).toBe(
      'chunk=64&matmul_q4_k=dot4&matmul_q4_k.row_threads=16&matmul_q4_k.token_threads=8',
    );
    expect(turned('', 'matvec_q4_k', { lanes: [32] })).toBe(
      'matvec_q4_k=dot4&matvec_q4_k.lanes=32&matvec_q4_k.teams=12&matvec_q4_k.staged=160',
    );
    expect(turned('matvec_q4_k=lanes', 'matvec_q4_k', { lanes: [8] })).toBe(
      'matvec_q4_k=lanes&matvec_q4_k.lanes=8',
    );
    expect(turned('matmul=tiled', 'matmul_q4_k', { token_threads: [4] })).toContain(
      'matmul=tiled&matmul_q4_k.token_threads=4',
    );
  });

  test('are portable again where the device lacks what the vendor’s take', () => {
    const settings = filled('', gpuOf('nvidia', ['matmul_q4_k/dot4']));
    expect(settings).toContain(`matmul_q4_k=${kernels.matmul_q4_k.default}`);
    expect(settings).toContain('matvec_q4_k=dot4');
  });

  test('have smaller workgroups where a GPU allows 256 threads only', () => {
    const { adapter } = gpuOf('nvidia');
    const unsupportedReason = ({ knobs }: Variant) =>
      (knobs.teams?.value ?? 0) > 8 ? 'too many threads' : undefined;
    const settings = defaultsFor({ adapter, kernels: { unsupportedReason } });
    expect(settings).toMatchObject({ matvec_q4_k: ['dot4'], 'matvec_q4_k.teams': ['6'] });
  });

  test('are the vendor’s next ones where the first cannot run, and on Apple never dot4', () => {
    const [lanes, exchange] = ROWS_BY_VENDOR.apple.filter(({ settings }) => settings.startsWith('wkv='));
    expect(defaultsFor(gpuOf('Apple'))).toMatchObject(parseExperiment(lanes.settings));
    const safari = defaultsFor(gpuOf('apple', ['wkv/lanes']));
    expect(safari).toMatchObject(parseExperiment(exchange.settings));
    expect(JSON.stringify(ROWS_BY_VENDOR.apple.map(({ settings }) => settings))).not.toContain('dot4');
    expect(defaultsFor(gpuOf('apple', ['wkv/lanes', 'wkv/exchange'])).wkv).toEqual([kernels.wkv.default]);
  });

  test('are what was found on this very GPU before all, as far as this version and the GPU know it', () => {
    const tuned = 'matmul_q4_k=tiled&matmul_q4_k.tile_k=32&layer_norm=spread';
    const defaults = (text: string, gpu = gpuOf('nvidia')) => defaultsFor({ ...gpu, tuned: text });
    expect(defaults(tuned)).toMatchObject({ matmul_q4_k: ['tiled'], 'matmul_q4_k.tile_k': ['32'] });
    expect(defaults(tuned)).toMatchObject({ matvec_q4_k: ['dot4'] });
    // The same everywhere, so that a link runs the same everywhere.
    expect(defaults(tuned)).not.toHaveProperty('layer_norm');
    for (const old of [
      'matmul_q4_k=gone',
      'matmul_q4_k=tiled&matmul_q4_k.gone=1',
      'matmul_q4_k=tiled,dot4',
      '\0',
    ])
      expect(defaults(old), old).toEqual(defaults(''));
    expect(defaults(tuned, gpuOf('nvidia', ['matmul_q4_k/tiled'])).matmul_q4_k).toEqual(['dot4']);
    expect(isMeasured({ vendor: 'NVIDIA' })).toBe(true);
    expect(isMeasured({ vendor: 'apple' })).toBe(false);
    expect(isMeasured({ vendor: 'unheard of' })).toBe(false);
  });

  test('give way to what the settings say of a kernel, its family or its knobs', () => {
    const gpu = gpuOf('unheard of');
    const portable = Object.fromEntries(VENDOR_KERNELS.map((kernel) => [kernel, [kernels[kernel].default]]));
    const others = '&matvec_q4_k=naive&wkv=sequential';
    for (const own of ['matmul_q4_k=tiled', 'matmul_q4_k.token_threads=8'])
      expect(parseExperiment(filled(own + others, gpu))).toEqual({
        ...portable,
        ...parseExperiment(own + others),
      });
    const family = parseExperiment(filled('matmul=naive&matvec=naive', gpu));
    const ofFamilies = ([kernel]: [string, string[]]) => /^mat(mul|vec)_/.test(kernel);
    expect(family).toMatchObject({ matmul: ['naive'], matvec: ['naive'], wkv: portable.wkv });
    expect(Object.entries(family).filter(ofFamilies)).toEqual([]);
  });

  test('once in the settings, they are the same on any GPU', () => {
    for (const vendor of ['nvidia', 'apple', '']) {
      const text = filled('chunk=64', gpuOf(vendor));
      for (const other of ['nvidia', 'apple', '']) expect(filled(text, gpuOf(other))).toBe(text);
      expect(expand(parseExperiment(text))[0].settings).toContain('wkv=');
    }
  });
});
