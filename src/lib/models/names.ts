/**
 * The texts by which settings, links, the terminal and the page name a model:
 *
 *   demo, synthetic-2.9b                        the lab's own
 *   rwkv7-g1b-2.9b, rwkv7-g1b-2.9b-q8_0         published (catalogue.ts)
 *   hf:owner/repository/file.gguf[@revision]    a file on Hugging Face; ms: on ModelScope
 *   https://…/model.gguf                        any address whose server answers range requests
 *   model.gguf                                  a file: of this computer, or one that was opened on the page
 *
 * This module only reads the text; catalogue.ts knows the published names.
 */

/** A file of a repository. */
export interface HubFile {
  hub: 'hf' | 'ms';
  /** owner/name */
  repository: string;
  path: string;
  /** Branch, tag or commit. */
  revision: string;
}

const HUBS = {
  hf: { home: 'https://huggingface.co', revision: 'main' },
  ms: { home: 'https://modelscope.cn', revision: 'master' },
};

/** One part of a path: no way to another folder. */
const PART = /^(?!\.{1,2}$)[\w.+-]{1,200}$/;

/** True for a text that begins like a file of a hub; `readHubFile` says whether it is one. */
export const isHubText = (text: string): boolean => /^(hf|ms):/.test(text);

export const isAddress = (text: string): boolean => /^https?:\/\//i.test(text);

/** True for a text that has the form of a published name; whether there is such a model only the catalogue knows. */
export const isPublishedText = (text: string): boolean =>
  /^rwkv7-g\d[\w.-]{1,60}$/i.test(text) && !/\.gguf$/i.test(text);

/** Reads `hf:owner/repository/path[@revision]`, or `ms:…`. Throws an Error that shows the form. */
export function readHubFile(text: string): HubFile {
  const hub = text.startsWith('ms:') ? 'ms' : 'hf';
  const [place, revision = HUBS[hub].revision, more] = text.slice(3).split('@');
  const [owner, name, ...path] = place.split('/');
  const parts = [owner, name, ...path, revision];
  const valid = more === undefined && path.length > 0 && parts.every((part) => PART.test(part ?? ''));
  if (valid) return { hub, repository: `${owner}/${name}`, path: path.join('/'), revision };
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  throw new Error(
    `"${shown}" names no file of a hub; write ${hub}:owner/repository/file.gguf, or with @revision behind it`,
  );
}

/** The text of a hub's file, as `readHubFile` reads it. */
export function hubText({ hub, repository, path, revision }: HubFile): string {
  return `${hub}:${repository}/${path}${revision === HUBS[hub].revision ? '' : `@${revision}`}`;
}

/** Homes of the hubs where they are not the usual ones, such as a mirror in HF_ENDPOINT. */
export type Homes = Partial<Record<HubFile['hub'], string>>;

const homeOf = (hub: HubFile['hub'], homes: Homes) => (homes[hub] || HUBS[hub].home).replace(/\/+$/, '');

/** The address of the file itself. */
export function hubAddress({ hub, repository, path, revision }: HubFile, homes: Homes = {}): string {
  const models = hub === 'ms' ? '/models' : '';
  return `${homeOf(hub, homes)}${models}/${repository}/resolve/${revision}/${path}`;
}

/** The address of the hub's list of the repository's files, with sizes and hashes. */
export function hubListAddress({ hub, repository, revision }: HubFile, homes: Homes = {}): string {
  const home = homeOf(hub, homes);
  return hub === 'ms'
    ? `${home}/api/v1/models/${repository}/repo/files?Revision=${revision}&Recursive=true`
    : `${home}/api/models/${repository}/tree/${revision}?recursive=true`;
}

/** Size and hash of a file in the answer of `hubListAddress`; undefined where the answer does not tell them. */
export function factsIn(
  answer: unknown,
  { hub, path }: HubFile,
): { bytes: number; sha256: string } | undefined {
  const files = hub === 'ms' ? field(field(answer, 'Data'), 'Files') : answer;
  if (!Array.isArray(files)) return undefined;
  const file: unknown = files.find((each) => field(each, hub === 'ms' ? 'Path' : 'path') === path);
  const bytes = field(file, hub === 'ms' ? 'Size' : 'size');
  const sha256 = hub === 'ms' ? field(file, 'Sha256') : field(field(file, 'lfs'), 'oid');
  const known =
    typeof bytes === 'number' && bytes > 0 && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
  return known ? { bytes, sha256 } : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
