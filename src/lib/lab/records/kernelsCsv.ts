/** Profiles as `kernels.csv`, written and read: a row for each kernel at a shape. */
import { type Cell, formatCsv, parseCsv } from './csv';
import { shorten } from '../experiment/settings';
import type { Peaks, Profile, ProfileRow } from './profile';
import { FAILED, type FailedRun } from './record';
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
  /** Its dispatches in the timeline: their places in it, begins and seconds. */
  steps: readonly string[];
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

/** Parts that links leave out and former files lack: the passes of a row, and its dispatches in the timeline. */
const DETAILS: Record<string, (line: Line) => Cell> = {
  x_passes: ({ row }) =>
    row.passes.map((pass) => parts(pass.entryPoint, pass.dispatches, pass.seconds)).join(' '),
  x_timeline: ({ steps }) => steps.join(' '),
};

const parts = (...words: (string | number)[]) => words.join(':');

const COLUMNS = Object.entries({ ...TEST_BACKEND_OPS, ...OWN });

const known = (peaks: Peaks): Record<string, number> =>
  Object.fromEntries(Object.entries(peaks).filter(([, value]) => value !== undefined));

/**
 * The profiles, one after another, with the time of one use in microseconds. `failed`: runs that gave none, each a row with its settings and
 * the reason. `short`: without timelines and passes.
 */
export function kernelsToCsv(
  profiles: readonly Profile[],
  { short = false, failed = [] }: { short?: boolean; failed?: readonly FailedRun[] } = {},
): string {
  const columns = short ? COLUMNS : [...COLUMNS, ...Object.entries(DETAILS)];
  const names = [...columns.map(([name]) => name), ...(failed.length ? [FAILED] : [])];
  const lines = profiles.flatMap((profile) => {
    const all = profile.rows.reduce((sum, { seconds }) => sum + seconds, 0);
    // The rates are those of the time as it is written.
    const each = (row: ProfileRow) => (figure((1e6 * row.seconds) / row.uses) ?? 0) / 1e6;
    const steps = profile.rows.map((): string[] => []);
    profile.timeline?.forEach(({ row, begin, seconds }, place) =>
      steps[row].push(parts(place, begin, seconds)),
    );
    return profile.rows.map((row, i) => ({ profile, row, each: each(row), all, steps: steps[i] }));
  });
  const rows = lines.map((line): Cell[] => [
    ...columns.map(([, value]) => value(line)),
    ...(failed.length ? [''] : []),
  ]);
  const failures = failed.map(({ settings, reason }) =>
    names.map((name) => (name === FAILED ? reason : name === 'x_settings' ? settings : '')),
  );
  return formatCsv([names, ...rows, ...failures]);
}

/** True for a text whose first lines name the columns of `kernels.csv`. */
export const isKernelsCsv = (text: string): boolean =>
  text
    .slice(0, 4000)
    .split(/\r\n?|\n/, 2)
    .some((line) => /(^|[\uFEFF,;\t"])op_name($|[,;\t"])/.test(line) && /[,;\t"]time_us/.test(line));

/**
 * The profiles of a file that kernelsToCsv wrote, in their order. Throws an Error that names the row and the column that cannot be
 * read, and for a file of test-backend-ops, or of version 0.2, which does not say what chunk it is of.
 */
export const readKernels = (text: string): Profile[] => readProfiles(text).profiles;

/** The same with the runs that failed. */
export function readProfiles(text: string): { profiles: Profile[]; failed: FailedRun[] } {
  const rows = parseCsv(text);
  const missing = COLUMNS.find(([name]) => rows.some((row) => !Object.hasOwn(row, name)));
  if (missing)
    throw new Error(
      `These times of kernels have no column ${missing[0]}: they are of test-backend-ops, or of version 0.2 of the lab, and do not say what chunk they are of`,
    );
  if (rows.length === 0) throw new Error('This CSV names columns and has no rows');
  const profiles = new Map<string, Profile>();
  const steps = new Map<Profile, Step[]>();
  const failed: FailedRun[] = [];
  rows.forEach((row, index) => {
    if (row[FAILED]) return void failed.push({ settings: row.x_settings, reason: row[FAILED] });
    const cells = new Cells(row, `Row ${index + 1} of the CSV`);
    const key = JSON.stringify(
      ['x_settings', 'test_time', 'device_description', 'x_wall_s'].map((name) => row[name]),
    );
    const profile = profiles.get(key) ?? profileOf(cells);
    profiles.set(key, profile);
    const known = steps.get(profile) ?? [];
    steps.set(profile, known);
    for (const step of cells.as('x_timeline', (list) => readSteps(list, profile.rows.length)))
      known.push(step);
    profile.rows.push(rowOf(cells));
  });
  for (const [profile, read] of steps) if (read.length) profile.timeline = inOrder(read);
  return { profiles: [...profiles.values()], failed };
}

/** A dispatch of the timeline, with its place in it. */
interface Step {
  place: number;
  step: NonNullable<Profile['timeline']>[number];
}

const readSteps = (list: string, row: number): Step[] =>
  listed(list).map((text) => {
    const [place, begin, seconds] = text.split(':').map(values.readNumber);
    if (!(place >= 0 && begin >= 0 && seconds >= 0))
      throw new Error(`"${shorten(text)}" is no place:begin:seconds`);
    return { place, step: { row, begin, seconds } };
  });

const inOrder = (steps: readonly Step[]) =>
  steps.toSorted((a, b) => a.place - b.place).map(({ step }) => step);

const readPasses = (list: string): ProfileRow['passes'] =>
  listed(list).map((text) => {
    const [entryPoint, ...numbers] = text.split(':');
    const [dispatches, seconds] = numbers.map(values.readNumber);
    if (!(dispatches >= 0 && seconds >= 0))
      throw new Error(`"${shorten(text)}" is no pass:dispatches:seconds`);
    return { entryPoint, dispatches, seconds };
  });

const listed = (list: string) => list.split(' ').filter((word) => word !== '');

class Cells {
  constructor(
    readonly row: Record<string, string>,
    readonly place: string,
  ) {}

  text = (name: string): string => this.row[name];

  /** The cell as `read` reads it; throws its error with the place. */
  as<T>(name: string, read: (text: string) => T): T {
    try {
      return read(this.row[name] ?? '');
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
    passes: cells.as('x_passes', readPasses),
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
