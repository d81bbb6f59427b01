/** The settings that a compare cell compares: blocks of its text, each edited on one line. */
import type { Catalogue } from '../../lab/experiment/catalogue';
import { changesResult } from '../../lab/experiment/descriptors';
import { parseExperiment, readExperiment, withoutDefaults } from '../../lab/experiment/experiment';
import { formatLines, readOneLine, type Setting, writtenSettings } from '../../lab/experiment/settings';
import type { RunRecord } from '../../lab/records/record';

/**
 * The block of one line of settings, together with those settings of `before` that only the cell itself has (`own`). Throws
 * an Error that names what is unknown or impossible.
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

/** The block that makes a record's run again: a comparison decides itself how often it takes samples. */
export function blockOf({ settings }: RunRecord, catalogue: Catalogue): string {
  const experiment = withoutDefaults(parseExperiment(settings, catalogue), catalogue);
  return formatLines(Object.entries(experiment).filter(([key]) => changesResult(key)));
}
