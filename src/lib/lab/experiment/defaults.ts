/**
 * The variants that run where settings leave a kernel open: its portable default, or the variant that was measured to
 * be faster on GPUs of this vendor. They are filled in at one place and written into the settings of every run, so that
 * a link runs the same everywhere.
 */
import { findVariant, kernels } from '../../shaders';
import { familyOf } from '../../shaders/formats/formats';
import { withKnobs } from '../../shaders/variant';
import { type Experiment, parseExperiment } from './experiment';
import type { AdapterDescription } from '../../engine/device';
import type { Kernels } from '../../engine/kernels';
import { knobOf, ownerOf } from './settings';
import { rowsOf, VENDOR_KERNELS } from './vendors';

/**
 * The settings of every kernel whose default depends on the vendor: the vendor's own default, or the portable default
 * if the vendor has none or the GPU lacks a feature that it needs.
 */
export function defaultsFor({
  adapter,
  kernels: compiler,
}: {
  adapter: Pick<AdapterDescription, 'vendor'>;
  kernels: Pick<Kernels, 'unsupportedReason'>;
}): Experiment {
  const rows = rowsOf(adapter).map(({ settings }) => parseExperiment(settings));
  const defaults: Experiment = {};
  for (const kernel of VENDOR_KERNELS) {
    const own = rows.filter((row) => Object.keys(row).some((key) => ownerOf(key) === kernel));
    const possible = own.find((row) => {
      const knobs = Object.entries(row).filter(([key]) => key !== kernel);
      const values = Object.fromEntries(knobs.map(([key, [value]]) => [knobOf(key), Number(value)]));
      const variant = findVariant(kernel, row[kernel]?.[0] ?? kernels[kernel].default);
      return !compiler.unsupportedReason(withKnobs(variant, values));
    });
    Object.assign(defaults, possible ?? { [kernel]: [kernels[kernel].default] });
  }
  return defaults;
}

/**
 * The experiment with these defaults for every kernel that it leaves open, that is, names neither directly nor by its
 * family nor by a knob of either.
 */
export function complete(experiment: Experiment, defaults: Experiment): Experiment {
  const named = new Set(Object.keys(experiment).map(ownerOf));
  const filled = { ...experiment };
  for (const [key, values] of Object.entries(defaults)) {
    const kernel = ownerOf(key);
    const family = familyOf(kernel);
    if (!named.has(kernel) && !named.has(family)) filled[key] = values;
    // A knob without a variant is a knob of the portable default.
    else if (key === kernel && !experiment[kernel] && !experiment[family])
      filled[key] = [kernels[kernel].default];
  }
  return filled;
}
