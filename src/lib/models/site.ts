/** Names of what this site keeps in the browser. Several sites may lie under one origin, as on GitHub Pages: each has its own. */
import { type IDBPDatabase, openDB, type OpenDBCallbacks, type StoreNames } from 'idb';

/** The path of the root of the site to which a script belongs, in a build or under `vite dev`; "/" for any other script. */
export function sitePathOf(script: string): string {
  const end = /^https?:/.test(script) ? script.search(/(_app\/immutable|src\/lib)\//) : -1;
  return end < 0 ? '/' : new URL(script.slice(0, end)).pathname;
}

export const SITE_PATH = sitePathOf(import.meta.url);

/** The name of a lock, a channel, a database or a web storage key for this site alone. */
export const ownName = (name: string): string => `${name} ${SITE_PATH}`;

/** Handlers for a database that is open in another tab or version. */
type Events<Schema> = Pick<OpenDBCallbacks<Schema>, 'blocked' | 'blocking' | 'terminated'>;

/**
 * Opens this site's database of a name, and creates it if there is none. A new one begins with what the sites of this origin kept
 * together under the bare name, up to version 0.2; that stays for the others. Rejects if storage fails.
 */
export async function openOwnDatabase<Schema = unknown>(
  name: string,
  create: (database: IDBPDatabase<Schema>) => void,
  events: Events<Schema> = {},
): Promise<IDBPDatabase<Schema>> {
  const open = (former: Contents | undefined) =>
    openDB<Schema>(ownName(name), 1, {
      ...events,
      upgrade(database, _old, _new, transaction) {
        transaction.done.catch(() => undefined);
        // A transaction that creates a database cannot wait for another: what goes into it is read first.
        if (!former) return transaction.abort();
        create(database);
        for (const [store, entries] of Object.entries(former)) {
          if (!database.objectStoreNames.contains(store as StoreNames<Schema>)) continue;
          const target = transaction.objectStore(store as StoreNames<Schema>);
          for (const [key, value] of entries)
            void target.put(value as never, target.keyPath === null ? (key as never) : undefined);
        }
      },
    });
  try {
    return await open(undefined);
  } catch (error) {
    if ((error as DOMException).name !== 'AbortError') throw error;
    return open(await contentsOf(name));
  }
}

/** Keys and values by object store. */
type Contents = Record<string, (readonly [key: IDBValidKey, value: unknown])[]>;

/** Everything in a database of version 1; nothing if there is none, or it cannot be read. */
async function contentsOf(name: string): Promise<Contents> {
  const contents: Contents = {};
  try {
    const database = await openDB(name, 1, {
      upgrade(_database, _old, _new, transaction) {
        transaction.done.catch(() => undefined);
        transaction.abort(); // there is none, and none is made
      },
    });
    for (const store of database.objectStoreNames) {
      const [keys, values] = await Promise.all([database.getAllKeys(store), database.getAll(store)]);
      contents[store] = keys.map((key, index) => [key, values[index]] as const);
    }
    database.close();
  } catch {
    // Nothing was kept, or the browser cannot read it: the site begins without it.
  }
  return contents;
}
