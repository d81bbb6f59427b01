/** Profiles as `kernels.csv`, written and read: a row for each kernel at a shape. */
import { type Cell, formatCsv, parseCsv } from './csv';
import { shorten } from '../experiment/settings';
import type { Peaks, Profile, ProfileRow } from './profile';
import * as values from './values';

/** Twelve digits, so that what was read is written as it was. */
const figure = (value: number | undefined) =>
  value === undefined || !Number.isFinite(value) ? undefined : Number(value.toPrecision(12));

/** A row with the seconds of one use, and those of all rows. */
interface Line {
  profile: Profile;
  row: ProfileRow;
  each: number;
  all: number;
}

const rate = (amount: number | undefined, { each }: Line, unit: number) =>
  amount !== undefined && each > 0 ? figure(amount / each / unit) : undefined;

/** The columns of llama.cpp's test-backend-ops. */
const TEST_BACKEND_OPS: Record<string, (line: Line) => Cell> = {
  test_time: ({ profile }) => profile.startedAt,
  build_commit: ({ profile }) => profile.kernelHash,
  backend_name: () => 'WebGPU',
  op_name: ({ row }) => row.kernel,
  op_params: ({ row }) => row.shape.replaceAll(', ', ','),
  test_mode: () => 'perf',
  supported: () => 1,
  passed: () => 1,
  error_message: () => '',
  time_us: ({ each }) => figure(1e6 * each),
  flops: (line) => rate(line.row.flop, line, 1),
  bandwidth_gb_s: (line) => rate(line.row.bytes, line, 1e9),
  memory_kb: ({ row }) => row.bytes && Math.ceil(row.bytes / 1024),
  n_runs: ({ row }) => row.uses,
  device_description: ({ profile }) => profile.adapter,
  backend_reg_name: () => 'WebGPU',
};

/** The lab's own: those of the row, then those of the whole profile, which each of its rows repeats. */
const OWN: Record<string, (line: Line) => Cell> = {
  x_variant: ({ row }) => row.variant,
  x_dispatches: ({ row }) => row.dispatches,
  x_share: ({ row, all }) => (all > 0 ? Number((row.seconds / all).toPrecision(6)) : undefined),
  x_compute_roof_flops: ({ row }) => figure(row.computePeak),
  x_roof_us: ({ row }) => figure(row.secondsAtPeak && (1e6 * row.secondsAtPeak) / row.uses),
  x_beyond_target_us: ({ row }) => figure((1e6 * row.beyondTargetSeconds) / row.uses),
  x_settings: ({ profile }) => profile.settings,
  x_tokens: ({ profile }) => profile.tokens,
  x_target_tokens_per_second: ({ profile }) => profile.target,
  x_wall_s: ({ profile }) => profile.wallSeconds,
  x_softmax_s: ({ profile }) => profile.softmaxSeconds,
  x_readback_s: ({ profile }) => profile.readbackSeconds,
  x_clock: ({ profile }) => profile.clock ?? 'gpu',
  x_matmuls: ({ profile }) => values.formatPairs({ ...profile.matmuls }),
  x_peaks: ({ profile }) => values.formatPairs(known(profile.peaks)),
  x_software_adapter: ({ profile }) => Number(profile.software),
  x_lab_version: ({ profile }) => profile.labVersion,
  x_agent: ({ profile }) => profile.agent,
  x_warnings: ({ profile }) => profile.warnings?.join(' '),
};

const COLUMNS = Object.entries({ ...TEST_BACKEND_OPS, ...OWN });

const known = (peaks: Peaks): Record<string, number> =>
  Object.fromEntries(Object.entries(peaks).filter(([, value]) => value !== undefined));

/** The profiles, one after another, with the time of one use in microseconds. Their timelines are left out: see `profileTrace`. */
export function kernelsToCsv(profiles: readonly Profile[]): string {
  const lines = profiles.flatMap((profile) => {
    const all = profile.rows.reduce((sum, { seconds }) => sum + seconds, 0);
    // The rates are those of the time as it is written.
    const each = (row: ProfileRow) => (figure((1e6 * row.seconds) / row.uses) ?? 0) / 1e6;
    return profile.rows.map((row) => ({ profile, row, each: each(row), all }));
  });
  return formatCsv([
    COLUMNS.map(([name]) => name),
    ...lines.map((line) => COLUMNS.map(([, value]) => value(line))),
  ]);
}

