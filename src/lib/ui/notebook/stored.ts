/**
 * The formats of the browser's database, and the validation of stored values. A value may come from another version of
 * the lab or be damaged: cell texts are recovered if they can be read, results that do not fit are dropped.
 */
import * as v from 'valibot';
import { type CellKind, LAB_KINDS, parseNotebook, printNotebook } from '../../lab/notebook/notebook';
import { cellsOf, newId, type NotebookCell } from './cellList';
import { type Origin, ORIGINS } from './origins';
import { type Outcome, type ResultEvent, upgradeOutcome } from './outcome';

/** A cell as stored: `foreign` marks a shader that the user has not allowed. */
export interface StoredCell extends NotebookCell {
  foreign?: boolean;
  /** The origin of results; absent up to 0.2, and for another session. */
  origin?: Origin;
}

/** A notebook as stored in the database. */
export interface StoredNotebook {
  id: string;
  /** Name given by the user; empty for a draft, of which only the latest are kept. */
  name: string;
  title: string;
  cells: StoredCell[];
  /** Outcomes by cell id. */
  outcomes: Record<string, Outcome>;
  /** Query and hash of the address that shows it, so that a reload restores it instead of opening the link again. */
  address: string;
  /** ISO 8601, UTC. */
  changedAt: string;
  /** The version of the lab that stored it; absent before 0.2. */
  version?: string;
  /** False if the user has only looked at it and its address opens it again; absent up to 0.2. */
  written?: boolean;
  /** True if a part of it could not be read; the store keeps a copy of what was stored. */
  damaged?: boolean;
  /** The sweeps for which the user has switched live mode on or off, by cell id; absent up to 0.2. */
  live?: Record<string, boolean>;
}

/** One finished run of a cell. */
export interface PastRun {
  id: string;
  /** The notebook's title at the time. */
  notebook: string;
  kind: CellKind;
  /** The cell's content when it ran. */
  body: string;
  outcome: Outcome;
  finishedAt: string;
  /** True for what live mode measured. */
  live?: boolean;
  /** Label given by the user; may be empty. */
  label: string;
}

const text = v.fallback(v.string(), '');
const KINDS: readonly CellKind[] = ['prose', ...LAB_KINDS, 'wgsl', 'csv'];

const Cell = v.object({
  id: v.string(),
  kind: v.picklist(KINDS),
  name: v.string(),
  open: v.string(),
  body: v.string(),
  close: v.string(),
  gap: text,
  foreign: v.optional(v.boolean()),
  origin: v.optional(v.fallback(v.optional(v.picklist(ORIGINS)), undefined)),
});

/** Fallback for a cell that does not validate: only its text is recovered. */
const CellText = v.object({ open: text, body: v.string(), close: text });

const Seconds = v.array(v.number());
const Record = v.looseObject({
  settings: v.string(),
  prefill: v.number(),
  chunk: v.number(),
  decode: v.number(),
  variants: v.record(v.string(), v.unknown()),
  prefillSeconds: v.pipe(Seconds, v.minLength(1)),
  warmupSeconds: Seconds,
  decodeSeconds: Seconds,
  adapter: v.string(),
  startedAt: v.string(),
  quality: v.optional(
    v.object({ text: v.number(), tokens: v.number(), divergence: v.number(), agreement: v.number() }),
  ),
  warnings: v.array(v.unknown()),
});

const payload = v.looseObject({});
/** Fields that an event of each type must have to be shown. */
const RESULT_SHAPES: Record<Exclude<ResultEvent['type'], 'finished'>, v.GenericSchema> = {
  record: v.object({ record: Record }),
  planned: v.object({ plan: payload }),
  compared: v.object({ compared: v.looseObject({ runs: v.array(payload), against: v.array(payload) }) }),
  profiled: v.object({ profile: v.looseObject({ rows: v.array(payload) }) }),
  peaks: v.object({ peaks: payload, adapter: v.string() }),
  tuning: v.object({ best: payload }),
  tuned: v.object({ tuned: payload }),
  text: v.object({ text: v.string() }),
  generated: v.object({ generation: payload }),
  failed: v.object({ settings: v.string(), reason: v.string() }),
};

const StoredOutcome = v.object({
  state: v.picklist(['running', 'done', 'failed', 'stopped', 'cut']),
  ran: text,
  events: v.array(v.unknown()),
  planned: v.fallback(v.number(), 0),
  problem: v.optional(v.string()),
  previous: v.fallback(v.array(v.unknown()), []),
  kept: v.optional(v.fallback(v.array(v.unknown()), [])),
  base: v.optional(v.fallback(v.string(), '')),
  session: v.optional(v.fallback(v.optional(v.object({ id: v.string(), since: v.string() })), undefined)),
  cuts: v.optional(v.fallback(v.number(), 0)),
  startedAt: text,
});

const Shell = v.object({
  id: v.string(),
  name: text,
  title: text,
  // A list, else whatever holds cells or is their text.
  cells: v.pipe(
    v.union([
      v.array(v.unknown()),
      v.pipe(
        v.string(),
        v.transform((text) => [{ body: text }]),
      ),
      v.pipe(v.record(v.string(), v.unknown()), v.transform(Object.values)),
    ]),
  ),
  outcomes: v.fallback(v.record(v.string(), v.unknown()), {}),
  address: text,
  changedAt: text,
  version: v.optional(v.fallback(v.string(), '')),
  written: v.optional(v.fallback(v.boolean(), true)),
  live: v.optional(v.fallback(v.record(v.string(), v.boolean()), {})),
});

const Run = v.object({
  id: v.string(),
  notebook: text,
  kind: v.picklist(KINDS),
  body: v.string(),
  outcome: v.unknown(),
  finishedAt: v.string(),
  live: v.optional(v.fallback(v.boolean(), false)),
  label: text,
});

