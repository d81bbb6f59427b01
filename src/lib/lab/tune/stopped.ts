/** A search that was stopped, kept by the host, so that the same search goes on from there: also after a reload. */
import type { Catalogue } from '../experiment/catalogue';
import { browserOf } from '../records/agent';
import { hashTexts } from '../records/record';
import { LAB_VERSION } from '../version';
import type { RunContext, SearchStore } from '../measure/session';
import type { KernelUse } from '../measure/shapes';
import { type Found, foundOf, type KeptFound, keptOf } from './found';

/** A search that was stopped longer ago begins anew: the driver may be another by then. */
const LONGEST_MS = 24 * 3600e3;

/** Stopped searches of hosts that keep none, as long as the process lasts. */
const processTexts = new Map<string, string>();
const processStore: SearchStore = {
  read: (key) => Promise.resolve(processTexts.get(key)),
  write(key, text) {
    if (text === undefined) processTexts.delete(key);
    else processTexts.set(key, text);
    return Promise.resolve();
  },
};

/** The latest stopped search of an adapter and browser, as it is stored. */
interface Kept {
  task: string;
  /** Milliseconds since 1970. */
  at: number;
  kernels: Record<string, KeptFound>;
}

/** The properties that a search must share with the stopped one to go on from there: its settings, the texts, the version. */
export function taskOf(asked: unknown, { variants }: Catalogue): string {
  const texts = variants.map(({ kernel, name, wgsl }) => [`${kernel}/${name}`, wgsl] as const);
  return [LAB_VERSION, hashTexts(Object.fromEntries(texts)), JSON.stringify(asked)].join(' ');
}

export class StoppedSearch {
  readonly #fresh = new Set<string>();

  private constructor(
    readonly store: SearchStore,
    readonly key: string,
    readonly kept: Kept,
  ) {}

  /** The stopped search of this task on this adapter and browser, or an empty one. What cannot be read is forgotten. */
  static async open(task: string, { host, gpu }: Pick<RunContext, 'host' | 'gpu'>): Promise<StoppedSearch> {
    const store = host.searches ?? processStore;
    const key = `${gpu.adapter.name} | ${browserOf(host.agent)}`;
    const text = await store.read(key).catch(() => undefined);
    return new StoppedSearch(store, key, readKept(text, task) ?? { task, at: Date.now(), kernels: {} });
  }

  /** The result for a kernel with these uses, before the stop or for another chunk; undefined if it was not searched. */
  found(kernel: string, uses: KernelUse[], catalogue: Catalogue): Found | undefined {
    return foundOf(this.kept.kernels[keyOf(kernel, uses)], kernel, uses, catalogue);
  }

  /** True for a kernel that was searched before the stop. */
  isFromBefore(kernel: string, uses: KernelUse[]): boolean {
    const key = keyOf(kernel, uses);
    return key in this.kept.kernels && !this.#fresh.has(key);
  }

  /** Keeps what was found for a kernel. A store that fails costs the search again, and nothing else. */
  async add(kernel: string, uses: KernelUse[], found: Found): Promise<void> {
    const key = keyOf(kernel, uses);
    this.#fresh.add(key);
    this.kept.kernels[key] = keptOf(found, uses);
    await this.store.write(this.key, JSON.stringify(this.kept)).catch(() => undefined);
  }

  /** Forgets the search, which has come to its end. */
  async end(): Promise<void> {
    await this.store.write(this.key, undefined).catch(() => undefined);
  }
}

function readKept(text: string | undefined, task: string): Kept | undefined {
  try {
    const { task: own, at, kernels } = JSON.parse(text ?? '') as Partial<Kept>;
    const sound =
      own === task && Number(at) > Date.now() - LONGEST_MS && typeof kernels === 'object' && kernels;
    return sound ? { task, at: Number(at), kernels } : undefined;
  } catch {
    return undefined;
  }
}

const keyOf = (kernel: string, uses: KernelUse[]) =>
  JSON.stringify([kernel, uses.map(({ sizes, count }) => [sizes, count])]);
