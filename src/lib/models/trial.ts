/** Tries what storing a model needs of a browser: files, a hash that goes on, a database. Nothing of it is left behind. */
import { deleteDB } from 'idb';
import { openOwnDatabase, ownName } from './site';
import type { ModelStorage } from './storage';

/** A folder that no model can have, because names of models have no such character. */
const KEY = 'self-test~';
const FILE = 'part';
/** More than a browser keeps in one piece of memory by habit, and quick to write. */
const BYTES = 3 * 2 ** 20;

/** Writes a part of a file, opens it again, writes the rest, and reads it. Resolves to what was done; throws when it is not as written. */
export async function tryFiles(storage: ModelStorage): Promise<string> {
  const wanted = pattern(BYTES);
  const size = wanted.length;
  const first = Math.floor(size / 3) + 1;
  try {
    const began = await storage.open(KEY, FILE);
    try {
      await began.truncate(0);
      await began.write(wanted.subarray(0, first), 0);
      await began.flush();
    } finally {
      await began.close();
    }
    const had = await storage.size(KEY, FILE);
    if (had !== first) throw new Error(`${first} bytes were written, and the file has ${had}`);
    const resumed = await storage.open(KEY, FILE);
    try {
      await resumed.write(wanted.subarray(first), first);
      await resumed.flush();
    } finally {
      await resumed.close();
    }
    const got = await (await storage.source(KEY, FILE)).read(0, size);
    const wrong = wanted.findIndex((byte, at) => got[at] !== byte);
    if (wrong >= 0) throw new Error(`Byte ${wrong} was read as another than it was written`);
  } finally {
    await storage.remove(KEY);
  }
  const left = await storage.size(KEY, FILE);
  if (left > 0) throw new Error(`${left} bytes are left of a deleted file`);
  return `${size} bytes were written in two visits and read`;
}

/** Computes a SHA-256 in two parts, the second from the stored state of the first, as an interrupted download does. */
export async function tryHash(): Promise<string> {
  const { createSHA256 } = await import('hash-wasm');
  const bytes = pattern(BYTES);
  const first = await createSHA256();
  first.init();
  first.update(bytes.subarray(0, 1_000_003));
  const second = await createSHA256();
  second.load(first.save());
  second.update(bytes.subarray(1_000_003));
  const got = second.digest('hex');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const want = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (got !== want) throw new Error(`The hash is ${got} instead of ${want}`);
  return `the right hash, ${want}, from a stored state on`;
}

/** Writes a value to a database of its own, reads it in another connection, and deletes the database. */
export async function tryDatabase(): Promise<string> {
  const name = 'rwkv-lab-selftest';
  const open = () => openOwnDatabase(name, (made) => void made.createObjectStore('values'));
  const value = { text: 'naïve 模型', bytes: pattern(1000) };
  try {
    const writing = await open();
    await writing.put('values', value, 'key');
    writing.close();
    const reading = await open();
    const got = (await reading.get('values', 'key')) as typeof value | undefined;
    reading.close();
    if (got?.text !== value.text || got.bytes.some((byte, at) => byte !== value.bytes[at]))
      throw new Error('What was read is not what was written');
  } finally {
    await deleteDB(ownName(name));
  }
  return 'a value was written, read and deleted';
}

/** The room that the browser gives this site. */
export async function tryQuota(storage: ModelStorage): Promise<string> {
  const { used, free, lasting } = await storage.room();
  if (free === undefined) throw new Error('The browser does not say how much room there is');
  const [taken, left] = [used ?? 0, free].map((bytes) => Math.round(bytes / 1e6));
  return lasting
    ? `${taken} MB used, ${left} MB free, and kept`
    : `${taken} MB used, ${left} MB free; the browser may evict it`;
}

/** Bytes without a short period. */
function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0, x = 1; at < length; at++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = x >>> 16;
  }
  return bytes;
}
