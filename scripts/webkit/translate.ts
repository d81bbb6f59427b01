/** Gives WGSL texts to Safari's compiler, a program that `compiler.js` builds, many texts to one process. */
import { spawnSync } from 'node:child_process';
import type { BindingEntry, Variant } from '../../src/lib/shaders/variant';

/** A WGSL text, and its entry points with the explicit layouts that the page creates for them. */
export interface Job {
  wgsl: string;
  entryPoints: { name: string; bindings: Pick<BindingEntry, 'binding' | 'type'>[] }[];
}

/** The Metal text of all entry points, or the compiler's messages. */
export type Translation = { metal: string; refused?: undefined } | { metal?: undefined; refused: string };

const MOST_BYTES = 2 ** 28;
const ENDED_BY_CRASH = 'the compiler crashed';

/** The passes and load passes of a variant, as `Kernels.compile` compiles them. */
export function jobOf({ wgsl, passes, bindings, loads, loadBindings }: Variant): Job {
  const all = [
    ...passes.map(({ entryPoint }) => ({ name: entryPoint, bindings })),
    ...loads.map(({ entryPoint }) => ({ name: entryPoint, bindings: loadBindings })),
  ];
  // A pass that runs twice is one entry point.
  return { wgsl, entryPoints: [...new Map(all.map((each) => [each.name, each])).values()] };
}

/**
 * Translates texts, in order. A text that crashes the compiler counts as refused, and the others are still translated.
 * Throws when the program cannot be run.
 */
export function translate(program: string, jobs: Job[]): Translation[] {
  const done: Translation[] = [];
  while (done.length < jobs.length) {
    const left = jobs.slice(done.length);
    const { stdout, error } = spawnSync(program, {
      input: Buffer.concat(left.map(encode)),
      maxBuffer: MOST_BYTES,
    });
    if (error) throw new Error(`${program} cannot be run: ${error.message}`, { cause: error });
    const answers = decode(stdout);
    done.push(...answers);
    if (answers.length < left.length) done.push({ refused: ENDED_BY_CRASH });
  }
  return done;
}

function encode({ wgsl, entryPoints }: Job): Buffer {
  const text = Buffer.from(wgsl);
  const words = entryPoints.map(
    ({ name, bindings }) => `${name}@${bindings.map(({ binding, type }) => `${binding}=${type}`).join()}`,
  );
  return Buffer.concat([Buffer.from(`${text.length} ${words.join(' ')}\n`), text]);
}

function decode(stdout: Buffer): Translation[] {
  const answers: Translation[] = [];
  for (let at = 0; at < stdout.length;) {
    const end = stdout.indexOf(10, at);
    const [verdict, bytes] = stdout.toString('latin1', at, end).split(' ');
    const text = stdout.toString('utf8', end + 1, end + 1 + Number(bytes));
    answers.push(verdict === 'accepted' ? { metal: text } : { refused: text.trim() });
    at = end + 1 + Number(bytes);
  }
  return answers;
}
