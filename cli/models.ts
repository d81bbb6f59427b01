// The commands models, download and delete, and the models that this machine keeps.
import { existsSync } from 'node:fs';
import { Arriving } from '../src/lib/models/arriving';
import { CATALOGUE } from '../src/lib/models/catalogue';
import type { DownloadProgress } from '../src/lib/models/download';
import type { Homes } from '../src/lib/models/hubs';
import { downloadModel as fetchParts } from '../src/lib/models/downloadParts';
import { partTexts, siblingText } from '../src/lib/models/parts';
import { requestOf } from '../src/lib/models/request';
import { gigabytes, type Manifest, storedModels } from '../src/lib/models/storage';
import { openStored } from '../src/lib/models/stored';
import type { Network } from '../src/lib/models/transfer';
import type { ByteSource } from '../src/lib/engine/bytes';
import type { Arguments } from './arguments';
import { ModelFolder } from './modelFolder';

/** Homes of the hubs: mirrors where the environment names them. */
const homes = (): Homes => ({ hf: process.env.HF_ENDPOINT, ms: process.env.MODELSCOPE_ENDPOINT });

/** Hosts that may see the token of Hugging Face. */
function headers(address: string): Record<string, string> {
  const { HF_TOKEN, HF_ENDPOINT } = process.env;
  const host = new URL(address).host;
  const home = HF_ENDPOINT ? new URL(HF_ENDPOINT).host : 'huggingface.co';
  return HF_TOKEN && (host === home || host === 'huggingface.co')
    ? { Authorization: `Bearer ${HF_TOKEN}` }
    : {};
}

/** Fetches through the proxy that HTTPS_PROXY or HTTP_PROXY names, if any: Node's own fetch takes no notice of them. */
async function networkOf(): Promise<Network> {
  const { HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy } = process.env;
  const base: Network = {
    fetch,
    headers,
    conditional: () => true,
    pause: (tries) => (tries < 8 ? Math.min(30, 0.5 * 2 ** tries) * (0.5 + Math.random()) : undefined),
    stallSeconds: 30,
    most: 4,
  };
  if (!(HTTPS_PROXY || https_proxy || HTTP_PROXY || http_proxy)) return base;
  const { EnvHttpProxyAgent, fetch: proxied } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent();
  // Cast: the types of undici's fetch and of Node's, which is undici's, differ in names only.
  const through = (address: string, options: object) => proxied(address, { ...options, dispatcher });
  return { ...base, fetch: through as unknown as typeof fetch };
}

/** Opens a model that is stored here; see `openStored` of the library. Undefined for a file of this computer. */
export async function openStoredModel(model: string): Promise<ByteSource | undefined> {
  if (existsSync(model)) return undefined;
  return openStored(model, new ModelFolder(), (name) => `fetch it with: lab download ${name}`, homes());
}

/** The path of a model that is stored here whole; undefined if it is not, or is a file of this computer. */
export async function storedPath(model: string): Promise<string | undefined> {
  if (existsSync(model)) return undefined;
  const folder = new ModelFolder();
  const own = (await storedModels(folder)).find(
    ({ manifest }) => manifest?.name === model && manifest.complete,
  );
  return own?.manifest && folder.path(own.key, own.manifest.file);
}

/** Lists the published models and what is stored, as tab-separated lines. */
export async function models({ settings }: Arguments): Promise<boolean> {
  if (settings.length) throw new Error(`models takes no settings; it was given ${settings[0][0]}`);
  const folder = new ModelFolder();
  const stored = await storedModels(folder);
  const print = (...fields: string[]) => process.stdout.write(`${fields.join('\t')}\n`);
  print('name', 'size', 'stored', 'file');
  for (const { name, bytes, file } of CATALOGUE) {
    const own = stored.find(({ manifest }) => manifest?.name === name)?.manifest;
    print(name, bytes ? gigabytes(bytes) : own ? gigabytes(own.bytes) : 'unknown', stateOf(own), file);
  }
  for (const { key, manifest } of stored) {
    if (CATALOGUE.some(({ name }) => name === manifest?.name)) continue;
    print(
      manifest?.name ?? key,
      manifest ? gigabytes(manifest.bytes) : 'unknown',
      manifest ? stateOf(manifest) : 'damaged',
      manifest?.file ?? '',
    );
  }
  process.stderr.write(`stored in ${folder.folder}\n`);
  return true;
}

