/** The GPU and the model that a host works with: kept between runs, and opened again when the GPU is lost. */
import type { ByteSource } from '../../engine/bytes';
import { type AdapterDescription, describeAdapter, GpuLost, openDevice } from '../../engine/device';
import { memoryOf, NoRoom } from '../../engine/buffers';
import { Engine } from '../../engine/engine';
import { randomSeed } from '../../engine/guarded';
import { Kernels } from '../../engine/kernels';
import { readSynthetic } from '../../engine/geometries';
import { synthesiseWeights } from '../../engine/synthetic';
import { Tokenizer } from '../../engine/tokenizer';
import { type Weights } from '../../engine/weights';
import { kernelNames } from '../../engine/forward';
import { loadModel, type Progress as LoadProgress } from '../../engine/load';
import { findVariant, kernels as registry } from '../../shaders';
import type { OnGpu } from '../../models/onGpu';
import { type Catalogue, REGISTRY } from '../experiment/catalogue';
import { explained, type Held } from './advice';
import type { FloorStore } from './floor';
import type { Report } from './progress';
import { unlessLost } from './unlessLost';

/** Keeps a text by key; undefined: none is kept. */
export interface SearchStore {
  read(key: string): Promise<string | undefined>;
  write(key: string, text: string | undefined): Promise<void>;
}

/** The parts that differ between a page, its worker and a terminal. */
export interface Host {
  gpu: GPU;
  /** Opens a model that is not synthetic: `demo`, a file or an address. Throws when there is no such model. */
  open(model: string, signal: AbortSignal): Promise<ByteSource>;
  /** The browser's user agent, or the runtime and its system; stored in records. */
  agent: string;
  /** True while the page is hidden: browsers slow such pages down. */
  hidden?(): boolean;
  /** Store of this machine's A/A values; without one, they last as long as the process. */
  floors?: FloorStore;
  /** Store of searches that were stopped; without one, they last as long as the process. */
  searches?: SearchStore;
  /** Called when the GPU was lost and `Session.memory` says so, with work in progress or without. */
  lost?(): void;
  /** True while the computer runs on its battery, where that can be known. */
  battery?(): boolean;
}

/** A device, and the results of the checks on it. */
export interface OpenGpu {
  device: GPUDevice;
  adapter: AdapterDescription;
  kernels: Kernels;
  /** Settings that were found on this GPU and are its defaults; undefined if it was not tuned. */
  tuned?: string;
  /** Errors (normalised mean squared) of what passed its check on this device, by kernel, WGSL text and sizes. */
  checked: Map<string, number>;
  /** The seed of the checks' data, different in every session, so that no shader can know it. */
  seed: number;
  /** Throws the first uncaptured GPU error since the last call; after the device is lost, every call throws. */
  throwPendingErrors(): void;
  /** Resolves to the work's result, or rejects once the device is lost: promises of a lost GPU may never settle. */
  unlessLost<T>(work: Promise<T>): Promise<T>;
}

export interface LoadedModel {
  /** The name as requested: a synthetic model, `demo`, a file or an address. */
  name: string;
  seed: number;
  engine: Engine;
  weights: Weights;
  /** Undefined for synthetic models. */
  tokenizer: Tokenizer | undefined;
  loadSeconds: number;
}

interface Loaded {
  weights: Weights;
  tokenizer: Tokenizer | undefined;
}

/** Holds one device and at most one model: two models may not fit into memory together. */
export class Session {
  #gpu: { open: OpenGpu; lost: boolean } | undefined;
  #model: LoadedModel | undefined;
  #tuned: string | undefined;

  constructor(readonly host: Host) {}

