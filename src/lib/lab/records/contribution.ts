/** Is a file of results fit to be published beside others? Its columns, its units, whether its times are possible, and what was checked. */
import { COLUMNS } from './columns';
import { parseCsv } from './csv';
import { readRuns } from './import';
import { decodeTokensPerSecond, type RunRecord, sequenceTokensPerSecond } from './record';

export interface Contribution {
  records: RunRecord[];
  /** Why the file cannot be published as it is, a sentence each. */
  problems: string[];
  /** Notes for the reader, a sentence each. */
  notes: string[];
}

/** No GPU computes or reads more in a second: twice what the fastest accelerator of 2026 states for dense f16, and for memory. */
const MOST_FLOPS = 5e15;
const MOST_BYTES = 2e13;
/** A clock of the CPU measures nothing shorter, and no prompt takes longer. */
const [LEAST_SECONDS, MOST_SECONDS] = [1e-6, 24 * 3600];
/** Figures that are computed from the samples may be off by the digits that a spreadsheet drops. */
const TOLERANCE = 1e-3;
const MOST_TOLD = 20;

/** Checks a file of runs: CSV of the lab or results of llama-bench. Never throws: what cannot be read is a problem. */
export function checkContribution(text: string): Contribution {
  let read: ReturnType<typeof readRuns>;
  try {
    read = readRuns(text);
  } catch (error) {
    return { records: [], problems: [(error as Error).message], notes: [] };
  }
  const { records, leftOut, readPast } = read;
  const problems = records.flatMap((record, index) =>
    problemsOf(record).map((problem) => `Run ${index + 1}: ${problem}`),
  );
  if (readPast)
    problems.unshift('it has lines that are no results, see below: take them out, or send the whole file');
  const notes = [...leftOut, ...notesOf(records)];
  return { records, problems: shortened([...problems, ...editedFigures(text, records)]), notes };
}

const shortened = (list: string[]): string[] =>
  list.length > MOST_TOLD
    ? [...list.slice(0, MOST_TOLD), `${list.length - MOST_TOLD} more of this kind`]
    : list;

function problemsOf(record: RunRecord): string[] {
  const {
    prefillSeconds,
    decodeSeconds,
    sequencesSeconds = [],
    parameters,
    weightBytes,
    prefill,
    adapter,
    setup,
  } = record;
  const found: string[] = [];
  if (adapter === '' || adapter === 'unknown') found.push('the device is not named (gpu_info, x_adapter)');
  const seconds = [...prefillSeconds, ...decodeSeconds, ...sequencesSeconds];
  const odd = seconds.find((each) => each < LEAST_SECONDS || each > MOST_SECONDS);
  if (odd !== undefined)
    found.push(`${odd} s is no time of a prompt; x_samples_s is in seconds, avg_ns in nanoseconds`);
  const flops = (2 * parameters * prefill) / Math.min(...prefillSeconds);
  if (flops > MOST_FLOPS) found.push(`${(flops / 1e12).toFixed(0)} TFLOPS are beyond every GPU`);
  const bytes = (decodeTokensPerSecond(record) ?? sequenceTokensPerSecond(record) ?? 0) * weightBytes;
  if (bytes > MOST_BYTES)
    found.push(`decoding would read ${(bytes / 1e12).toFixed(1)} TB/s of weights, beyond every memory`);
  if (setup) return found;
  if (record.summary) found.push('its samples were left out; send the CSV of the table, not that of a link');
  if (!/^[0-9a-f]{8}$/.test(record.kernelHash))
    found.push('the hash of its kernels is missing (x_kernel_hash)');
  if (record.labVersion && !record.checks) found.push('it says nothing about its checks (x_checks)');
  else if (record.checks && record.checks.answerError === undefined)
    found.push('its answer was not checked after the timing (answerError in x_checks)');
  return found;
}

function notesOf(records: readonly RunRecord[]): string[] {
  const count = (what: string, is: (record: RunRecord) => boolean) => {
    const found = records.filter(is).length;
    return found ? [`${found} of ${records.length} runs ${what}`] : [];
  };
  return [
    ...count(
      'are of a CPU that emulates a GPU: they are listed, and never compared',
      ({ software }) => software,
    ),
    ...count(
      'are from before version 0.2 of the lab, which recorded no checks',
      ({ labVersion, setup }) => !labVersion && !setup,
    ),
    ...count('are of llama-bench, which checks no answers', ({ setup }) => setup !== undefined),
    ...count('have warnings', ({ warnings }) => warnings.length > 0),
  ];
}

/** Cells of a CSV that differ from what its samples come to: a figure was edited, or a column has another unit. */
function editedFigures(text: string, records: readonly RunRecord[]): string[] {
  const rows = rowsIn(text);
  if (rows.length !== records.length) return []; // samples, JSON or log lines
  return rows.flatMap((row, index) => {
    const record = records[index];
    if (!Object.hasOwn(row, 'x_settings') || record.setup) return [];
    return COLUMNS.flatMap(({ name, value }) => {
      const [written, computed] = [row[name], value(record)];
      if (!written || typeof computed !== 'number') return [];
      const off = Math.abs(Number(written) - computed);
      if (off <= TOLERANCE * Math.abs(computed) + 1e-9) return [];
      return [`Run ${index + 1}: ${name} is ${written}, and its samples come to ${computed}`];
    });
  });
}

function rowsIn(text: string): Record<string, string>[] {
  try {
    return parseCsv(text);
  } catch {
    return [];
  }
}
