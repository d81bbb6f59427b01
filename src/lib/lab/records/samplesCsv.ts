/**
 * One row per sample, those of each phase in the order taken: for statistics programs. Each row repeats what its run was, so that any part of the file
 * says what was measured, where and how, and the whole can be read back as the same runs.
 */
import { FACTS } from './columns';
import { type Cell, formatCsv } from './csv';
import { RESULT_DEFAULTS } from '../experiment/descriptors';
import { shorten, writtenSettings } from '../experiment/settings';
import { type RunRecord, UNKNOWN_TIME } from './record';
import { readRow } from './runsCsv';
import { readNumber } from './values';

/** The phase that a row times, by the field of the record that holds it. */
const PHASES = {
  warmup: 'warmupSeconds',
  timed: 'prefillSeconds',
  decode: 'decodeSeconds',
  sequences: 'sequencesSeconds',
  token: 'tokenSeconds',
  softmax: 'softmaxSeconds',
  readback: 'readbackSeconds',
  sentinel: 'sentinelSeconds',
} as const;
type Phase = keyof typeof PHASES;

const FIELDS = new Set<string>(Object.values(PHASES));
const REPEATED = FACTS.filter(([key]) => !FIELDS.has(key)).map(([, { column }]) => column);
const OWN = ['run', 'order', 'phase', 'prefill_tokens', 'wall_s'];

export function samplesToCsv(records: readonly RunRecord[]): string {
  const header = [...OWN, ...REPEATED.map(({ name }) => name)];
  return formatCsv([header, ...records.flatMap(rowsOf)]);
}

function rowsOf(record: RunRecord, index: number): Cell[][] {
  const samples = (Object.keys(PHASES) as Phase[]).flatMap((phase) =>
    (record[PHASES[phase]] ?? []).map((seconds) => [phase, record.prefill, seconds] as const),
  );
  const facts = REPEATED.map(({ value }) => value(record));
  return samples.map((sample, order) => [index + 1, order + 1, ...sample, ...facts]);
}

type Row = Record<string, string>;

/** True for a row of samples. */
export const isSampleRow = (row: Row): boolean =>
  ['run', 'phase', 'wall_s'].every((name) => Object.hasOwn(row, name));

/**
 * The runs of rows that samplesToCsv wrote, in their order; of files of version 0.2 and older, which say no more than the settings, with
 * the device unknown. Throws an Error that names the row that cannot be read.
 */
export function readSampleRows(rows: readonly Row[]): RunRecord[] {
  const runs = new Map<string, { first: Row; index: number; seconds: Record<string, number[]> }>();
  rows.forEach((row, index) => {
    const place = `Row ${index + 1} of the CSV`;
    if (!Object.hasOwn(PHASES, row.phase))
      throw new Error(
        `${place}, phase: "${shorten(row.phase)}" is not one of ${Object.keys(PHASES).join(', ')}`,
      );
    const run = runs.get(row.run) ?? { first: row, index, seconds: {} };
    runs.set(row.run, run);
    try {
      (run.seconds[PHASES[row.phase as Phase]] ??= []).push(readNumber(row.wall_s));
    } catch (error) {
      throw new Error(`${place}, wall_s: ${(error as Error).message}`, { cause: error });
    }
  });
  return [...runs.values()].map(({ first, index, seconds }) => {
    const lists = FACTS.filter(([key]) => FIELDS.has(key)).map(
      ([key, { column }]) => [column.name, (seconds[key] ?? []).join(' ')] as const,
    );
    const facts = Object.hasOwn(first, 'x_settings') ? first : formerFacts(first);
    return readRow({ ...facts, ...Object.fromEntries(lists) }, index);
  });
}

/** The columns of a run as far as a file of version 0.2 tells them. */
function formerFacts({ settings = '', prefill_tokens: prefill }: Row): Row {
  const written = new Map(writtenSettings(settings).map(({ key, values }) => [key, values[0]]));
  const chunk = written.get('chunk');
  return {
    x_settings: settings,
    x_model: written.get('model') ?? 'demo',
    x_prefill_tokens: prefill,
    x_chunk_tokens: chunk === undefined || chunk === 'prefill' ? prefill : chunk,
    x_decode_tokens: written.get('decode') ?? String(RESULT_DEFAULTS.decode),
    ...{ x_variants: '', x_error: '0', x_error_kernel: '', x_geometry: '', x_parameters: '0' },
    ...{
      x_weight_bytes: '0',
      x_load_s: '0',
      x_kernel_hash: '',
      x_adapter: 'unknown',
      x_software_adapter: '0',
    },
    ...{ x_agent: 'unknown', x_started_at: UNKNOWN_TIME, x_warnings: '' },
  };
}
