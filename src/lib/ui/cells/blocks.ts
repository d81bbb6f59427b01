/** The settings that a compare cell sets against each other: blocks of its text, each as one line that can be edited. */
import { readCell } from '../../lab/cells/cells';
import type { Catalogue } from '../../lab/experiment/catalogue';
import { formatExperiment, parseExperiment } from '../../lab/experiment/experiment';
import type { RunRecord } from '../../lab/records/record';

const RULE = /^[ \t]*---[ \t]*\r?(?:\n|$)/m;
/** Of a run that was measured; a comparison decides on its own how often it samples. */
const NOT_COMPARED = ['samples', 'warmup', 'target', 'x', 'scale', 'reference'];

/** At least one, `---` between them taken away. */
export const blocksOf = (text: string): string[] => text.split(RULE);

export const textOf = (blocks: readonly string[]): string =>
  blocks.map((block) => (block === '' || block.endsWith('\n') ? block : `${block}\n`)).join('---\n');

const linesOf = (block: string) =>
  block
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
const keyOf = (line: string) => line.split('=')[0].trim();

/** The block in one line, without the settings that are the cell's own. */
export const lineOf = (block: string, own: readonly string[]): string =>
  linesOf(block)
    .filter((line) => !own.includes(keyOf(line)))
    .join(' ');

/**
 * The block that such a line says, with the settings that are the cell's own as they were. Spaces part settings only before
 * a key: a model's name may hold some. Throws an Error that names what is unknown or impossible.
 */
export function blockFrom(
  line: string,
  before: string,
  own: readonly string[],
  catalogue: Catalogue,
): string {
  const query = line.trim().startsWith('?');
  const settings = query ? [line.trim()] : line.trim().split(/\s*&\s*|\s+(?=[\w.]+=)/);
  const block = settings.filter(Boolean).map((setting) => `${setting}\n`);
  readCell('sweep', block.join(''), catalogue);
  return [...linesOf(before).filter((kept) => own.includes(keyOf(kept))), ''].join('\n') + block.join('');
}

/** Settings that make a run again, as a block of its own. */
export function blockOf({ settings }: RunRecord, catalogue: Catalogue): string {
  const experiment = Object.fromEntries(
    Object.entries(parseExperiment(settings, catalogue)).filter(([key]) => !NOT_COMPARED.includes(key)),
  );
  try {
    return formatExperiment(experiment, 'lines', catalogue);
  } catch {
    return `?${formatExperiment(experiment, 'query', catalogue)}\n`; // a model's name that no line can hold
  }
}
