// llama.cpp through the npm package node-llama-cpp, where the user has installed it: the lab does not depend on it.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Run } from '../src/lib/lab/experiment/expand';
import type { Peer, PreparedPeer } from '../src/lib/lab/measure/peer';

const PACKAGE = 'node_modules/node-llama-cpp';
const MISSING =
  'node-llama-cpp is not installed. Install it beside the lab (npm install --no-save node-llama-cpp), in the current folder, or in another that ' +
  'LAB_LLAMA names: mkdir llama && npm install --prefix llama node-llama-cpp && export LAB_LLAMA=$PWD/llama';

/** Vulkan drivers that emulate a GPU on the CPU. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader/i;

/** The part of node-llama-cpp 3 that is used. */
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(
    tokens: number[],
    options: { temperature: number; yieldEogToken: boolean },
  ): AsyncGenerator<number, void, void>;
}
interface Context {
  currentThreads: number;
  batchSize: number;
  getSequence(): Sequence;
  dispose(): Promise<void>;
}
interface Model {
  size: number;
  gpuLayers: number;
  /** Absent in older versions. */
  useMmap?: boolean;
  createContext(options: Record<string, unknown>): Promise<Context>;
  dispose(): Promise<void>;
}
interface Llama {
  gpu: string | false;
  /** 0: as many as there are. */
  maxThreads: number;
  llamaCppRelease: { repo: string; release: string };
  getGpuDeviceNames(): Promise<string[]>;
  loadModel(options: { modelPath: string }): Promise<Model>;
  dispose(): Promise<void>;
}
interface Package {
  getLlama(options: Record<string, unknown>): Promise<Llama>;
}

/** llama.cpp with a model file in memory. */
export interface LlamaPeer extends Peer {
  /** `llama.cpp b7000 (node-llama-cpp 3.22.1), cuda` */
  name: string;
  close(): Promise<void>;
}

/** The choices of where llama.cpp computes; `auto`: a GPU, if the package finds a real one. */
export const BACKENDS = ['auto', 'cpu', 'cuda', 'vulkan', 'metal'] as const;

/**
 * Loads a file into llama.cpp on one of BACKENDS, for prompts that are read in chunks of the run's length. Throws when the package is
 * missing or refuses the file or the backend.
 */
export async function openLlama(file: string, run: Run, backend: string): Promise<LlamaPeer> {
  const { version, getLlama } = await findPackage();
  const llama = await startLlama(getLlama, backend);
  try {
    return await peerWith(llama, version, file, run);
  } catch (reason) {
    await llama.dispose(); // with it goes all that it has loaded
    throw reason;
  }
}

async function peerWith(llama: Llama, version: string, file: string, run: Run): Promise<LlamaPeer> {
  const from = performance.now();
  const model = await llama.loadModel({ modelPath: file }).catch((reason: Error) => {
    throw new Error(`llama.cpp does not load ${file}: ${reason.message}`, { cause: reason });
  });
  const loadSeconds = (performance.now() - from) / 1e3;
  const contextOf = (capacity: number) =>
    model.createContext({
      ...{ contextSize: capacity, batchSize: Math.min(run.chunk, capacity), sequences: 1 },
      ...{ failedCreationRemedy: false, ignoreMemorySafetyChecks: true },
      ...(llama.gpu ? {} : { threads: threadsOf(llama) }),
    });
  const trial = await contextOf(run.prefill + run.decode + 8);
  const { currentThreads: threads, batchSize } = trial;
  await trial.dispose();
  const { release } = llama.llamaCppRelease;
  const cpu = cpus()[0]?.model ?? '';
  const devices = llama.gpu ? (await llama.getGpuDeviceNames()).join(', ') : '';
  const used = llama.gpu || 'CPU';
  return {
    name: `llama.cpp ${release} (node-llama-cpp ${version}), ${used}${devices ? ` ${devices}` : `, ${threads} threads`}`,
    facts: {
      weightBytes: model.size,
      loadSeconds,
      kernelHash: release,
      adapter: devices || cpu,
      software: false,
      agent: `node-llama-cpp ${version}, Node ${process.version}`,
      // Settings that the package does not report, such as the types of the state, are left out.
      setup: {
        ...{ build_commit: release, cpu_info: cpu, backends: used },
        ...{ n_batch: String(batchSize), n_threads: String(threads), n_gpu_layers: String(model.gpuLayers) },
        ...(model.useMmap !== undefined && { use_mmap: String(Number(model.useMmap)) }),
      },
    },
    prepare: async (capacity) => preparedWith(await contextOf(capacity)),
    async close() {
      await model.dispose();
      await llama.dispose();
    },
  };
}

/** Not more threads than processors: the package starts at least four, which on fewer processors mostly wait for each other. */
const threadsOf = ({ maxThreads }: Llama) => Math.min(maxThreads || Infinity, availableParallelism());

async function startLlama(getLlama: Package['getLlama'], backend: string): Promise<Llama> {
  const options = { build: 'never', progressLogs: false, logLevel: 'error' };
  const gpu = backend === 'cpu' ? false : backend;
  const llama = await getLlama({ ...options, gpu }).catch((reason: Error) => {
    const told = reason.message || reason.name;
    throw new Error(`node-llama-cpp does not start on ${backend}: ${told}`, { cause: reason });
  });
  const names = llama.gpu ? await llama.getGpuDeviceNames() : [];
  if (backend !== 'auto' || names.length === 0 || !names.every((name) => SOFTWARE.test(name))) return llama;
  await llama.dispose();
  return getLlama({ ...options, gpu: false });
}

function preparedWith(context: Context): PreparedPeer {
  const sequence = context.getSequence();
  return {
    async time(tokens, repetitions, decode) {
      const length = tokens.length / repetitions;
      const prompts = Array.from({ length: repetitions }, (_, at) => [
        ...tokens.subarray(at * length, (at + 1) * length),
      ]);
      await sequence.clearHistory();
      let token = 0;
      const from = performance.now();
      let read = from;
      for (const [at, prompt] of prompts.entries()) {
        const made = sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true });
        const { value } = await made.next();
        if (value === undefined) throw new Error('llama.cpp gave no token after the prompt');
        token = value;
        read = performance.now();
        if (at === repetitions - 1) for (let count = 0; count < decode; count++) await made.next();
        if (at < repetitions - 1 || !decode) await made.return();
      }
      const end = performance.now();
      const prefill = Math.max(read - from, 1e-3) / 1e3 / repetitions;
      return { prefill, token, ...(decode ? { decode: Math.max(end - read, 1e-3) / 1e3 } : {}) };
    },
    dispose: () => context.dispose(),
  };
}

/** The package beside the lab, in the current folder or in LAB_LLAMA. Throws an Error that says how to install it. */
async function findPackage(): Promise<Package & { version: string }> {
  const own = dirname(fileURLToPath(import.meta.url));
  const places = [process.env.LAB_LLAMA, join(own, '..'), own, '.'].filter((place) => place !== undefined);
  const found = places.map((place) => resolve(place, PACKAGE)).find((place) => existsSync(place));
  if (!found) throw new Error(MISSING);
  const { version } = JSON.parse(await readFile(join(found, 'package.json'), 'utf8')) as { version: string };
  const main = pathToFileURL(join(found, 'dist/index.js')).href;
  const loaded = (await import(/* @vite-ignore */ main)) as Partial<Package>;
  if (!loaded.getLlama)
    throw new Error(`node-llama-cpp ${version} in ${found} has no getLlama; the lab uses version 3`);
  return { version, getLlama: loaded.getLlama };
}
