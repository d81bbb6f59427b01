/** The shapes at which a model uses its kernels, and the work a kernel has at one. */
import type { Engine } from '../../engine/engine';
import type { Step } from '../../engine/encode';
import { kernels as registry } from '../../shaders';
import type { Sizes } from '../../shaders/kernel';
import { REGISTRY } from '../experiment/catalogue';
import { expand } from '../experiment/expand';
import { prepareRun } from './prepare';
import type { RunContext } from './session';
import type { Work } from '../records/profile';

/** One kernel at one shape, and how often. */
export interface KernelUse {
  kernel: string;
  sizes: Sizes;
  count: number;
}

/** The kernel uses of a chunk of `tokens` tokens, head included, and those of one decoded token. Compiles the default variants. */
export async function usesOf(
  engine: Engine,
  tokens: number,
  context: Pick<RunContext, 'gpu' | 'report' | 'signal'>,
): Promise<{ chunk: KernelUse[]; decode: KernelUse[] }> {
  const [run] = expand({ prefill: [String(tokens)], chunk: [String(tokens)] });
  const { plans } = await prepareRun(run, engine, { ...context, catalogue: REGISTRY }, { check: false });
  return {
    chunk: countUses(plans.final.get(tokens) ?? []),
    decode: countUses(plans.final.get(1) ?? []),
  };
}

/** The uses of both lists, each shape once: those of the second where the first lacks them. */
export function together(first: KernelUse[], second: KernelUse[]): KernelUse[] {
  const known = new Set(first.map(keyOf));
  return [...first, ...second.filter((use) => !known.has(keyOf(use)))];
}

function countUses(steps: Step[]): KernelUse[] {
  const uses = new Map<string, KernelUse>();
  for (const { kernel, sizes, pass } of steps) {
    const key = keyOf({ kernel, sizes });
    const use = uses.get(key) ?? { kernel, sizes, count: 0 };
    if (pass === 0) use.count++;
    uses.set(key, use);
  }
  return [...uses.values()];
}

const keyOf = ({ kernel, sizes }: Pick<KernelUse, 'kernel' | 'sizes'>) =>
  `${kernel} ${shapeText(kernel, sizes)}`;

/** `rows 2560, columns 2560, …`: of the sizes those on which the arrays' lengths or the work depend, not a switch or an ε. */
export function shapeText(kernel: string, sizes: Sizes): string {
  const { lengths, flop } = registry[kernel];
  const amount = (of: Sizes) => JSON.stringify([lengths(of), flop?.(of)]);
  return Object.entries(sizes)
    .filter(([name, size]) => amount({ ...sizes, [name]: 2 * size + 1 }) !== amount(sizes))
    .map(([name, size]) => `${name} ${size}`)
    .join(', ');
}

export function workOf(kernel: string, sizes: Sizes): Work {
  const { flop, lengths } = registry[kernel];
  // Of the embedding only the rows of the tokens at hand are read.
  if (kernel.startsWith('embed_')) return { flop: undefined, bytes: undefined };
  const words = Object.values(lengths(sizes)).reduce((sum, length) => sum + length, 0);
  return { flop: flop?.(sizes), bytes: 4 * words };
}
