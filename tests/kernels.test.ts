/** Every variant × knob setting × case, against the kernel's reference. New files need no edit here. */
import { afterAll, describe, expect, test } from 'vitest';
import { gpu } from '../cli/node';
import { check } from '../src/lib/engine/check';
import { openDevice } from '../src/lib/engine/device';
import { Kernels } from '../src/lib/engine/kernels';
import { kernels as registry, variants } from '../src/lib/shaders';
import { seeded } from '../src/lib/shaders/kernel';
import { knobSettings, withKnobs, type Variant } from '../src/lib/shaders/variant';

const device = await openDevice(gpu);
const kernels = new Kernels(device, gpu.wgslLanguageFeatures);
afterAll(() => device.destroy());

/** Where a variant has many knobs: its defaults, each knob's extremes, and a seeded sample. */
function settings(variant: Variant): Record<string, number>[] {
  const all = knobSettings(variant);
  if (all.length <= 12) return all;
  const random = seeded(1);
  const extremes = Object.entries(variant.knobs).flatMap(([name, { choices }]) =>
    [choices[0], choices[choices.length - 1]].map((choice) => ({ [name]: choice })),
  );
  const sample = Array.from({ length: 4 }, () => all[Math.floor(random() * all.length)]);
  return [{}, ...extremes, ...sample];
}

describe.each(variants.map((variant) => ({ name: `${variant.kernel}/${variant.name}`, variant })))(
  '$name',
  ({ variant }) => {
    const kernel = registry[variant.kernel];
    test.each(settings(variant).map((knobs) => ({ knobs })))('$knobs', async ({ knobs }) => {
      const turned = withKnobs(variant, knobs);
      const obstacle = kernels.obstacle(turned);
      if (obstacle)
        return console.warn(
          `skipped: ${variant.kernel}/${variant.name} ${JSON.stringify(knobs)} ${obstacle}`,
        );
      for (const sizes of kernel.cases)
        expect(await check(kernels, kernel, turned, sizes)).toBeLessThanOrEqual(kernel.tolerance);
    });
  },
);
