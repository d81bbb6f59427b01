/**
 * A notebook as a link: `#n=1.<payload>.<check>`. The payload is the notebook's text, deflated, in base64url; the check is
 * a CRC-32 of the payload's characters; 1 is the version of this format, which stays readable. The text begins with a
 * comment that names the lab's version; links from before 0.2 have none, and labs from before 0.2 show it as a comment.
 * Browsers do not send what follows the # to the server. The content of a link is foreign: it is read within limits, and
 * nothing of it runs by itself. Its text needs no schema: any text is a notebook.
 */
import { kernels, variants } from '../../shaders';
import { loadSources } from '../../shaders/loading';
import type { Variant } from '../../shaders/variant';
import { familyOf } from '../../shaders/formats/formats';
import { applyDiff, diffOfNearest } from './diff';
import { messageOf } from '../message';
import { LAB_VERSION } from '../version';
import {
  type Cell,
  contentOf,
  parseNotebook,
  printNotebook,
  readNotebookText,
  withContent,
} from './notebook';
import { hashTexts } from '../records/record';
import { shorten } from '../experiment/settings';

/**
 * Contents of a link: `settings` has no shaders and no results; `shaders` has no results; `results` has medians, intervals, verdicts,
 * trials and texts, but no samples and no timelines; `whole` has everything.
 */
export const SHARE_SIZES = ['settings', 'shaders', 'results', 'whole'] as const;

export type ShareSize = (typeof SHARE_SIZES)[number];

/** A notebook that came from a link. */
export interface SharedNotebook {
  text: string;
  cells: Cell[];
  /** Indices of the shader cells: foreign code, not to be compiled before the reader has allowed it. */
  foreign: number[];
  /** The version of the lab that made the link; undefined before 0.2. */
  labVersion?: string;
}

/** The request in a page's address. */
export type Address =
  | ({ kind: 'link' } & SharedNotebook)
  | { kind: 'preset'; name: string }
  /** `settings`: the query without its question mark, not yet read. */
  | { kind: 'settings'; settings: string }
  | { kind: 'none' }
  | { kind: 'broken'; reason: string };

const VERSION = '1';
const VERSION_COMMENT = `<!-- rwkv-lab ${LAB_VERSION} -->\n`;

/** Largest size of an inflated notebook. */
const LARGEST_BYTES = 1_000_000;

/** Longest payload: deflate makes incompressible bytes hardly longer, and base64 makes them a third longer. */
const LONGEST_PAYLOAD = 1_400_000;

/** Bytes inflated at a time; deflate can expand them at most about a thousand times. */
const SLICE = 512;

/**
 * Limits for the length of a whole address in characters: up to `safe` it works everywhere; beyond `cut`, chat programs
 * cut it; beyond `file`, a file should be sent instead.
 */
export const LINK_LENGTHS = { safe: 2_000, cut: 4_000, file: 16_000 } as const;

/** The reach of a link with this many characters. */
export function reachOf(length: number): 'everywhere' | 'most places' | 'not through chats' | 'as a file' {
  if (length <= LINK_LENGTHS.safe) return 'everywhere';
  if (length <= LINK_LENGTHS.cut) return 'most places';
  return length <= LINK_LENGTHS.file ? 'not through chats' : 'as a file';
}

/**
 * The hash of a link to these cells, with its `#`. The length of the link is that of the page's address plus this. Throws for a notebook
 * that is too large to be read from a link.
 */
export async function linkOf(cells: readonly Cell[], size: ShareSize): Promise<string> {
  const shared = await sharedText(cells, size);
  const text = hasShaders(shared) ? packShaders(shared, await loadSources()) : shared;
  const bytes = new TextEncoder().encode(VERSION_COMMENT + text);
  if (bytes.length > LARGEST_BYTES)
    throw new Error(
      `This notebook has ${(bytes.length / 1e6).toFixed(1)} MB with what goes along; a link holds at most ${LARGEST_BYTES / 1e6} MB`,
    );
  const payload = toBase64(await deflate(bytes));
  return `#n=${VERSION}.${payload}.${checkOf(payload)}`;
}

/** The text contained in a link of this size. */
export async function sharedText(cells: readonly Cell[], size: ShareSize): Promise<string> {
  if (size === 'whole') return printNotebook(cells);
  const kept = cells.filter(
    ({ kind }) => !(kind === 'csv' && size !== 'results') && !(kind === 'wgsl' && size === 'settings'),
  );
  if (!kept.some(({ kind }) => kind === 'csv')) return printNotebook(kept);
  const { shortened } = await import('../records/resultsText');
  return printNotebook(
    kept.map((cell) => (cell.kind === 'csv' ? withContent(cell, shortened(contentOf(cell))) : cell)),
  );
}

