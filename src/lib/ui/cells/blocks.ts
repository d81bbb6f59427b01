/** Converts between the blocks of a compare cell's text and lines of settings to edit. */
import type { Catalogue } from '../../lab/experiment/catalogue';
import { changesResult } from '../../lab/experiment/descriptors';
import { parseExperiment, readExperiment, withoutDefaults } from '../../lab/experiment/experiment';
import { formatLines, readOneLine, type Setting, writtenSettings } from '../../lab/experiment/settings';
import type { RunRecord } from '../../lab/records/record';

/**
 * Converts one line of settings to a block, and keeps the settings named in `own` (specific to the cell) from the block
 * `before`. Throws an Error that names the unknown or invalid setting.
 */
export function blockFrom(
  line: string,
  before: string,
  own: readonly string[],
  catalogue: Catalogue,
): string {
  const settings = readOneLine(line);
  readExperiment(settings, catalogue);
  const kept = writtenSettings(before).filter(({ key }) => own.includes(key));
  return formatLines([...kept.map(({ key, values }): Setting => [key, values]), ...settings]);
}

/**
 * The block of settings that repeats a record's run. Settings of the number of samples are left out, since a comparison
 * chooses them itself.
 */
export function blockOf({ settings }: RunRecord, catalogue: Catalogue): string {
  const experiment = withoutDefaults(parseExperiment(settings, catalogue), catalogue);
  return formatLines(Object.entries(experiment).filter(([key]) => changesResult(key)));
}
