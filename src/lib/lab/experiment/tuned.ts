/** The settings that `tune` found for one GPU in one browser, kept by the page and used as defaults before the rows of the vendor. */
import { type Experiment, formatExperiment, parseExperiment } from './experiment';
import { ownerOf } from './settings';
import { rowsOf, VENDOR_KERNELS } from './vendors';

/**
 * The part of tuned settings that can be defaults: variants and knobs, one value each, of the kernels whose default depends on the
 * GPU. Other kernels have the same default everywhere, so that a link runs the same everywhere. Empty for a text that
 * cannot be read, such as one from an older version.
 */
export function tunedDefaults(settings: string): Experiment {
  try {
    const own = Object.entries(parseExperiment(settings)).filter(([key]) =>
      VENDOR_KERNELS.includes(ownerOf(key)),
    );
    const single = own.every(([, values]) => values.length === 1);
    return single ? Object.fromEntries(own) : {};
  } catch {
    return {};
  }
}

/** The same as text, to be kept. */
export const tunedText = (settings: string): string => formatExperiment(tunedDefaults(settings));

/** True if some default on this vendor's GPUs was measured on one of them. */
export const isMeasured = (adapter: { vendor: string }): boolean =>
  rowsOf(adapter).some(({ basis }) => basis === 'measured');
