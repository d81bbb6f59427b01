// Shared by all commands: output to stdout and stderr, a session on this machine's GPU, and models by name.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { urlSource } from '../src/lib/engine/bytes';
import { type SearchStore, Session } from '../src/lib/lab/measure/session';
import { keptStore } from '../src/lib/lab/measure/floor';
import { cacheFolder } from './modelFolder';
import { openStoredModel, storedPath } from './models';
import { gpu, openFile } from './node';

/** Writes results to stdout. */
export const print = (text: string) => process.stdout.write(text);
/** Writes messages and progress to stderr. */
export const tell = (text: string) => process.stderr.write(text);

const DEMO = '../static/models/rwkv7-austen-Q4_K_M.gguf';
const folder = dirname(fileURLToPath(import.meta.url));

/** Opens a model by name, place on a hub, address or file path; a stored one is read from disk. Throws when it cannot be opened. */
export async function openModel(model: string, signal?: AbortSignal) {
  const stored = model === 'demo' ? undefined : await openStoredModel(model);
  if (stored) return stored;
  if (/^https?:\/\//i.test(model)) return urlSource(model, { signal });
  return openFile(model === 'demo' ? join(folder, DEMO) : model);
}

/** The file of a model on this computer. Throws for an address, and for a published model that was not downloaded. */
export async function fileOf(model: string): Promise<string> {
  if (model === 'demo') return join(folder, DEMO);
  if (/^https?:\/\//i.test(model))
    throw new Error(`${model} is an address: download it first, and name the file`);
  const stored = await storedPath(model);
  if (stored) return stored;
  await openFile(model);
  return resolve(model);
}

/** A JSON file in the user's cache folder that holds values by key. `read` rejects where there is none. */
function cacheFile(name: string) {
  const file = join(cacheFolder(), name);
  const all = async () => JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  return {
    read: async (key: string) => (await all())[key],
    async write(key: string, value: unknown) {
      const others = await all().catch(() => ({}));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, JSON.stringify({ ...others, [key]: value }));
    },
  };
}

/** The A/A values of this machine. */
const floorsFile = cacheFile('floors.json');
const floors = keptStore(floorsFile.read, floorsFile.write);

/** Searches that were stopped. */
const searchesFile = cacheFile('searches.json');
const searches: SearchStore = {
  async read(key) {
    const kept = await searchesFile.read(key);
    return typeof kept === 'string' ? kept : undefined;
  },
  write: searchesFile.write,
};

const newSession = () =>
  new Session({
    gpu,
    open: openModel,
    floors,
    searches,
    agent: `Node ${process.version}, ${process.platform} ${process.arch}`,
  });

let kept: Session | undefined;

/**
 * Makes all later commands of this process share one session, with its device, its model and what was checked on it, as the cells of a
 * page do. Returns the function that closes it, after which each command has its own again.
 */
export function keepSession(): () => void {
  const session = (kept ??= newSession());
  return () => {
    session.close();
    kept = undefined;
  };
}

/** Runs `work` with a new session and closes it afterwards, also after an error; with the kept one, if there is one. */
export async function withSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  const session = kept ?? newSession();
  try {
    return await work(session);
  } finally {
    if (!kept) session.close();
  }
}
