/** Browser storage of notebooks with their results and of the run history: IndexedDB, through `idb`. */
import type { DBSchema, IDBPDatabase } from 'idb';
import { openOwnDatabase, ownName } from '../../models/site';
import type { PastRun, StoredNotebook } from './stored';

export type { PastRun, StoredNotebook };

/** A stored value that cannot be opened, or not whole, as it was stored. */
export interface Damaged {
  id: string;
  /** JSON, as far as the value can be written so. */
  text: string;
}

interface Schema extends DBSchema {
  notebooks: { key: string; value: StoredNotebook };
  runs: { key: string; value: PastRun; indexes: { finishedAt: string } };
}

/** Unnamed notebooks that are kept: those that the user has written, and those that an address opens again. */
const MOST_DRAFTS = 200;
const MOST_LOOKED_AT = 20;
const MOST_RUNS = 300;
const CLAIM_MILLISECONDS = [0, 250];
const LAST = 'notebook';
const BASELINE = 'baseline';

/** Loads the module that validates stored values; a first visit does not need it. */
const reader = () => import('./stored');

/** Stores notebooks and runs. Methods that use the database reject with the browser's Error if storage fails. */
export class Store {
  #database: Promise<IDBPDatabase<Schema>> | undefined;

  async save(notebook: StoredNotebook): Promise<void> {
    const database = await this.#open();
    await database.put('notebooks', notebook);
    remember('session', notebook.id);
    remember('local', notebook.id);
  }

  async load(id: string): Promise<StoredNotebook | undefined> {
    const database = await this.#open();
    const stored = await database.get('notebooks', id);
    if (!stored) return undefined;
    const { damagedCopy, readNotebook } = await reader();
    const read = readNotebook(stored);
    // Saving the notebook would end what was stored: a copy of that stays until the user deletes it.
    const copy = read && damagedCopy(stored, read);
    if (copy) await database.put('notebooks', copy as unknown as StoredNotebook);
    return read && { ...read, ...(copy && { damaged: true }) };
  }

