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
import { tunedDefaults } from './tuned';
import { rowsOf, VENDOR_KERNELS } from './vendors';

/**
 * The settings of every kernel whose default depends on the vendor: the vendor's own default, or the portable default
 * if the vendor has none or the GPU lacks a feature that it needs.
 */
export function defaultsFor({
  adapter,
  kernels: compiler,
  tuned = '',
}: {
  adapter: Pick<AdapterDescription, 'vendor'>;
  kernels: Pick<Kernels, 'unsupportedReason'>;
  /** Settings that were found on this very GPU: they come before its vendor's. */
  tuned?: string;
}): Experiment {
  const rows = [tunedDefaults(tuned), ...rowsOf(adapter).map(({ settings }) => parseExperiment(settings))];
  const defaults: Experiment = {};
  for (const kernel of VENDOR_KERNELS) {
    const own = rows
      .map((row) => Object.entries(row).filter(([key]) => ownerOf(key) === kernel))
      .filter((entries) => entries.length > 0);
    const possible = own.find((entries) => isPossible(kernel, Object.fromEntries(entries), compiler));
    Object.assign(
      defaults,
      possible ? Object.fromEntries(possible) : { [kernel]: [kernels[kernel].default] },
    );
  }
  return defaults;
}

/** True if a GPU can run a kernel's variant with these knobs, and both exist in this version. */
function isPossible(
  kernel: string,
  settings: Experiment,
  compiler: Pick<Kernels, 'unsupportedReason'>,
): boolean {
  const knobs = Object.entries(settings).filter(([key]) => key !== kernel);
  const values = Object.fromEntries(knobs.map(([key, [value]]) => [knobOf(key), Number(value)]));
  try {
    const variant = findVariant(kernel, settings[kernel]?.[0] ?? kernels[kernel].default);
    return !compiler.unsupportedReason(withKnobs(variant, values));
  } catch {
    return false;
  }
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

/**
 * The settings, as pairs of key and values, that turn knobs of what runs for a kernel. If the experiment leaves the kernel open, they name
 * what `complete` fills in for it too, because a knob alone is a knob of the portable default.
 * @param knobs their values, by name
 */
export function turning(
  kernel: string,
  knobs: Record<string, number[]>,
  experiment: Experiment,
  defaults: Experiment,
): [key: string, values: string[]][] {
  const filled = Object.entries(complete(experiment, defaults)).filter(
    ([key]) => ownerOf(key) === kernel && !experiment[key],
  );
  return [
    ...filled,
    ...Object.entries(knobs).map(([knob, values]): [string, string[]] => [
      `${kernel}.${knob}`,
      values.map(String),
    ]),
  ];
}
