/**
 * Model files that were chosen or dropped before, where the browser can remember them (Chromium): they are not copied, and are
 * opened again with one click.
 */
import { openOwnDatabase } from '../../models/site';

/** A file's handle, of which TypeScript's library knows only a part. */
export interface Handle {
  kind: string;
  name: string;
  getFile(): Promise<File>;
  requestPermission?(): Promise<PermissionState>;
}

interface Picker {
  showOpenFilePicker?(options: object): Promise<Handle[]>;
}

/** True where a file that is chosen can be remembered. */
export const canRemember = (): boolean => 'showOpenFilePicker' in window;

const database = () =>
  openOwnDatabase('rwkv-lab-files', (made) => void made.createObjectStore('handles'), {
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });

/** Lets the user choose model files, and remembers them. Resolves to none if nothing was chosen. */
export async function chooseModels(): Promise<File[]> {
  const { showOpenFilePicker } = window as Picker;
  const types = [{ accept: { 'application/octet-stream': ['.gguf'] } }];
  const handles = await showOpenFilePicker?.({ id: 'models', multiple: true, types }).catch(
    (error: unknown) => {
      if ((error as DOMException).name === 'AbortError') return [];
      throw error;
    },
  );
  await remember(handles ?? []);
  return Promise.all((handles ?? []).map((handle) => handle.getFile()));
}

/** Remembers the handles of model files, by name: a later file of the same name takes the place of an earlier one. */
export async function remember(handles: readonly (Handle | null)[]): Promise<void> {
  const models = handles.filter((handle) => handle?.kind === 'file' && /\.gguf$/i.test(handle.name));
  if (models.length === 0) return;
  const opened = await database();
  for (const handle of models) await opened.put('handles', handle, handle!.name);
}

/** True if a file of this name was chosen before. */
export const isRemembered = async (name: string): Promise<boolean> =>
  canRemember() && (await (await database()).getKey('handles', name)) !== undefined;

/** The file, after the browser has asked the user; call it from a click. Throws when it is refused, or no longer there. */
export async function openAgain(name: string): Promise<File> {
  const handle = (await (await database()).get('handles', name)) as Handle | undefined;
  if (!handle) throw new Error(`${name} was not remembered; choose it again`);
  if ((await handle.requestPermission?.()) === 'denied')
    throw new Error(`${name}: the browser was not allowed to read it`);
  return handle.getFile();
}