/** The parts that a link of a size leaves out, in numbers. */
export interface LeftOut {
  shaders: number;
  /** Results cells. */
  results: number;
  /** Runs and comparisons whose samples stay behind, and profiles whose timeline does. */
  samples: number;
  timelines: number;
}

/** The parts that a link of this size to these cells leaves out. */
export async function leftOutOf(cells: readonly Cell[], size: ShareSize): Promise<LeftOut> {
  const count = (wanted: Cell['kind']) => cells.filter(({ kind }) => kind === wanted).length;
  const none = { shaders: 0, results: 0, samples: 0, timelines: 0 };
  if (size === 'whole') return none;
  if (size !== 'results')
    return { ...none, shaders: size === 'settings' ? count('wgsl') : 0, results: count('csv') };
  if (count('csv') === 0) return none;
  const { detailsIn } = await import('../records/resultsText');
  const details = cells.flatMap((cell) => (cell.kind === 'csv' ? [detailsIn(contentOf(cell))] : []));
  const sum = (key: 'samples' | 'timelines') => details.reduce((all, each) => all + each[key], 0);
  return { ...none, samples: sum('samples'), timelines: sum('timelines') };
}

/** Reads a hash made by linkOf. Throws an Error that says how the link is broken. */
export async function readLink(hash: string): Promise<SharedNotebook> {
  const [version, payload, check, ...others] = hash.replace(/^#?n=/, '').split('.');
  if (version !== VERSION && /^\d{1,6}$/.test(version) && payload !== undefined)
    throw new Error(
      `This link is of version ${version}; this lab reads version ${VERSION}. A newer one may open it`,
    );
  if (version !== VERSION || !payload || check === undefined || check.length < 6)
    throw new Error(
      `This link is cut short: it has ${hash.length} characters, and a whole one reads #n=${VERSION}.<notebook>.<check of 6>`,
    );
  if (check.length > 6 || others.length)
    throw new Error(
      `This link goes on after its end, with "${shorten([check.slice(6), ...others].join('.'))}"; take away what was added`,
    );
  if (payload.length > LONGEST_PAYLOAD)
    throw new Error(`This link has ${payload.length} characters; at most ${LONGEST_PAYLOAD} are read`);
  const strange = /[^A-Za-z0-9_-]/.exec(payload);
  if (strange)
    throw new Error(
      `This link holds "${strange[0]}" at character ${strange.index + 1} of its notebook; letters, digits, - and _ are possible`,
    );
  if (checkOf(payload) !== check)
    throw new Error(
      `This link was damaged on its way, or cut short: its check is ${check}, and what is left of it has ${checkOf(payload)}`,
    );
  const whole = decodeText(await inflate(fromBase64(payload)));
  const [comment, labVersion] = /^<!-- rwkv-lab ([\w.-]{1,40}) -->\n/.exec(whole) ?? [''];
  const packed = whole.slice(comment.length);
  const text = hasShaders(packed) ? unpackShaders(packed, await sourcesFor(packed), labVersion) : packed;
  const cells = readNotebookText(text);
  const foreign = [...cells.keys()].filter((index) => cells[index].kind === 'wgsl');
  return { text, cells, foreign, ...(labVersion && { labVersion }) };
}

/** Reads the request in an address, given with ? and #. A broken link is never read as anything else. */
export async function readAddress(search: string, hash: string): Promise<Address> {
  const plain = hash.replace(/^#n%3D/i, '#n=');
  if (/^#n(=|$)/.test(plain)) {
    try {
      return { kind: 'link', ...(await readLink(plain)) };
    } catch (error) {
      return { kind: 'broken', reason: messageOf(error) };
    }
  }
  const name = new URLSearchParams(search).get('notebook');
  if (name !== null)
    return /^[a-z0-9][a-z0-9-]{0,59}$/.test(name)
      ? { kind: 'preset', name }
      : { kind: 'broken', reason: `"${shorten(name)}" is no name of a notebook; one is like phase-2` };
  const settings = search.replace(/^\?/, '');
  return settings ? { kind: 'settings', settings } : { kind: 'none' };
}

/** Returns the whole text of a shipped variant. */
interface Sources {
  sourceOf: (variant: Variant) => string;
  /** Texts that released versions shipped and that have changed since, by hash. */
  former?: Readonly<Record<string, string>>;
}

/** The texts that the shaders of a packed text are edits of; former texts only where one of them is not the present one. */
async function sourcesFor(packed: string): Promise<Sources> {
  const { sourceOf } = await loadSources();
  const present = parseNotebook(packed).every(({ kind, body }) => {
    const [, kernel, name, hash] = (kind === 'wgsl' && DIFF.exec(body)) || [];
    const shipped = variants.find((variant) => variant.kernel === kernel && variant.name === name);
    return hash === undefined || (shipped && hashTexts({ base: sourceOf(shipped) }) === hash);
  });
  return present ? { sourceOf } : { sourceOf, former: (await import('../../shaders/former.json')).default };
}

const hasShaders = (text: string) => parseNotebook(text).some(({ kind }) => kind === 'wgsl');

/** First lines of packed shaders: `//~ kernel/variant hash` before an edit, PLAIN before a text that looks like one. */
const DIFF = /^\/\/~ (\w+)\/([\w.-]+) ([0-9a-f]{8})\n/;
const PLAIN = '//~ whole\n';

/** The text with each shader as an edit of the shipped variant it came from, if that is shorter. */
function packShaders(text: string, sources: Sources): string {
  const cells = parseNotebook(text);
  const packed = printNotebook(cells.map((cell) => (cell.kind === 'wgsl' ? asEdit(cell, sources) : cell)));
  const plain = printNotebook(cells.map((cell) => (cell.kind === 'wgsl' ? escaped(cell) : cell)));
  // A line ending inside a line could corrupt an edit: if unpacking does not restore the text, shaders are sent whole.
  return comesBack(packed, text, sources) ? packed : plain;
}

function asEdit(cell: Cell, { sourceOf }: Sources): Cell {
  const [kernel] = cell.name.split('/');
  const related = variants.filter((each) => each.kernel === kernel || familyOf(each.kernel) === kernel);
  const texts = new Map(related.map((variant) => [sourceOf(variant), variant]));
  const whole = escaped(cell);
  const found = diffOfNearest([...texts.keys()], cell.body);
  if (!found) return whole;
  const { kernel: owner, name } = texts.get(found.base)!;
  const body = `//~ ${owner}/${name} ${hashTexts({ base: found.base })}\n${found.diff}`;
  return body.length < whole.body.length ? { ...cell, body } : whole;
}

const escaped = (cell: Cell): Cell =>
  cell.body.startsWith('//~ ') ? { ...cell, body: PLAIN + cell.body } : cell;

function comesBack(packed: string, text: string, sources: Sources): boolean {
  try {
    return unpackShaders(packed, sources) === text;
  } catch {
    return false;
  }
}

function unpackShaders(text: string, sources: Sources, labVersion?: string): string {
  return printNotebook(
    parseNotebook(text).map((cell) => (cell.kind === 'wgsl' ? unpacked(cell, sources, labVersion) : cell)),
  );
}

function unpacked(cell: Cell, { sourceOf, former = {} }: Sources, labVersion = 'before 0.2'): Cell {
  if (cell.body.startsWith(PLAIN)) return { ...cell, body: cell.body.slice(PLAIN.length) };
  const [head, kernel, name, hash] = DIFF.exec(cell.body) ?? [];
  if (head === undefined) return cell;
  const shipped = variants.find((variant) => variant.kernel === kernel && variant.name === name);
  const now = shipped && sourceOf(shipped);
  const base = Object.hasOwn(former, hash) ? former[hash] : now;
  const why = base === undefined ? 'is not here' : 'has changed since';
  const versions = `the link was made by version ${labVersion} of the lab, this is ${LAB_VERSION}`;
  if (base === undefined || hashTexts({ base }) !== hash)
    throw new Error(
      `The shader ${cell.name} of this link is an edit of ${kernel}/${name}, which ${why}${Object.hasOwn(kernels, kernel) ? '' : `; there is no kernel ${kernel}`}. ` +
        `Ask for the notebook as a file; ${versions}`,
    );
  return { ...cell, body: applyDiff(base, cell.body.slice(head.length)) };
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Stops at LARGEST_BYTES: a few bytes can expand to more than fits into memory. */
async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  let at = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, (at += SLICE)));
      },
    },
    { highWaterMark: 0 },
  );
  const reader = source.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const whole = new Uint8Array(LARGEST_BYTES);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw new Error(
        `This link does not unpack (${messageOf(error)}); it was not made by this lab, or is incomplete`,
      );
    });
    if (done) return whole.subarray(0, length);
    if (length + value.length > LARGEST_BYTES) {
      await reader.cancel().catch(() => undefined); // the size error is thrown, whatever else is wrong
      throw new Error(
        `This link unpacks to more than ${LARGEST_BYTES / 1e6} MB; a notebook has at most that`,
      );
    }
    whole.set(value, length);
    length += value.length;
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error('This link unpacks to something that is not text (UTF-8); it was not made by this lab');
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 === 1)
    throw new Error(`This link cannot be unpacked: ${text.length} characters are no whole bytes`);
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/** CRC-32 (IEEE 802.3) of the characters, four bytes in base64url. */
function checkOf(payload: string): string {
  let crc = 0xffffffff;
  for (let i = 0; i < payload.length; i++) {
    crc ^= payload.charCodeAt(i) & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  crc = ~crc >>> 0;
  return toBase64(Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc));
}
