/** Published runs as a notebook: what they are, their results, and their settings as sweeps to run here. */
import { toLinesUnchecked } from '../../lab/experiment/settings';
import { oneLine } from '../../lab/message';
import { makeCell, parseNotebook, printNotebook } from '../../lab/notebook/notebook';
import { linkOf } from '../../lab/notebook/share';
import type { RunRecord } from '../../lab/records/record';
import { toCsv } from '../../lab/records/runsCsv';
import type { ResultWords } from '../words/words.svelte';

const MOST_SWEEPS = 4;

type Heading = Pick<ResultWords, 'heading'>;

/** The hash of a link to a notebook of these runs, which are in files of static/results. */
export async function galleryLink(
  records: readonly RunRecord[],
  places: readonly { file: string }[],
  words: Heading,
): Promise<string> {
  const text = galleryNotebook(records, [...new Set(places.map(({ file }) => file))], words);
  return linkOf(parseNotebook(text), 'results');
}

/** The text of that notebook. */
export function galleryNotebook(
  records: readonly RunRecord[],
  files: readonly string[],
  words: Heading,
): string {
  const plain = (words: Iterable<string>) =>
    oneLine([...new Set(words)].join(', ')).replace(/[`<>[\]*_#|\\]/g, ' ');
  const devices = plain(records.map(({ adapter }) => adapter));
  const models = plain(records.map(({ model }) => model));
  const settings = [...new Set(records.map((record) => record.settings))].slice(0, MOST_SWEEPS);
  return printNotebook([
    makeCell('prose', `${words.heading(models, devices, files.map(plainName).join(', '))}\n\n`),
    makeCell('csv', toCsv(records)),
    ...settings.flatMap((each) => [
      makeCell('prose', '\n'),
      makeCell('sweep', toLinesUnchecked(each) || 'model=demo\n'),
    ]),
  ]);
}

const plainName = (file: string) => `\`${file.replace(/[^\w.-]/g, '')}\``;
