/** The parts of the self-test beside shaders: the demo model's answer, links, files, hashes, the database, the room. */
import type { ByteSource } from '../../engine/bytes';
import { Engine } from '../../engine/engine';
import { openGguf } from '../../engine/gguf';
import type { Kernels } from '../../engine/kernels';
import { loadWeights } from '../../engine/load';
import { Tokenizer } from '../../engine/tokenizer';
import type { ModelStorage } from '../../models/storage';
import { tryDatabase, tryFiles, tryHash, tryQuota } from '../../models/trial';
import { findVariant, kernels as registry } from '../../shaders';
import { messageOf } from '../message';
import { parseNotebook, printNotebook } from '../notebook/notebook';
import { linkOf, readLink } from '../notebook/share';
import { DEMO_ANSWER } from './demoAnswer';

/** The places that the lab has here; a terminal has none of a browser's. */
export interface TrialHost {
  /** Opens the demo model. */
  demo(): Promise<ByteSource>;
  /** The browser's files. */
  storage(): Promise<ModelStorage>;
}

/** A part of the lab that was tried. Plain data, safe to post. */
export interface TrialResult {
  name: (typeof TRIALS)[number];
  outcome: 'passed' | 'failed';
  /** The finding, or why it failed. */
  reason: string;
}

export const TRIALS = ['demo model', 'link', 'OPFS', 'hash', 'IndexedDB', 'quota'] as const;

/** Difference allowed between a logit and llama.cpp's, in standard deviations of all logits; as in tests/gpu/golden.test.ts. */
const ALLOWED = 2e-3;

/** Tries one part. A part that fails is a result, not an error. */
export async function tried(
  name: TrialResult['name'],
  host: TrialHost,
  kernels: Kernels,
): Promise<TrialResult> {
  const tries: Record<TrialResult['name'], () => Promise<string>> = {
    'demo model': async () => tryDemo(kernels, await host.demo()),
    link: tryLink,
    OPFS: async () => tryFiles(await host.storage()),
    hash: tryHash,
    IndexedDB: tryDatabase,
    quota: async () => tryQuota(await host.storage()),
  };
  try {
    return { name, outcome: 'passed', reason: await tries[name]() };
  } catch (error) {
    return { name, outcome: 'failed', reason: messageOf(error) };
  }
}

/** Reads the prompt with the default variants, and goes on from it; throws where logits or text are not llama.cpp's. */
async function tryDemo(kernels: Kernels, source: ByteSource): Promise<string> {
  const { ids, top, greedy, text } = DEMO_ANSWER;
  const file = await openGguf(source);
  const weights = await loadWeights(kernels.device, file);
  const engine = await Engine.open(kernels, weights);
  try {
    const choice = Object.fromEntries(
      engine.kernelNames.map((kernel) => [kernel, findVariant(kernel, registry[kernel].default)]),
    );
    const plans = await engine.prepare(choice, ids.length, 0, [ids.length]);
    engine.load(Uint32Array.from(ids));
    const first = await engine.prefill(plans, ids.length);
    const logits = await engine.readLogits();
    const largest = Math.max(...top.map(([id, logit]) => Math.abs(logits[id] - logit))) / deviation(logits);
    const error = largest.toExponential(1);
    if (!(largest <= ALLOWED))
      throw new Error(`The logits differ from llama.cpp's by ${error} of their deviation`);
    const got = [first, ...(await engine.decode(plans, greedy.length - 1))];
    const said = new Tokenizer(file.tokens).decode(got);
    if (got.join() !== greedy.join()) throw new Error(`The text is "${said}" instead of "${text}"`);
    return `logits within ${error} of llama.cpp's, and the same text: "…${said}"`;
  } finally {
    engine.destroy();
    weights.destroy();
  }
}

function deviation(numbers: Float32Array): number {
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  return Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length);
}

const NOTEBOOK =
  '# Naïve? 模型 🧪\n\n```lab sweep\nmodel=demo\nchunk=4,8\n```\n\n```wgsl wkv/own\n//! mine\nfn main() {}\n```\n';

/** Makes a link of a notebook and reads it. */
async function tryLink(): Promise<string> {
  const link = await linkOf(parseNotebook(NOTEBOOK), 'results');
  const { length } = link;
  const { text } = await readLink(link);
  const [got, want] = [text, NOTEBOOK].map((each) => printNotebook(parseNotebook(each)));
  if (got !== want) throw new Error(`The notebook came back as another: ${got}`);
  return `a link of ${length} characters brings the same notebook back`;
}