  /** Stored values that are no notebooks, and the copies of notebooks that were opened in part. */
  async damaged(): Promise<Damaged[]> {
    const { damagedIn } = await reader();
    return damagedIn(await (await this.#open()).getAll('notebooks'));
  }

  #release: (() => void) | undefined;

  /**
   * Claims a notebook for this tab and releases the previous claim. Resolves to false if another tab has it: two tabs
   * would overwrite each other.
   */
  async claim(id: string): Promise<boolean> {
    this.release();
    if (!navigator.locks) return true;
    // A page that is being reloaded may hold the lock for a moment longer.
    for (const patience of CLAIM_MILLISECONDS) {
      await new Promise((resolve) => setTimeout(resolve, patience));
      if (await this.#lock(ownName(`notebook ${id}`))) return true;
    }
    return false;
  }

  /** Gives up the claim: the document stays when another page of the lab is opened, and with it the lock. */
  release() {
    this.#release?.();
    this.#release = undefined;
  }

  /** Acquires a lock and holds it until the page closes or `release` is called. Resolves to false if it is taken. */
  #lock(name: string): Promise<boolean> {
    return new Promise((resolve) => {
      const held = (lock: Lock | null) => {
        resolve(lock !== null);
        return lock && new Promise<void>((release) => (this.#release = release));
      };
      navigator.locks.request(name, { ifAvailable: true }, held).catch(() => resolve(true));
    });
  }

  /** The notebook that this tab had open at this address before a reload. */
  async atAddress(address: string): Promise<StoredNotebook | undefined> {
    const id = recall('session');
    const found = id === undefined ? undefined : await this.load(id);
    return found?.address === address ? found : undefined;
  }

  /** This tab's last notebook, else the last one changed in any tab. */
  async last(): Promise<StoredNotebook | undefined> {
    for (const id of [recall('session'), recall('local')]) {
      const found = id === undefined ? undefined : await this.load(id);
      if (found) return found;
    }
    return undefined;
  }

  /**
   * All notebooks, last changed first. Deletes the oldest unnamed ones: of those that the user has written beyond MOST_DRAFTS,
   * and of those that were only looked at beyond MOST_LOOKED_AT, so that opened links never push a draft out.
   */
  async notebooks(): Promise<StoredNotebook[]> {
    const database = await this.#open();
    const { readNotebook } = await reader();
    const all = (await database.getAll('notebooks'))
      .flatMap((stored) => readNotebook(stored) ?? [])
      .sort((a, b) => b.changedAt.localeCompare(a.changedAt));
    const surplus = surplusOf(all);
    for (const { id } of surplus) await database.delete('notebooks', id);
    return all.filter((notebook) => !surplus.includes(notebook));
  }

  async deleteNotebook(id: string): Promise<void> {
    await (await this.#open()).delete('notebooks', id);
  }

  /** Adds a run, or what it has grown to: the user's label stays. Deletes the oldest unlabelled runs beyond MOST_RUNS. */
  async keepRun(run: PastRun): Promise<void> {
    const database = await this.#open();
    const { store, done } = database.transaction('runs', 'readwrite');
    const label = (await store.get(run.id))?.label ?? run.label;
    await Promise.all([store.put({ ...run, label }), done]);
    const surplus = (await database.count('runs')) - MOST_RUNS;
    if (surplus <= 0) return;
    const oldest = await database.getAllFromIndex('runs', 'finishedAt');
    const unlabelled = oldest.filter(({ id, label }) => label === '' && id !== this.baselineId);
    for (const { id } of unlabelled.slice(0, surplus)) await database.delete('runs', id);
  }

  async labelRun(id: string, label: string): Promise<void> {
    const { store, done } = (await this.#open()).transaction('runs', 'readwrite');
    const run = await store.get(id);
    await Promise.all([run && store.put({ ...run, label }), done]);
  }

  /** All stored runs, latest first. */
  async runs(): Promise<PastRun[]> {
    const stored = await (await this.#open()).getAllFromIndex('runs', 'finishedAt');
    const { readRun } = await reader();
    return stored.reverse().flatMap((run) => readRun(run) ?? []);
  }

  async deleteRun(id: string): Promise<void> {
    await (await this.#open()).delete('runs', id);
    if (this.baselineId === id) this.pin(undefined);
  }

  /** Id of the pinned run that others are compared with. */
  get baselineId(): string | undefined {
    return recall('local', BASELINE);
  }

  pin(id: string | undefined) {
    remember('local', id, BASELINE);
  }

  async baseline(): Promise<PastRun | undefined> {
    const id = this.baselineId;
    const stored = id === undefined ? undefined : await (await this.#open()).get('runs', id);
    return stored && (await reader()).readRun(stored);
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#database ??= this.#connect().catch((reason: unknown) => {
      this.#database = undefined;
      throw reason;
    });
    return this.#database;
  }

  /** Rejects when another tab keeps an older version of the database open, instead of waiting for it. */
  #connect(): Promise<IDBPDatabase<Schema>> {
    return new Promise((resolve, reject) => {
      const create = (database: IDBPDatabase<Schema>) => {
        database.createObjectStore('notebooks', { keyPath: 'id' });
        database.createObjectStore('runs', { keyPath: 'id' }).createIndex('finishedAt', 'finishedAt');
      };
      openOwnDatabase<Schema>('rwkv-lab', create, {
        blocked: () =>
          reject(
            new Error(
              'Another tab shows an older version of the lab, which keeps the notebooks locked; close it',
            ),
          ),
        // A newer version of the lab in another tab waits for this one; the next call opens the database again.
        blocking: (_current, _blocked, event) => {
          (event.target as IDBDatabase).close();
          this.#database = undefined;
        },
        // The browser may close the database to free memory; the next call reopens it.
        terminated: () => (this.#database = undefined),
      }).then(resolve, reject);
    });
  }
}

/** The unnamed notebooks to delete, from a list with the last changed first. */
export function surplusOf(notebooks: readonly StoredNotebook[]): StoredNotebook[] {
  const unnamed = notebooks.filter(({ name }) => name === '');
  const [drafts, lookedAt] = [true, false].map((wanted) =>
    unnamed.filter(({ written = true }) => written === wanted),
  );
  return [...drafts.slice(MOST_DRAFTS), ...lookedAt.slice(MOST_LOOKED_AT)];
}

type Drawer = 'local' | 'session';

/** Stores a small value in web storage; does nothing if that is blocked. */
function remember(drawer: Drawer, value: string | undefined, key = LAST) {
  try {
    const storage = drawer === 'local' ? localStorage : sessionStorage;
    // Removed, the name that all sites of this origin used up to 0.2 would be read again.
    storage.setItem(ownName(key), value ?? '');
  } catch {
    // The notebook itself is in the database; only its place as the last one is lost.
  }
}

function recall(drawer: Drawer, key = LAST): string | undefined {
  try {
    const storage = drawer === 'local' ? localStorage : sessionStorage;
    return (storage.getItem(ownName(key)) ?? storage.getItem(key)) || undefined;
  } catch {
    return undefined;
  }
}