function stateOf(manifest: Manifest | undefined): string {
  if (!manifest) return 'no';
  return manifest.complete ? 'whole' : `${Math.floor((100 * manifest.have) / Math.max(1, manifest.bytes))} %`;
}

/** Fetches a model into the user's folder, or goes on fetching it, and tells its progress on stderr. */
async function fetchModel(text: string, signal: AbortSignal, arriving?: (name: string) => Arriving) {
  const request = requestOf(text, homes());
  if (!request)
    throw new Error(`"${text}" is nothing to download: it is a file of this computer, or the lab's own`);
  const folder = new ModelFolder();
  const teller = new ProgressTeller(request.name);
  const fetched = await fetchParts(request, folder, await networkOf(), {
    signal,
    homes: homes(),
    verifyVersion: true,
    progress: (progress) => teller.tell(progress),
    arriving,
  });
  teller.end();
  return { folder, ...fetched };
}

/** The file of a model, which is downloaded while it is read. Its reads reject when the download fails or is stopped. */
export function openArriving(text: string, signal: AbortSignal): Promise<ByteSource> {
  const name = publishedName(text);
  const parts = new Map(partTexts(name).map((part) => [part, new Arriving()]));
  fetchModel(text, signal, (part) => parts.get(part)!).catch((error: Error) =>
    parts.forEach((arriving) => arriving.fail(error)),
  );
  const open = async (part: string): Promise<ByteSource> => ({
    ...(await parts.get(part)!.source()),
    sibling: (file) => open(siblingText(name, file) ?? name),
  });
  return open(name);
}

/** Downloads a model; the last line on stdout is the stored file's path. */
export async function downloadModel({ words }: Arguments, signal: AbortSignal): Promise<boolean> {
  const [text, ...more] = words;
  if (!text || more.length) throw new Error('download takes one name or address');
  const { folder, key, manifest } = await fetchModel(text, signal);
  process.stderr.write(
    `SHA-256 ${manifest.found}${manifest.sha256 ? ', as published' : '; no published hash is known'}\n`,
  );
  process.stdout.write(`${folder.path(key, manifest.file)}\n`);
  return true;
}

/** Deletes a stored model, whole or in part. */
export async function deleteModel({ words }: Arguments): Promise<boolean> {
  const [text, ...more] = words;
  if (!text || more.length) throw new Error('delete takes one name, as lab models prints it');
  const folder = new ModelFolder();
  const stored = await storedModels(folder);
  const names = partTexts(publishedName(text));
  const found = stored.filter(({ key, manifest }) =>
    [key, manifest?.name ?? '', manifest?.file ?? ''].some((each) => each === text || names.includes(each)),
  );
  const all = stored.map(({ key, manifest }) => manifest?.name ?? key).join(', ') || 'nothing';
  if (found.length === 0) throw new Error(`"${text}" is not stored; stored are: ${all}`);
  for (const { key, manifest } of found) {
    await folder.remove(key);
    process.stderr.write(`deleted ${manifest?.name ?? key} (${gigabytes(manifest?.have ?? 0)})\n`);
  }
  return true;
}

/** The canonical name of a text, or the text itself where it names nothing that can be fetched. */
function publishedName(text: string): string {
  try {
    return requestOf(text)?.name ?? text;
  } catch {
    return text;
  }
}

/** Progress on one line of a terminal; without one, a line for every tenth. */
class ProgressTeller {
  #tenth = -1;
  #note: string | undefined;

  constructor(readonly name: string) {}

  tell({ phase, have, bytes, rate, secondsLeft, note }: DownloadProgress) {
    if (note && note !== this.#note) process.stderr.write(`${(this.#note = note)}\n`);
    const share = bytes ? `${((100 * have) / bytes).toFixed(1)} % of ${gigabytes(bytes)}` : '';
    const speed = rate ? `, ${gigabytes(rate)}/s` : '';
    const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`;
    const line = `${this.name}: ${phase} ${share}${speed}${left}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line.slice(0, 110)}`);
    else {
      const tenth = bytes ? Math.floor((10 * have) / bytes) : -1;
      if (tenth > this.#tenth) process.stderr.write(`${line}\n`);
      this.#tenth = Math.max(tenth, this.#tenth);
    }
  }

  end() {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  }
}

const duration = (seconds: number) =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;
