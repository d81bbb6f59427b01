// Test helper: fixtures as byte sources, the oracle's evaluation of texts, and comparisons of logits.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { memorySource, type ByteSource } from '../src/lib/engine/bytes';
import { openGguf, type ModelFile } from '../src/lib/engine/gguf';
import type { Oracle } from '../src/lib/engine/rwkv7';

export const TINY = 'tests/fixtures/tiny-q4km.gguf';
export const DEMO = 'static/models/rwkv7-austen-Q4_K_M.gguf';

/** Absolute path of a repository file, given its path from the root. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(repositoryPath(path)));
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(repositoryPath(path), 'utf8')) as T;
}

function fileSource(path: string): ByteSource {
  return memorySource(readBytes(path), path.split('/').pop()!);
}

/** Opens a GGUF file of the repository, by its path from the root. */
export function openModel(path: string): Promise<ModelFile> {
  return openGguf(fileSource(path));
}

/** Format of tests/fixtures/golden.json: llama.cpp's results for the demo model. */
export interface Golden {
  prompts: { text: string; ids: number[] }[];
  results: Record<
    'F32' | 'Q4_K_M' | 'Q4_K_M dequantized',
    { top20: [id: number, logit: number][]; greedy: number[]; greedy_margin: number[]; greedy_text: string }[]
  >;
}

/** Index of the largest number; the first of equal ones. */
export function argmax(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}

/** Population standard deviation. */
export function standardDeviation(numbers: ArrayLike<number>): number {
  const list = Array.from(numbers);
  const mean = list.reduce((sum, x) => sum + x, 0) / list.length;
  return Math.sqrt(list.reduce((sum, x) => sum + (x - mean) ** 2, 0) / list.length);
}

/** Largest |got − want| over all elements; NaN if any difference is NaN. Throws an Error if the lengths differ. */
export function largestError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length)
    throw new Error(`${got.length} numbers where there should be ${want.length}`);
  let largest = 0;
  for (let i = 0; i < got.length; i++) largest = Math.max(largest, Math.abs(got[i] - want[i])); // Math.max keeps NaN
  return largest;
}

/** Cross-entropy in nats: −ln of the softmax probability of a token id. */
function nats(logits: ArrayLike<number>, id: number): number {
  const most = logits[argmax(logits)];
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - most);
  return Math.log(sum) - (logits[id] - most);
}

/**
 * Evaluates the oracle on a text that follows token 0: the summed cross-entropy in nats, and the number of tokens that
 * were its best guess.
 */
export function evaluate(oracle: Oracle, ids: number[]): { nats: number; hits: number } {
  oracle.reset();
  let sum = 0;
  let hits = 0;
  let before = 0;
  for (const id of ids) {
    const logits = oracle.step(before);
    sum += nats(logits, id);
    if (argmax(logits) === id) hits++;
    before = id;
  }
  return { nats: sum, hits };
}
