// Runs a step's program to its end, or ends it: when it is interrupted, and when it has shown no sign of life for too long.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { root } from '../setup.js';
import { measureSlowness } from './slowness.js';

/** How often to look for a sign of life. */
const LOOK_MILLISECONDS = 1_000;

/**
 * @typedef {object} Program
 * @property {string[]} command
 * @property {Record<string, string>} [env] beside this process's own
 * @property {string} [results] a file that grows while the program does something; without, its start is its only sign of life
 * @property {number} silence seconds without a sign of life after which it hangs, on an idle machine
 * @property {number} slowness how many times slower this machine was at the start
 * @property {boolean} [quiet] whether its output is kept until its end, because another program runs beside it
 */

/**
 * Runs the program in a process group of its own, so that nothing it started outlives it. The group is asked to end before it
 * is made to: Playwright's browsers have groups of their own, and only Playwright ends them.
 * @param {Program} program
 * @returns {Promise<{ problem: string, cutOff: boolean, output: string }>} `problem`: empty when it succeeded, else how it
 *   ended; `output`: what a quiet program printed
 */
export function execute(program) {
  const [file, ...words] = program.command;
  const detached = process.platform !== 'win32';
  return new Promise((resolve) => {
    const env = { ...process.env, ...program.env };
    const to = program.quiet ? 'pipe' : 'inherit';
    const child = spawn(file, words, { cwd: root, env, stdio: ['ignore', to, to], detached });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    let cutOff = false;
    const end = (/** @type {NodeJS.Signals} */ signal) => signalGroup(child, detached, signal);
    const give = (/** @type {string} */ why) => {
      console.error(why);
      end('SIGTERM');
      setTimeout(() => end('SIGKILL'), 5_000).unref();
    };
    const interrupt = () => {
      process.exitCode = 130;
      give('Interrupted.');
    };
    const watching = watch(program, (seconds) => {
      cutOff = true;
      give(`Cut off: nothing has happened for ${seconds.toFixed(0)} seconds.`);
    });
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    child.once('error', (error) => resolve({ problem: error.message, cutOff, output }));
    child.once('exit', () => end('SIGKILL'));
    // After `exit`, when all that it printed has been read.
    child.once('close', (code, signal) => {
      clearInterval(watching);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      if (process.exitCode === 130) process.exit();
      const problem = code === 0 ? '' : signal ? `ended by ${signal}` : `exit code ${code}`;
      resolve({ problem, cutOff, output });
    });
  });
}

/**
 * Calls `hangs` once, when the program has shown no sign of life for as long as the machine, measured anew, allows.
 * @param {Program} program
 * @param {(seconds: number) => void} hangs
 */
function watch({ results, silence, slowness }, hangs) {
  let size = -1;
  let last = performance.now();
  let measured = slowness;
  let busy = false;
  const timer = setInterval(async () => {
    const found = results ? (statSync(results, { throwIfNoEntry: false })?.size ?? 0) : 0;
    if (found !== size) [size, last] = [found, performance.now()];
    const silent = () => (performance.now() - last) / 1e3;
    if (busy || silent() < silence * measured) return;
    // The machine may have become busier since the step began.
    busy = true;
    measured = Math.max(measured, await measureSlowness(false));
    busy = false;
    if (silent() < silence * measured) return;
    clearInterval(timer);
    hangs(silent());
  }, LOOK_MILLISECONDS);
  return timer;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {boolean} detached whether the child leads a process group
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, detached, signal) {
  try {
    if (detached && child.pid) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended already.
  }
}
