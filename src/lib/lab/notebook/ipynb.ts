/** A notebook for Jupyter, written and read: nbformat 4.5. */
import { shorten } from '../experiment/settings';
import { readResults } from '../records/resultsText';
import { isRun } from '../records/runsCsv';
import { linesOf, markdownTable } from '../records/table';
import { type Cell, contentOf, makeCell, parseNotebook, printNotebook, readNotebookText } from './notebook';

/** The types of outputs that hold what a results cell holds: runs as CSV of the lab, or other results. */
const RUNS = 'application/vnd.rwkv-lab.runs+csv';
const OTHERS = 'application/vnd.rwkv-lab.results';
/** Most cells of a notebook that are read, and the largest text of one. */
const MOST_CELLS = 2000;

/**
 * The notebook as JSON: prose as Markdown, other cells as code that begins with a magic of their kind, results as
 * outputs. `results`: those of a cell as a results cell holds them, by its index. `fromIpynb` reads it.
 */
export function toIpynb(cells: readonly Cell[], results: ReadonlyMap<number, string> = new Map()): string {
  const notebook = {
    cells: cells.map((cell, index) => {
      const own = results.get(index);
      const id = `cell-${index + 1}`;
      if (cell.kind === 'prose')
        return { cell_type: 'markdown', id, metadata: {}, source: linesOf(cell.body) };
      return {
        cell_type: 'code',
        id,
        metadata: { rwkv_lab: { kind: cell.kind, name: cell.name } },
        execution_count: null,
        source: linesOf(`%%${infoOf(cell)}\n${contentOf(cell)}`),
        outputs: own ? [outputOf(own)] : [],
      };
    }),
    metadata: { language_info: { name: 'text' }, rwkv_lab: { version: 1 } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}

const infoOf = ({ open }: Cell) => open.replace(/^\uFEFF?[ `~]+/, '').trim();

function outputOf(text: string) {
  const { runs } = readResults(text);
  const data = runs.length
    ? { 'text/markdown': linesOf(markdownTable(runs.filter(isRun))), [RUNS]: linesOf(text) }
    : { 'text/plain': linesOf(text), [OTHERS]: linesOf(text) };
  return { output_type: 'display_data', metadata: {}, data };
}

/**
 * The text of a notebook for Jupyter. Code that is not the lab's becomes a fence in the prose; results among the outputs become
 * a results cell below their cell, unless that holds them already. Throws an Error that says what cannot be read.
 */
export function fromIpynb(text: string): string {
  const cells = notebookIn(text).flatMap((cell, index) => cellsIn(cell, `Cell ${index + 1}`));
  const spaced = cells
    .filter(({ open, body, close }) => open + body + close !== '')
    .filter((cell, index, all) => !(cell.kind === 'csv' && repeats(cell, all[index - 1])))
    .flatMap((cell): Cell[] => [cell, { kind: 'prose', name: '', open: '', body: '\n', close: '' }]);
  const printed = printNotebook(spaced);
  readNotebookText(printed);
  return printed;
}

/** True for a results cell that holds what the results cell above it holds. */
const repeats = (cell: Cell, above: Cell | undefined) => above?.kind === 'csv' && above.body === cell.body;

interface JupyterCell {
  cell_type?: unknown;
  source?: unknown;
  outputs?: unknown;
}

function notebookIn(text: string): JupyterCell[] {
  let read: { cells?: unknown } | null;
  try {
    read = JSON.parse(text) as { cells?: unknown };
  } catch (error) {
    throw new Error(`This is not a Jupyter notebook: ${shorten((error as Error).message)}`, { cause: error });
  }
  const cells = read?.cells;
  if (!Array.isArray(cells))
    throw new Error('This is not a Jupyter notebook of nbformat 4: it has no list of cells');
  if (cells.length > MOST_CELLS)
    throw new Error(`This notebook has ${cells.length} cells; at most ${MOST_CELLS} can be opened`);
  return cells.map((cell: unknown) => (typeof cell === 'object' && cell !== null ? cell : {}));
}

function cellsIn({ cell_type: type, source, outputs }: JupyterCell, place: string): Cell[] {
  const text = textOf(source, `${place}, source`);
  if (type !== 'code') return [{ kind: 'prose', name: '', open: '', body: ended(text), close: '' }];
  const results = (Array.isArray(outputs) ? outputs : []).flatMap((output: unknown) =>
    resultsIn(output, place),
  );
  const cell = /^%%(lab|wgsl|csv|json) /.test(text) ? magicCell(text) : undefined;
  const shown = cell ?? makeCell('prose', fenced(text));
  return [shown, ...results.map((each) => makeCell('csv', each))];
}

/** The cell that a text with a magic of the lab stands for; undefined if no cell is called so. */
function magicCell(text: string): Cell | undefined {
  const end = text.indexOf('\n');
  const [info, content] = end < 0 ? [text.slice(2), ''] : [text.slice(2, end), text.slice(end + 1)];
  const [named] = parseNotebook(`\`\`\`${info}\n\`\`\`\n`);
  return named && named.kind !== 'prose' ? makeCell(named.kind, content, named.name) : undefined;
}

/** The results in an output of the lab, as text that can be read. */
function resultsIn(output: unknown, place: string): string[] {
  const data = (output as { data?: unknown } | null)?.data;
  if (typeof data !== 'object' || data === null) return [];
  return [RUNS, OTHERS].flatMap((type) => {
    if (!Object.hasOwn(data, type)) return [];
    try {
      const text = textOf((data as Record<string, unknown>)[type], 'its results');
      readResults(text);
      return [text];
    } catch (error) {
      throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
    }
  });
}

function textOf(source: unknown, place: string): string {
  const parts: unknown[] = Array.isArray(source) ? source : [source ?? ''];
  if (!parts.every((part) => typeof part === 'string'))
    throw new Error(`${place} should be a text or a list of texts`);
  return parts.join('');
}

/** The text in a fence that it cannot close. */
function fenced(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}python\n${ended(text)}${fence}\n`;
}

const ended = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
