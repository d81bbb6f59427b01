/** Imports files that were dropped or chosen: notebooks, results and models. */
import { readNotebookText } from '../../lab/notebook/notebook';
import { textIn } from '../../lab/records/textIn';
import { loadSources } from '../../shaders/loading';
import { checkModelFile } from '../session/modelFile';
import type { Notebook } from './notebook.svelte';
import { t, told } from '../words/words.svelte';

/** Largest notebook and results file that is read, in bytes. */
const LARGEST_NOTEBOOK = 5_000_000;
const LARGEST_RESULTS = 50_000_000;
const RESULTS = ['csv', 'tsv', 'json', 'jsonl', 'ndjson', 'log', 'txt'];

/** Imports each file according to its extension. Resolves to the messages for the user; errors become messages too. */
export async function takeFiles(files: File[], notebook: Notebook): Promise<string[]> {
  const said: string[] = [];
  for (const file of files) {
    try {
      const line = await take(file, notebook);
      if (line) said.push(line);
    } catch (reason) {
      said.push(t().page.dropBad(file.name, told((reason as Error).message)));
    }
  }
  return said;
}

async function take(file: File, notebook: Notebook): Promise<string | undefined> {
  const kind = /\.(\w+)$/.exec(file.name)?.[1].toLowerCase();
  if (kind === 'gguf') {
    await checkModelFile(file);
    notebook.lab.addFile(file);
    return t().page.modelAdded(file.name);
  }
  if (kind === 'md' || kind === 'markdown') {
    // Loads the shipped sources, so that shipped shaders are recognised. Offline, all shaders count as foreign.
    await loadSources().catch(() => undefined);
    const text = await textOf(file, LARGEST_NOTEBOOK);
    const cells = readNotebookText(text);
    // llama-bench prints its table as Markdown, which is results and not a notebook.
    const isNotebook = cells.some(({ kind }) => kind !== 'prose');
    const { isLlamaTable } = await import('../../lab/records/llamaTests');
    if (!isNotebook && isLlamaTable(text)) return addResults(file, notebook);
    notebook.open(text, { origin: 'file' });
  } else if (kind === 'ipynb') {
    await loadSources().catch(() => undefined);
    const { fromIpynb } = await import('../../lab/notebook/ipynb');
    notebook.open(fromIpynb(await textOf(file, LARGEST_NOTEBOOK)), { origin: 'file' });
  } else if (kind && RESULTS.includes(kind)) return addResults(file, notebook);
  else return t().page.dropUnknown(file.name);
  return undefined;
}

async function textOf(file: File, largest: number): Promise<string> {
  if (file.size > largest) throw new Error(t().page.fileTooLarge(megabytes(file.size), megabytes(largest)));
  return textIn(new Uint8Array(await file.arrayBuffer()));
}

/** Adds the results as a csv cell below the selected cell. Returns a message about rows that were left out. */
async function addResults(file: File, notebook: Notebook): Promise<string | undefined> {
  const { isKernelsCsv, kernelsToCsv, readProfiles } = await import('../../lab/records/kernelsCsv');
  const { toCsv } = await import('../../lab/records/runsCsv');
  const { readRuns } = await import('../../lab/records/import');
  const { isFrozen } = await import('../../lab/records/textData');
  const text = await textOf(file, LARGEST_RESULTS);
  const at = notebook.index(notebook.selected) + 1 || notebook.cells.length;
  if (isFrozen(text)) {
    const { readFrozen, toFrozen } = await import('../../lab/records/frozen');
    notebook.addResults(toFrozen(readFrozen(text)), at, 'file');
    return undefined;
  }
  if (isKernelsCsv(text)) {
    const { profiles, failed } = readProfiles(text);
    notebook.addResults(kernelsToCsv(profiles, { failed }), at, 'file');
    return undefined;
  }
  const { records, results = records, leftOut } = readRuns(text);
  if (records.length) notebook.addResults(toCsv(results), at, 'file');
  return leftOut.length ? `${file.name}: ${told(`${leftOut.join('. ')}.`)}` : undefined;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