  /** Makes settings that were found on this GPU its defaults, from the next run on; without any, it has those of its vendor. */
  useTuned(settings: string | undefined) {
    this.#tuned = settings;
    if (this.#gpu) this.#gpu.open.tuned = settings;
  }

  /** The device, opened by the first call and again after it was lost. */
  async open(): Promise<OpenGpu> {
    if (this.#gpu && !this.#gpu.lost) return this.#gpu.open;
    this.forget();
    const device = await openDevice(this.host.gpu);
    const gpu = { open: watch(device, this.host.gpu.wgslLanguageFeatures), lost: false };
    void device.lost.then(() => {
      gpu.lost = true;
      this.host.lost?.();
    });
    this.#gpu = gpu;
    gpu.open.tuned = this.#tuned;
    return gpu.open;
  }

  /**
   * The requested model: that of the last run if it is the same, else loaded anew after the former one is destroyed. `begun` is
   * told the kernels that it needs while it is read from a file. Throws when it cannot be opened, read or loaded.
   */
  async load(
    name: string,
    seed: number,
    progress: LoadProgress,
    signal: AbortSignal,
    begun?: (kernelNames: string[]) => void,
  ): Promise<LoadedModel> {
    const gpu = await this.open();
    const synthetic = readSynthetic(name) !== undefined;
    if (this.#model?.name === name && (!synthetic || this.#model.seed === seed)) return this.#model;
    this.forget();
    const from = performance.now();
    const loading = synthetic
      ? synthesise(gpu.device, name, seed, progress, signal)
      : read(gpu.device, this.host, name, progress, signal, begun);
    const { weights, tokenizer } = await gpu.unlessLost<Loaded>(loading);
    const engine = await Engine.open(gpu.kernels, weights).catch((error: unknown) => {
      weights.destroy();
      throw error;
    });
    const loadSeconds = (performance.now() - from) / 1e3;
    this.#model = { name, seed, engine, weights, tokenizer, loadSeconds };
    return this.#model;
  }

  /**
   * The message of an error of this session's work. If there was no room on the GPU or it was lost, the message says what was on
   * it and what can be lowered, and what is there is freed: the next run begins anew.
   */
  explain(error: unknown): string {
    const message = explained(error, this.#held());
    if (error instanceof NoRoom || error instanceof GpuLost) this.forget();
    return message;
  }

  /** The model that is on the GPU now, and the bytes of all the lab's buffers. */
  get memory(): OnGpu {
    if (!this.#gpu || this.#gpu.lost) return { model: undefined, bytes: 0 };
    return { model: this.#model?.name, bytes: memoryOf(this.#gpu.open.device).bytes };
  }

  #held(): Held | undefined {
    if (!this.#model) return undefined;
    const { name, weights, engine } = this.#model;
    const layouts = engine.kernels.bytes.resident;
    return {
      model: name,
      weights: weights.byteLength,
      layouts,
      besides: engine.memoryBytes - layouts,
    };
  }

  /** The context for work on this session's GPU; by default with the shipped variants and without progress reports. */
  async context(
    signal: AbortSignal,
    { catalogue = REGISTRY, report = () => undefined }: { catalogue?: Catalogue; report?: Report } = {},
  ): Promise<RunContext> {
    return { gpu: await this.open(), host: this.host, catalogue, report, signal };
  }

  /** Frees the model. The next run loads its model again, so that a changed file is read again. */
  forget(): void {
    this.#model?.engine.destroy();
    this.#model?.weights.destroy();
    this.#model = undefined;
  }

  /** Frees everything. */
  close(): void {
    this.forget();
    this.#gpu?.open.kernels.destroy();
    this.#gpu?.open.device.destroy();
    this.#gpu = undefined;
  }
}

async function synthesise(
  device: GPUDevice,
  name: string,
  seed: number,
  progress: LoadProgress,
  signal: AbortSignal,
) {
  const makers = Object.keys(registry).filter((kernel) => kernel.startsWith('synthesise_'));
  const variants = Object.fromEntries(
    makers.map((kernel) => [kernel, findVariant(kernel, registry[kernel].default)]),
  );
  return {
    weights: await synthesiseWeights(device, name, seed, variants, progress, signal),
    tokenizer: undefined,
  };
}

async function read(
  device: GPUDevice,
  host: Host,
  name: string,
  progress: LoadProgress,
  signal: AbortSignal,
  begun?: (kernelNames: string[]) => void,
) {
  const source = await host.open(name, signal);
  try {
    const { file, weights } = await loadModel(device, source, progress, signal, (arranged) =>
      begun?.(kernelNames(arranged)),
    );
    return { weights, tokenizer: new Tokenizer(file.tokens) };
  } finally {
    await source.close?.();
  }
}

function watch(device: GPUDevice, languageFeatures: ReadonlySet<string>): OpenGpu {
  let complaint: string | undefined;
  let loss: Error | undefined;
  device.onuncapturederror = ({ error }) => (complaint ??= error.message);
  const lost = device.lost.then(({ message }) => {
    loss = new GpuLost(`The GPU was lost${message ? ` (${message.trim().split('\n')[0]})` : ''}`);
    throw loss;
  });
  lost.catch(() => undefined);
  return {
    device,
    adapter: describeAdapter(device),
    kernels: new Kernels(device, languageFeatures),
    checked: new Map(),
    seed: randomSeed(),
    throwPendingErrors() {
      if (loss) throw loss;
      const said = complaint;
      complaint = undefined;
      if (said) throw new Error(`The GPU refused something: ${said}`);
    },
    unlessLost: (work) => unlessLost(work, lost),
  };
}

/** The environment of a run: GPU, host, catalogue of variants, progress reports and stop signal. */
export interface RunContext {
  gpu: OpenGpu;
  host: Host;
  catalogue: Catalogue;
  report: Report;
  signal: AbortSignal;
}