/** Validates a stored notebook and drops the parts that do not fit; undefined if nothing can be recovered. */
export function readNotebook(stored: unknown): StoredNotebook | undefined {
  const shell = v.safeParse(Shell, stored);
  if (!shell.success) return undefined;
  const outcomes = Object.entries(shell.output.outcomes).flatMap(([id, outcome]) => {
    const read = readOutcome(outcome);
    return read ? [[id, read] as const] : [];
  });
  const cells = withOwnIds(shell.output.cells.flatMap(readCells));
  return { ...shell.output, cells, outcomes: Object.fromEntries(outcomes) };
}

/** The stored value of a notebook that was read in part, kept beside it. */
const Copy = v.object({ id: v.string(), copyOf: v.string(), stored: v.unknown() });

/** A copy of a stored value, for a notebook that lacks a part of it; undefined if all of it was read. */
export function damagedCopy(stored: unknown, read: StoredNotebook): v.InferOutput<typeof Copy> | undefined {
  const { cells, outcomes } = stored as Record<'cells' | 'outcomes', unknown>;
  const whole =
    Array.isArray(cells) &&
    cells.length === read.cells.length &&
    cells.every((cell: { id?: unknown } | null | undefined, at) => cell?.id === read.cells[at].id) &&
    countIn(outcomes) === countIn(read.outcomes);
  return whole ? undefined : { id: `damaged ${read.id}`, copyOf: read.id, stored };
}

/** Results and outcomes in what may be outcomes by cell id; not a number for anything else. */
function countIn(outcomes: unknown): number {
  if (outcomes === undefined) return 0;
  const all = v.safeParse(v.record(v.string(), v.object({ events: v.array(v.unknown()) })), outcomes);
  if (!all.success) return NaN;
  return Object.values(all.output).reduce((sum, { events }) => sum + 1 + events.length, 0);
}

/** Those of the stored values that are no notebook, as texts to be downloaded. */
export function damagedIn(values: readonly unknown[]): { id: string; text: string }[] {
  return values.flatMap((value) => {
    const copy = v.safeParse(Copy, value);
    if (!copy.success && readNotebook(value)) return [];
    const id = (value as { id?: unknown } | null)?.id;
    return typeof id === 'string' ? [{ id, text: rawText(copy.success ? copy.output.stored : value) }] : [];
  });
}

/** JSON of anything that a database can hold; what JSON lacks is named instead. */
function rawText(value: unknown): string {
  const holders: unknown[] = [];
  function plain(this: unknown, _key: string, part: unknown) {
    if (typeof part === 'bigint') return String(part);
    if (typeof part !== 'object' || part === null) return part;
    while (holders.length && holders.at(-1) !== this) holders.pop();
    if (holders.includes(part)) return '(as above)';
    const shown = part instanceof Map || part instanceof Set ? [...part] : part;
    holders.push(shown);
    return shown;
  }
  return JSON.stringify(value, plain, 2);
}

/** The cells, each with an id of its own: the page cannot show two with the same. */
function withOwnIds(cells: StoredCell[]): StoredCell[] {
  const taken = new Set<string>();
  return cells.map((cell) => {
    const id = taken.has(cell.id) ? newId() : cell.id;
    taken.add(id);
    return id === cell.id ? cell : { ...cell, id };
  });
}

/** Validates a run of the history; undefined if it does not fit. */
export function readRun(stored: unknown): PastRun | undefined {
  const run = v.safeParse(Run, stored);
  const outcome = run.success ? readOutcome(run.output.outcome) : undefined;
  return run.success && outcome ? { ...run.output, outcome } : undefined;
}

/** Returns the stored cell if it is valid, else the cells parsed from its text, with shaders marked as foreign. */
function readCells(stored: unknown): StoredCell[] {
  const cell = v.safeParse(Cell, stored);
  if (cell.success && isWhole(cell.output)) return [cell.output];
  const rest = v.safeParse(CellText, stored);
  if (!rest.success) return [];
  const { open, body, close } = rest.output;
  return cellsOf(open + body + close).map((each) => ({
    ...each,
    gap: each.gap || '\n',
    ...(each.kind === 'wgsl' && { foreign: true }),
  }));
}

/** True if the cell's text parses to exactly this kind and name. Prose may contain anything. */
function isWhole(cell: NotebookCell): boolean {
  if (cell.kind === 'prose') return cell.open === '' && cell.close === '';
  const [first, ...others] = parseNotebook(printNotebook([cell]));
  return others.length === 0 && first?.kind === cell.kind && first.name === cell.name;
}

function fits(event: ResultEvent): boolean {
  const { type } = event ?? {};
  return Object.hasOwn(RESULT_SHAPES, type) && v.is(RESULT_SHAPES[type as keyof typeof RESULT_SHAPES], event);
}

function readOutcome(stored: unknown): Outcome | undefined {
  const outcome = v.safeParse(StoredOutcome, stored);
  if (!outcome.success) return undefined;
  const { events, previous, kept, ...others } = outcome.output;
  const upgraded = (event: unknown) => {
    try {
      return upgradeOutcome({ ...others, events: [event as ResultEvent], previous: [] }).events;
    } catch {
      return []; // not a shape that any version stored
    }
  };
  return {
    ...others,
    events: events.flatMap(upgraded).filter(fits),
    ...(kept && { kept: kept.flatMap(upgraded).filter(fits) }),
    previous: previous
      .flatMap((record) => upgraded({ type: 'record', record }))
      .filter(fits)
      .flatMap((event) => (event.type === 'record' ? [event.record] : [])),
  };
}