/** True for a text whose first lines name the columns of `kernels.csv`. */
export const isKernelsCsv = (text: string): boolean =>
  text
    .slice(0, 4000)
    .split(/\r\n?|\n/, 2)
    .some((line) => /(^|[\uFEFF,;\t"])op_name($|[,;\t"])/.test(line) && /[,;\t"]time_us/.test(line));

/**
 * The profiles of a file that kernelsToCsv wrote, in their order; their timelines do not come back. Throws an Error that names the row and the
 * column that cannot be read, and for a file of test-backend-ops, or of version 0.2, which does not say what chunk it is of.
 */
export function readKernels(text: string): Profile[] {
  const rows = parseCsv(text);
  const missing = COLUMNS.find(([name]) => rows.some((row) => !Object.hasOwn(row, name)));
  if (missing)
    throw new Error(
      `These times of kernels have no column ${missing[0]}: they are of test-backend-ops, or of version 0.2 of the lab, and do not say what chunk they are of`,
    );
  if (rows.length === 0) throw new Error('This CSV names columns and has no rows');
  const profiles = new Map<string, Profile>();
  rows.forEach((row, index) => {
    const cells = new Cells(row, `Row ${index + 1} of the CSV`);
    const key = JSON.stringify(
      ['x_settings', 'test_time', 'device_description', 'x_wall_s'].map((name) => row[name]),
    );
    const profile = profiles.get(key) ?? profileOf(cells);
    profiles.set(key, profile);
    profile.rows.push(rowOf(cells));
  });
  return [...profiles.values()];
}

class Cells {
  constructor(
    readonly row: Record<string, string>,
    readonly place: string,
  ) {}

  text = (name: string): string => this.row[name];

  /** The cell as `read` reads it; throws its error with the place. */
  as<T>(name: string, read: (text: string) => T): T {
    try {
      return read(this.row[name]);
    } catch (error) {
      throw new Error(`${this.place}, ${name}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** A number that is not below `least`. */
  amount = (name: string, least = 0): number =>
    this.as(name, (text) => {
      const value = values.readNumber(text);
      if (value < least) throw new Error(`${value} should be ${least} or more`);
      return value;
    });

  /** An amount times `unit`; undefined for an empty cell. */
  maybe = (name: string, unit = 1): number | undefined =>
    this.row[name] === '' ? undefined : this.amount(name) * unit;
}

function profileOf(cells: Cells): Profile {
  const [version, agent, hash] = ['x_lab_version', 'x_agent', 'build_commit'].map(cells.text);
  const clock = cells.text('x_clock');
  return {
    settings: cells.text('x_settings'),
    tokens: cells.amount('x_tokens'),
    target: cells.amount('x_target_tokens_per_second'),
    wallSeconds: cells.amount('x_wall_s'),
    ...(clock === 'wall' && { clock }),
    softmaxSeconds: cells.amount('x_softmax_s'),
    readbackSeconds: cells.amount('x_readback_s'),
    matmuls: cells.as('x_matmuls', (text) => named(text, ['perLayer', 'perPass', 'dispatchesPerPass'], [])),
    adapter: cells.text('device_description'),
    software: cells.text('x_software_adapter') === '1',
    ...(cells.text('test_time') && { startedAt: cells.as('test_time', values.readTime) }),
    ...(agent && { agent }),
    ...(version && { labVersion: version }),
    ...(hash && { kernelHash: hash }),
    rows: [],
    peaks: cells.as('x_peaks', (text) =>
      named(text, ['f32', 'read', 'dispatch', 'pass'], ['f16', 'dot4', 'matrix']),
    ),
    warnings: cells.as('x_warnings', values.readWarnings),
  };
}

function rowOf(cells: Cells): ProfileRow {
  const uses = cells.amount('n_runs', 1);
  const each = cells.amount('time_us') / 1e6;
  const bytes = cells.maybe('bandwidth_gb_s', 1e9 * each);
  return {
    kernel: cells.text('op_name'),
    variant: cells.text('x_variant'),
    shape: cells.text('op_params').replaceAll(',', ', '),
    uses,
    dispatches: cells.amount('x_dispatches'),
    seconds: each * uses,
    passes: [],
    flop: cells.maybe('flops', each),
    bytes: bytes === undefined ? undefined : Math.round(bytes),
    computePeak: cells.maybe('x_compute_roof_flops'),
    secondsAtPeak: cells.maybe('x_roof_us', uses / 1e6),
    beyondTargetSeconds: (cells.as('x_beyond_target_us', values.readNumber) * uses) / 1e6,
  };
}

/** Numbers by name, as `values.formatPairs` writes them, which must be `all` and may be `some`. */
function named<All extends string, Some extends string>(
  text: string,
  all: readonly All[],
  some: readonly Some[],
): Record<All, number> & Record<Some, number | undefined> {
  const pairs = values.readPairs(text);
  const lacking = all.find((name) => !Object.hasOwn(pairs, name));
  if (lacking) throw new Error(`"${shorten(text)}" lacks ${lacking}`);
  const names = new Set<string>([...all, ...some]);
  const entries = Object.entries(pairs).filter(([name]) => names.has(name));
  return Object.fromEntries(entries) as Record<All | Some, number>;
}
