/** Runs as CSV, written and read: whole records, or summaries without samples. */
import { RESULT_DEFAULTS } from '../experiment/descriptors';
import type { Column } from './column';
import { COLUMNS, FACTS } from './columns';
import { formatCsv, parseCsv } from './csv';
import { linkDigits } from './linkDigits';
import { type Checks, FAILED, type FailedRun, type RunRecord } from './record';
import { shortQuality } from './quality';
import { median, medianInterval } from '../statistics/descriptive';

/** Fields of how a run was measured: later than the first files, and left out of summaries. */
const DETAILS: readonly (keyof RunRecord)[] = [
  'memoryBytes',
  'zeros',
  'layoutSeconds',
  'kernelHashes',
  'repetitions',
  'promptSeed',
  'clockTick',
  'encodeSeconds',
  'sentinelSeconds',
  'tokenSeconds',
];

/** Fields whose columns older files lack; left out of a record when their cell is empty. */
const LATER: readonly (keyof RunRecord)[] = [
  'sequencesSeconds',
  ...DETAILS,
  'checks',
  'quality',
  'summary',
  'labVersion',
  'setup',
];

/** The fields that a summary leaves out, with the values they are read back as. */
const LEFT_OUT: Partial<RunRecord> = {
  parameters: 0,
  geometry: {},
  weightBytes: 0,
  loadSeconds: 0,
  stepsPerSubmit: RESULT_DEFAULTS.stepsPerSubmit,
  seed: RESULT_DEFAULTS.seed,
  variants: {},
  warmupSeconds: [],
  errorKernel: '',
};

export const isFailed = (result: RunRecord | FailedRun): result is FailedRun => 'reason' in result;
export const isRun = (result: RunRecord | FailedRun): result is RunRecord => !isFailed(result);

/** One row per run: llama-bench's columns, then the lab's own, whose names begin with x_. */
export const toCsv = (results: readonly (RunRecord | FailedRun)[], header = true): string =>
  table(results, COLUMNS, header);

function table(
  results: readonly (RunRecord | FailedRun)[],
  columns: readonly Column[],
  header = true,
): string {
  const names = columns.map(({ name }) => name);
  const failures = results.some(isFailed);
  const rows = results.map((result) => {
    if (!isFailed(result)) return columns.map(({ value }) => value(result)).concat(failures ? [''] : []);
    return [...names.map((name) => (name === 'x_settings' ? result.settings : '')), result.reason];
  });
  return formatCsv(header ? [failures ? [...names, FAILED] : names, ...rows] : rows);
}

/** Records without their samples: medians, intervals, the device, and the variants in which they differ. `fromCsv` reads them. */
export function summariesToCsv(whole: readonly (RunRecord | FailedRun)[]): string {
  const records = withDifferingVariants(whole.filter(isRun));
  const told = records.some(({ variants }) => Object.keys(variants).length > 0);
  // A setting that is not at its default is part of what was run.
  const unusual = (key: keyof RunRecord) =>
    isDefaulted(key) && records.some((record) => record[key] !== RESULT_DEFAULTS[key]);
  const kept = FACTS.filter(
    ([key]) =>
      (key === 'variants' ? told : !Object.hasOwn(LEFT_OUT, key) || unusual(key)) && !DETAILS.includes(key),
  );
  const columns = kept.map(([, { column }]) => column);
  let next = 0;
  const results = whole.map((result) => (isFailed(result) ? result : summaryOf(records[next++])));
  return table(results, columns);
}

/** The records with the variants of those kernels that not all of them run alike: a chart tells runs apart by these. */
function withDifferingVariants(records: readonly RunRecord[]): RunRecord[] {
  const kernels = new Set(records.flatMap(({ variants }) => Object.keys(variants)));
  const differing = [...kernels].filter(
    (kernel) => new Set(records.map(({ variants }) => JSON.stringify(variants[kernel]))).size > 1,
  );
  // In the order of each record, which is that of the names of its line.
  return records.map((record) => ({
    ...record,
    variants: Object.fromEntries(
      Object.entries(record.variants).filter(([kernel]) => differing.includes(kernel)),
    ),
  }));
}

