/** Costs of kernels and speeds of their variants from the results that the lab ships, for a GPU that has not measured them. */
import { asset } from '$app/paths';
import { parseCsv } from '../../lab/records/csv';
import { familyOf } from '../../shaders/formats/formats';

/** The shipped times of single kernels, by the GPU on which they were measured; the newest first, which lacks a few kernels. */
const KERNEL_TIMES = { H200: 'kernels-h200', H100: 'kernels-one-token-h100' };

/** The newest shipped profiles of a chunk and of a decoded token, and where each was measured. */
export const PROFILES = { chunk: 'profile-1024-h200', token: 'profile-decode-h200', adapter: 'H200' };

/** The time of one use of a variant at one shape. */
export interface Timing {
  variant: string;
  shape: string;
  /** Tokens of the chunk; 1 in decoding. */
  tokens: number;
  seconds: number;
}

/** Shares of the GPU time: of a chunk of a prompt, and of a decoded token; by kernel. */
export interface Shares {
  chunk: ReadonlyMap<string, number>;
  token: ReadonlyMap<string, number>;
  /** The GPU. */
  adapter: string;
}

type Row = Record<string, string>;

/** The share of each kernel in a profile's CSV, by its milliseconds. */
export function sharesIn(rows: readonly Row[]): Map<string, number> {
  const own = rows.filter(({ kernel }) => kernel !== 'all' && kernel !== 'chunk');
  const all = own.reduce((sum, { gpu_ms }) => sum + Number(gpu_ms), 0);
  const shares = new Map<string, number>();
  for (const { kernel, gpu_ms } of own) shares.set(kernel, (shares.get(kernel) ?? 0) + Number(gpu_ms) / all);
  return shares;
}

/** The largest share of a family's kernels, in a chunk or in a token. */
export function costOf(family: string, { chunk, token }: Shares): { chunk: number; token: number } {
  const sum = (shares: ReadonlyMap<string, number>) =>
    [...shares].reduce((all, [kernel, share]) => all + (familyOf(kernel) === family ? share : 0), 0);
  return { chunk: sum(chunk), token: sum(token) };
}

/** Families with what costs most first; those of equal cost keep their order. */
export const byCost = (families: readonly string[], shares: Shares): string[] =>
  families.toSorted((a, b) => {
    const [one, other] = [a, b].map((family) => costOf(family, shares));
    return Math.max(other.chunk, other.token) - Math.max(one.chunk, one.token);
  });

/**
 * The best time of each variant of a kernel at each shape, over all settings of its knobs. Older files do not say what follows the
 * product (`epilogue`), which costs little: it is left out, so that variants of all files stand side by side.
 */
export function bestTimes(rows: readonly Row[], kernel: string): Timing[] {
  const best = new Map<string, Timing>();
  for (const { kernel: of, variant, shape: written, us } of rows) {
    const seconds = Number(us) / 1e6;
    const shape = written?.replace(/, epilogue \d+$/, '');
    if (of !== kernel || !(seconds > 0)) continue;
    const key = `${variant} ${shape}`;
    if (seconds < (best.get(key)?.seconds ?? Infinity))
      best.set(key, { variant, shape, tokens: Number(/\btokens (\d+)/.exec(shape)?.[1] ?? 1), seconds });
  }
  return [...best.values()];
}

/** The timings at the length of chunk for which most variants were timed; of equal ones, the longest. */
export function mostCompared(timings: readonly Timing[]): Timing[] {
  const variantsAt = (tokens: number) =>
    new Set(timings.filter((each) => each.tokens === tokens).map(({ variant }) => variant)).size;
  const lengths = [...new Set(timings.map(({ tokens }) => tokens))].sort(
    (a, b) => variantsAt(b) - variantsAt(a) || b - a,
  );
  return timings.filter(({ tokens }) => tokens === lengths[0]);
}

async function rowsOf(file: string): Promise<Row[]> {
  const response = await fetch(asset(`/results/${file}.csv`));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
  return parseCsv(await response.text());
}

/** Shipped timings of a kernel, all from one GPU; none if nothing is shipped for it. Rejects if a file cannot be read. */
export async function shippedTimes(kernel: string): Promise<{ adapter: string; timings: Timing[] }> {
  for (const [adapter, file] of Object.entries(KERNEL_TIMES)) {
    const timings = mostCompared(bestTimes(await rowsOf(file), kernel));
    if (timings.length > 0) return { adapter, timings };
  }
  return { adapter: '', timings: [] };
}

/** The shares of the shipped profiles. Rejects if they cannot be read. */
async function shippedShares(): Promise<Shares> {
  const { adapter } = PROFILES;
  const [chunk, token] = await Promise.all([PROFILES.chunk, PROFILES.token].map(rowsOf));
  return { chunk: sharesIn(chunk), token: sharesIn(token), adapter };
}

const KEY = 'kernel shares';

/** Remembers the shares of a profile that was measured on this GPU. A prompt's and a decoded token's are kept apart. */
export function rememberShares(
  adapter: string,
  tokens: number,
  sums: readonly { kernel: string; seconds: number }[],
) {
  const all = sums.reduce((sum, { seconds }) => sum + seconds, 0);
  if (!(all > 0)) return;
  const shares: Record<string, number> = {};
  for (const { kernel, seconds } of sums) shares[kernel] = (shares[kernel] ?? 0) + seconds / all;
  try {
    const known = readShares();
    const before = known?.adapter === adapter ? known : { chunk: {}, token: {} };
    const own = tokens > 1 ? { chunk: shares } : { token: shares };
    localStorage.setItem(KEY, JSON.stringify({ ...before, ...own, adapter }));
  } catch {
    // Storage may be blocked; the pages then show the shipped shares.
  }
}

/** The shares that were remembered, a record each; undefined if there are none or they cannot be read. */
function readShares() {
  const stored = JSON.parse(localStorage.getItem(KEY) ?? 'null') as unknown;
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { adapter, chunk, token } = stored as Record<string, unknown>;
  return typeof adapter === 'string' && isShares(chunk) && isShares(token)
    ? { adapter, chunk, token }
    : undefined;
}

const isShares = (value: unknown): value is Record<string, number> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((share) => Number.isFinite(share));

/** The shares of kernels on this GPU, if it has profiled a prompt; else those of the shipped profiles. */
export async function knownShares(): Promise<Shares> {
  try {
    const own = readShares();
    if (own && Object.keys(own.chunk).length)
      return {
        chunk: new Map(Object.entries(own.chunk)),
        token: new Map(Object.entries(own.token)),
        adapter: own.adapter,
      };
  } catch {
    // The store is damaged or blocked: the shipped profiles serve as well.
  }
  return shippedShares();
}
