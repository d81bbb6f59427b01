/** Results and notebooks for elsewhere: a table to paste, a Jupyter notebook, a kernel's times as llama.cpp writes them. */
import { formatCsv } from './csv';
import { contentOf, type Cell } from '../notebook/notebook';
import type { Profile } from '../measure/profile';
import { chunkFits, COLUMNS, show, type RunRecord } from './record';

/** A Markdown table of the columns that the page shows and that are not empty; below it the fits of chunk sweeps. */
export function markdownTable(records: readonly RunRecord[]): string {
  const columns = COLUMNS.filter(
    (column) => column.table && records.some((record) => show(column, record) !== ''),
  );
  const row = (cells: string[]) => `| ${cells.map(escape).join(' | ')} |\n`;
  const rule = columns.map((column) =>
    records.every((record) => typeof column.value(record) !== 'string') ? '---:' : '---',
  );
  const table =
    row(columns.map(({ title }) => title)) +
    `| ${rule.join(' | ')} |\n` +
    records.map((record) => row(columns.map((column) => show(column, record)))).join('');
  const fits = chunkFits(records).map(({ settings, fit, points }) => {
    const rate = fit.tokensPerSecond.toPrecision(4);
    const cost = (1e3 * fit.secondsPerChunk).toPrecision(3);
    return `- \`${settings || 'default settings'}\`: a chunk of N tokens takes N / ${rate} s + ${cost} ms (${points} sizes)\n`;
  });
  return fits.length ? `${table}\n${fits.join('')}` : table;
}

/** Bars end cells, and a line ending would end the table. */
const escape = (text: string) =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*/g, ' ');

/** nbformat 4.5: prose as Markdown, other cells as code under a magic of their kind, results as outputs. `results`: by index of the cell. */
export function toIpynb(
  cells: readonly Cell[],
  results: ReadonlyMap<number, readonly RunRecord[]> = new Map(),
): string {
  const notebook = {
    cells: cells.map((cell, index) => {
      const records = results.get(index);
      const id = `cell-${index + 1}`;
      if (cell.kind === 'prose')
        return { cell_type: 'markdown', id, metadata: {}, source: linesOf(cell.body) };
      return {
        cell_type: 'code',
        id,
        metadata: { rwkv_lab: { kind: cell.kind, name: cell.name } },
        execution_count: null,
        source: linesOf(`%%${cell.open.replace(/^[ `~]+/, '').trim()}\n${contentOf(cell)}`),
        outputs: records?.length ? [outputOf(records)] : [],
      };
    }),
    metadata: { language_info: { name: 'text' }, rwkv_lab: { version: 1 } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}

const outputOf = (records: readonly RunRecord[]) => ({
  output_type: 'display_data',
  metadata: {},
  data: { 'text/markdown': linesOf(markdownTable(records)) },
});

/** Lines with their endings, as nbformat has texts. */
const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The columns of llama.cpp's test-backend-ops, then our own. */
const KERNEL_COLUMNS = [
  ...[
    'test_time',
    'build_commit',
    'backend_name',
    'op_name',
    'op_params',
    'test_mode',
    'supported',
    'passed',
  ],
  ...['error_message', 'time_us', 'flops', 'bandwidth_gb_s', 'memory_kb', 'n_runs', 'device_description'],
  ...[
    'backend_reg_name',
    'x_variant',
    'x_dispatches',
    'x_share',
    'x_compute_roof_flops',
    'x_roof_us',
    'x_beyond_target_us',
  ],
];

/** One row a kernel and shape of a profile; times of one use, in microseconds. `testTime`: ISO 8601, UTC. */
export function kernelsToCsv({ rows, adapter }: Profile, testTime: string): string {
  const all = rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const lines = rows.map((row) => {
    const { kernel, variant, shape, uses, dispatches, seconds, flop, bytes, roofSeconds } = row;
    const each = seconds / uses;
    const rate = (amount: number | undefined, unit: number) =>
      amount !== undefined && each > 0 ? amount / each / unit : undefined;
    return [
      ...[testTime, '', 'WebGPU', kernel, shape.replaceAll(', ', ','), 'perf', 1, 1, ''],
      ...[1e6 * each, rate(flop, 1), rate(bytes, 1e9), bytes && Math.ceil(bytes / 1024), uses, adapter],
      ...['WebGPU', variant, dispatches, seconds / all, row.computeRoof],
      roofSeconds === undefined ? undefined : (1e6 * roofSeconds) / uses,
      (1e6 * row.beyondTargetSeconds) / uses,
    ];
  });
  return formatCsv([KERNEL_COLUMNS, ...lines]);
}
