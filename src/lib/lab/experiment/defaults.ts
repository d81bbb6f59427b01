/**
 * What runs where the settings say nothing: each kernel's portable default, but on GPUs where something else was measured
 * to be faster, that. Applied in one place and written into the settings, so that a link runs the same everywhere.
 */
import { findVariant, kernels } from '../../shaders';
import { withKnobs } from '../../shaders/variant';
import { families } from './catalogue';
import { type Experiment, parseExperiment } from './experiment';
import type { AdapterDescription } from '../../engine/device';
import type { Kernels } from '../../engine/kernels';
import { SETTINGS_BY_VENDOR, VENDOR_KERNELS } from './vendors';

/**
 * The settings of every kernel that some vendor's GPU has a default of its own for: this one's, or the portable default
 * where it has none, or lacks what its own takes.
 */
export function defaultsFor({
  adapter,
  kernels: compiler,
}: {
  adapter: Pick<AdapterDescription, 'vendor'>;
  kernels: Pick<Kernels, 'unsupportedReason'>;
}): Experiment {
  const own = parseExperiment(SETTINGS_BY_VENDOR[adapter.vendor.toLowerCase()] ?? '');
  const defaults: Experiment = {};
  for (const kernel of VENDOR_KERNELS) {
    const settings = Object.entries(own).filter(([key]) => ownerOf(key) === kernel);
    const knobs = settings.flatMap(([key, [value]]) =>
      key === kernel ? [] : [[key.split('.')[1], Number(value)]],
    );
    const name = own[kernel]?.[0] ?? kernels[kernel].default;
    const possible = !compiler.unsupportedReason(
      withKnobs(findVariant(kernel, name), Object.fromEntries(knobs)),
    );
    Object.assign(
      defaults,
      possible && settings.length ? Object.fromEntries(settings) : { [kernel]: [kernels[kernel].default] },
    );
  }
  return defaults;
}

/** The experiment with these defaults wherever it says nothing of a kernel, neither variant nor knob nor family. */
export function complete(experiment: Experiment, defaults: Experiment): Experiment {
  const members = families();
  const familyOf = (kernel: string) => Object.keys(members).find((name) => members[name].includes(kernel));
  const said = new Set(Object.keys(experiment).map(ownerOf));
  const filled = { ...experiment };
  for (const [key, values] of Object.entries(defaults)) {
    const kernel = ownerOf(key);
    const family = familyOf(kernel) ?? kernel;
    if (!said.has(kernel) && !said.has(family)) filled[key] = values;
    // A knob alone was turned on the portable default, which is then what it says.
    else if (key === kernel && !experiment[kernel] && !experiment[family])
      filled[key] = [kernels[kernel].default];
  }
  return filled;
}

const ownerOf = (key: string) => key.split('.')[0];
