// Test helper: checks variants of the registry, at several knob values, against their kernels' references.
import { describe, expect, test } from 'vitest';
import { check } from '../../src/lib/engine/check';
import { kernels as registry, settingsToCheck, variants } from '../../src/lib/shaders';
import { seeded, type Sizes } from '../../src/lib/shaders/kernel';
import { knobSettings, knowsSizes, withKnobs, type Variant } from '../../src/lib/shaders/variant';
import { sharedKernels, skipUnsupported } from './engines';

/** The data are the same in every run of the tests, and made once for all variants of a kernel. */
const SEED = 1;

/** A software GPU takes most of a minute to compile a written-out text of these kernels, on which only Chrome's compiler is asked. */
const SLOW_WRITTEN_OUT = ['wkv_token', 'wkv_tokens'];

/** Defines a test for each setting of the selected variants, at all cases of their kernel. */
export async function testVariants(which: (variant: Variant) => boolean) {
  const kernels = await sharedKernels();
  const tested = variants.filter(which);
  describe.each(tested.map((variant) => ({ name: `${variant.kernel}/${variant.name}`, variant })))(
    '$name',
    ({ variant }) => {
      const kernel = registry[variant.kernel];
      test.for(settings(variant).map((setting) => ({ knobs: knobs(setting), setting })))(
        '$knobs',
        async ({ setting }, { skip }) => {
          skipUnsupported(kernels, setting, skip);
          if (
            isWrittenOut(setting) &&
            SLOW_WRITTEN_OUT.includes(setting.kernel) &&
            !process.env.LAB_ALL_KNOBS
          )
            return requireAccepted(kernels.device, setting);
          for (const sizes of casesOf(setting))
            expect(await check(kernels, kernel, setting, sizes, SEED)).toBeLessThanOrEqual(
              setting.error ?? kernel.tolerance,
            );
        },
      );
    },
  );
}

/**
 * Settings to test: the knobs' lowest and highest values and a seeded random sample, one of them with its loops written out; all
 * settings with LAB_ALL_KNOBS, for machines with a real GPU.
 */
function settings(variant: Variant): Variant[] {
  const all = [...knobSettings(variant)].map((knobs) => withKnobs(variant, knobs));
  if (process.env.LAB_ALL_KNOBS) return all;
  const ends = settingsToCheck(variant);
  const sample = ends.length > 1 ? [all[Math.floor(seeded(all.length)() * all.length)]] : [];
  return onceEach(oneWrittenOut([...ends, ...sample]));
}

/** All cases of the kernel; one for a variant with a text of its own for each, which a software GPU compiles for ten seconds. */
function casesOf(setting: Variant): Sizes[] {
  const { cases } = registry[setting.kernel];
  return knowsSizes(setting) && !process.env.LAB_ALL_KNOBS ? cases.slice(0, 1) : cases;
}

/** Asks Chrome's compiler, without compiling for the adapter. */
async function requireAccepted(device: GPUDevice, { wgsl }: Variant) {
  const { messages } = await device.createShaderModule({ code: wgsl }).getCompilationInfo();
  expect(messages.filter(({ type }) => type === 'error')).toEqual([]);
}

const isWrittenOut = ({ knobs }: Variant) => (knobs.written_out?.value ?? 1) > 1;

const onceEach = (settings: Variant[]) => [...new Map(settings.map((each) => [each.wgsl, each])).values()];

/**
 * The settings in loops, and the shortest text of them that is written out: a software GPU takes minutes to compile all written-out
 * texts, and tests/pure/unroll.test.ts shows that each has the same work as its loops.
 */
function oneWrittenOut(settings: Variant[]): Variant[] {
  const inLoops = settings.map((setting) =>
    setting.knobs.written_out ? withKnobs(setting, { written_out: 1 }) : setting,
  );
  const written = settings.filter((setting, i) => setting.wgsl !== inLoops[i].wgsl);
  const shortest = written.toSorted((a, b) => a.wgsl.length - b.wgsl.length)[0];
  return shortest ? [...inLoops, shortest] : inLoops;
}

const knobs = (variant: Variant) =>
  Object.entries(variant.knobs)
    .map(([name, { value }]) => `${name}=${value}`)
    .join(' ');
