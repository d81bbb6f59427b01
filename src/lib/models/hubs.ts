/** Addresses of hubs, and what they answer about their files. */
import { HUBS, type HubFile } from './names';

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
