// How many times slower this machine is, as it is now, than an idle machine of two cores: what the tests' limits are scaled
// by. Measured on two cores at once, as the tests load them. Run as a worker, it does the piece of work that is timed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { root } from '../setup.js';

/** Seconds on an idle machine: the piece of JavaScript below, and a pipeline compiled and run on a software GPU. */
const IDLE = { javascript: 0.4, gpu: 0.8 };
const CORES = 2;
/** A probe of the GPU that has not answered by then says nothing of it. */
const PROBE_MILLISECONDS = 120_000;

if (!isMainThread && parentPort) parentPort.postMessage(secondsOfWork());

/**
 * 1 on an idle machine or a faster one.
 * @param {boolean} gpu whether to time the GPU as well
 */
export async function measureSlowness(gpu) {
  const ratios = [(await both(secondsInWorker)) / IDLE.javascript];
  if (gpu) ratios.push((await both(secondsOnGpu)) / IDLE.gpu);
  return Math.max(1, ...ratios.filter(Number.isFinite));
}

/**
 * The longer time of the same work on each core.
 * @param {() => Promise<number>} work
 */
async function both(work) {
  return Math.max(...(await Promise.all(Array.from({ length: CORES }, work))));
}

/** @returns {Promise<number>} */
function secondsInWorker() {
  return new Promise((resolve, reject) => {
    new Worker(new URL(import.meta.url)).once('message', resolve).once('error', reject);
  });
}

/**
 * NaN where there is no GPU: the tests will say so.
 * @returns {Promise<number>}
 */
function secondsOnGpu() {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'scripts/adapter.js'), '--time'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PROBE_MILLISECONDS,
      // The pipeline of the probe must not be in Mesa's cache.
      env: { ...process.env, LP_NATIVE_VECTOR_WIDTH: '128', MESA_SHADER_CACHE_DISABLE: 'true' },
    });
    let text = '';
    child.stdout.on('data', (piece) => (text += piece));
    child.once('error', () => resolve(NaN));
    child.once('close', (code) => resolve(code === 0 ? Number(JSON.parse(text)?.seconds) : NaN));
  });
}

/** Numbers, strings, objects and sorting, as tests in plain TypeScript do them. */
function secondsOfWork() {
  const from = performance.now();
  let sum = 0;
  for (let round = 0; round < 6; round++) {
    const words = Array.from({ length: 40_000 }, (_, i) => ({ word: ((i * 7919) % 10_007).toString(36), i }));
    words.sort((a, b) => (a.word < b.word ? -1 : a.word > b.word ? 1 : a.i - b.i));
    const counts = new Map();
    for (const { word } of words) counts.set(word[0], (counts.get(word[0]) ?? 0) + word.length);
    const numbers = new Float64Array(1_000_000);
    for (let i = 1; i < numbers.length; i++) numbers[i] = Math.sqrt(numbers[i - 1] + i) * 0.5;
    sum += numbers[numbers.length - 1] + counts.size;
  }
  if (!(sum > 0)) throw new Error('the work was not done');
  return (performance.now() - from) / 1e3;
}