function summaryOf(record: RunRecord): RunRecord {
  const typical = (values: number[]) => (values.length ? [linkDigits(median(values))] : []);
  const { low, high } = record.summary ?? medianInterval(record.prefillSeconds);
  return {
    ...record,
    prefillSeconds: typical(record.prefillSeconds),
    decodeSeconds: typical(record.decodeSeconds),
    ...(record.sequencesSeconds && { sequencesSeconds: typical(record.sequencesSeconds) }),
    softmaxSeconds: typical(record.softmaxSeconds),
    readbackSeconds: typical(record.readbackSeconds),
    error: linkDigits(record.error),
    ...(record.quality && { quality: shortQuality(record.quality) }),
    ...(record.checks && { checks: shortened(record.checks) }),
    summary: {
      samples: record.summary ? record.summary.samples : record.prefillSeconds.length,
      ...(low === undefined || high === undefined ? {} : { low: linkDigits(low), high: linkDigits(high) }),
    },
  };
}

/** The checks with as many digits as anybody reads. */
function shortened(checks: Checks): Checks {
  const two = (value: number) => Number(value.toPrecision(2));
  const { answerError, sampleError, seconds } = checks;
  return {
    ...checks,
    ...(answerError !== undefined && { answerError: two(answerError) }),
    ...(sampleError !== undefined && { sampleError: two(sampleError) }),
    seconds: two(seconds),
  };
}

/**
 * The records of a CSV that `toCsv` or `summariesToCsv` wrote, without failed runs. Throws an Error that names the row and the column
 * that cannot be read.
 */
export function fromCsv(csv: string): RunRecord[] {
  return readResults(parseCsv(csv)).filter(isRun);
}

/** The runs of a CSV's rows in their order, failed ones too. Throws as `fromCsv` does. */
export const readResults = (rows: readonly Record<string, string>[]): (RunRecord | FailedRun)[] =>
  rows.map((row, index) =>
    row[FAILED] ? { settings: row.x_settings ?? '', reason: row[FAILED] } : readRow(row, index),
  );

const isDefaulted = (key: string): key is keyof typeof RESULT_DEFAULTS => Object.hasOwn(RESULT_DEFAULTS, key);

/** One row, with the CSV's names as its keys; `index` counts from 0, `word` is what it is called. Throws as `fromCsv` does. */
export function readRow(
  row: Record<string, string>,
  index: number,
  word: 'Row' | 'Entry' = 'Row',
): RunRecord {
  const cells = FACTS.flatMap(([key, { column, read }]) => {
    const missing = !Object.hasOwn(row, column.name);
    if (missing && row.x_summary && Object.hasOwn(LEFT_OUT, key))
      return [[key, structuredClone(LEFT_OUT[key])]];
    // Also in a table to which rows of a later version were joined, whose cells are empty in earlier rows.
    if ((missing || row[column.name] === '') && isDefaulted(key)) return [[key, RESULT_DEFAULTS[key]]];
    if (missing && !LATER.includes(key))
      throw new Error(
        `${word === 'Row' ? 'This CSV has no column' : 'This JSON has no field'} ${column.name}; it was not written by the lab`,
      );
    try {
      const value = missing ? undefined : read(row[column.name]);
      return value === undefined && LATER.includes(key) ? [] : [[key, value]];
    } catch (error) {
      const place = word === 'Row' ? `Row ${index + 1} of the CSV` : `Entry ${index + 1}`;
      throw new Error(`${place}, ${column.name}: ${(error as Error).message}`, { cause: error });
    }
  });
  return Object.fromEntries(cells) as unknown as RunRecord;
}
