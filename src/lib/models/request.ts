/** Resolves the name of a model, for settings, links, terminal and page alike. */
import { CATALOGUE, type Published, publishedNamed } from './catalogue';
import { type Homes, hubAddress } from './hubs';
import { type HubFile, hubText, isAddress, isHubText, isPublishedText, readHubFile } from './names';

/** A file to be fetched: its name, where it can be had, and what is known of it. */
export interface ModelRequest {
  /** The canonical text. */
  name: string;
  file: string;
  /** Addresses in the order in which they are tried. */
  addresses: string[];
  /** The same files on hubs, which know size and hash. */
  hubFiles: HubFile[];
  bytes?: number;
  sha256?: string;
  published?: Published;
}

/**
 * The request that a text stands for; undefined for what is not fetched: `demo`, `synthetic-…` and files. Throws an Error
 * that says what was possible, for a name that looks published but is not, and for a malformed place on a hub.
 */
export function requestOf(text: string, homes: Homes = {}): ModelRequest | undefined {
  const published = publishedNamed(text) ?? (isHubText(text) ? publishedAt(readHubFile(text)) : undefined);
  if (published && !isFile(text)) return ofPublished(published, homes);
  if (isHubText(text)) {
    const file = readHubFile(text);
    return {
      name: hubText(file),
      file: lastOf(file.path),
      addresses: [hubAddress(file, homes)],
      hubFiles: [file],
    };
  }
  if (isAddress(text)) {
    const path = decodeURIComponentSafely(new URL(text).pathname);
    return { name: text, file: lastOf(path) || 'model.gguf', addresses: [text], hubFiles: [] };
  }
  if (!isPublishedText(text)) return undefined;
  throw new Error(
    `There is no published model "${text}"; there are: ${[...new Set(CATALOGUE.map(({ model }) => model))].join(', ')}, each with its ` +
      `types, such as ${CATALOGUE[0].name}; or hf:owner/repository/file, ms:…, an address, or a file`,
  );
}

const isFile = (text: string) => /\.gguf$/i.test(text) && !isHubText(text);

function ofPublished(published: Published, homes: Homes): ModelRequest {
  const { name, file, sources, bytes, sha256 } = published;
  const addresses = sources.map((source) => hubAddress(source, homes));
  return { name, file, addresses, hubFiles: sources, bytes, sha256, published };
}

/** The published file at a place on a hub, so that it is stored once under either name. */
const publishedAt = (file: HubFile) =>
  CATALOGUE.find(({ sources }) => sources.some((source) => hubText(source) === hubText(file)));

const lastOf = (path: string) => path.split('/').at(-1) ?? '';

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The name of the folder in which a request's file is stored: the same for the same bytes where their hash is known. */
export async function keyOf({ name, sha256 }: ModelRequest): Promise<string> {
  if (sha256) return `sha256-${sha256.slice(0, 32)}`;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name)));
  return `address-${Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
