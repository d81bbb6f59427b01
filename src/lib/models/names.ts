/**
 * The texts by which settings, links, the terminal and the page name a model:
 *
 *   demo, synthetic-2.9b, …-zeros90             the lab's own
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

/** The addresses of the hubs, and the branch that is meant without a revision. */
export const HUBS = {
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
