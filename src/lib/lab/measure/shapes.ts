/** The shapes at which a model uses its kernels, and the work of a kernel at one shape. */
import type { Engine } from '../../engine/engine';
import type { Step } from '../../engine/encode';
import { kernels as registry } from '../../shaders';
import { plainChoice, type Sizes } from '../../shaders/kernel';
import { REGISTRY } from '../experiment/catalogue';
import { expand } from '../experiment/expand';
import { prepareRun } from './prepare';
import type { RunContext } from './session';
import type { Work } from '../records/profile';

/** One kernel at one shape, with its number of uses. */
export interface KernelUse {
  kernel: string;
  sizes: Sizes;
  count: number;
}

/** The kernels and shapes that a model uses in a chunk and in decoding. */
export interface ModelUses {
  chunk: KernelUse[];
  decode: KernelUse[];
  /** By kernel that joins others: the uses of the others for one token that it takes the place of. */
  replaced: Record<string, KernelUse[]>;
}

/**
 * Counts the kernel uses of a chunk of `tokens` tokens (head included) and of one decoded token; kernels that join others come after
 * those that they join. Compiles the plain variants, which compile fastest and which checks need anyway; nothing runs.
 */
export async function usesOf(
  engine: Engine,
  tokens: number,
  context: Pick<RunContext, 'gpu' | 'report' | 'signal'>,
): Promise<ModelUses> {
  const stepsOf = async (joined?: string) => {
    const choiceOf = (kernel: string) =>
      kernel === joined ? registry[kernel].plain : plainChoice(registry[kernel]);
    const chosen = engine.kernelNames.map((kernel) => [kernel, [choiceOf(kernel)]]);
    const lengths = { prefill: [String(tokens)], chunk: [String(tokens)] };
    const [run] = expand({ ...Object.fromEntries(chosen), ...lengths });
    const { plans } = await prepareRun(run, engine, { ...context, catalogue: REGISTRY }, { check: false });
    return plans.final;
  };
  const usesIn = (steps: Awaited<ReturnType<typeof stepsOf>>) => {
    const [chunk, decode] = [tokens, 1].map((length) => countUses(steps.get(length) ?? []));
    return { chunk, decode };
  };
  const apart = usesIn(await stepsOf());
  const all: ModelUses = { ...apart, replaced: {} };
  for (const kernel of engine.kernelNames.filter((each) => registry[each].instead)) {
    const joined = usesIn(await stepsOf(kernel));
    all.chunk = together(all.chunk, joined.chunk);
    all.decode = together(all.decode, joined.decode);
    all.replaced[kernel] = fewer(apart.decode, joined.decode);
  }
  return all;
}

/** The uses of the first list that the second lacks, with the difference of their counts. */
function fewer(first: KernelUse[], second: KernelUse[]): KernelUse[] {
  const left = new Map(second.map((use) => [keyOf(use), use.count]));
  return first
    .map((use) => ({ ...use, count: use.count - (left.get(keyOf(use)) ?? 0) }))
    .filter(({ count }) => count > 0);
}

/** The uses of the first list, and those of the second at shapes that the first lacks. */
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

/** `rows 2560, columns 2560, …`: only the sizes that affect array lengths or work, not switches or an ε. */
export function shapeText(kernel: string, sizes: Sizes): string {
  const { lengths, flop } = registry[kernel];
  const amount = (of: Sizes) => JSON.stringify([lengths(of), flop?.(of)]);
  return Object.entries(sizes)
    .filter(([name, size]) => amount({ ...sizes, [name]: 2 * size + 1 }) !== amount(sizes))
    .map(([name, size]) => `${name} ${size}`)
    .join(', ');
}

/** The work of one use at this shape; undefined numbers for the embedding. */
export function workOf(kernel: string, sizes: Sizes): Work {
  const { flop, lengths } = registry[kernel];
  // The embedding reads only the rows of its tokens, so the array lengths do not give its traffic.
  if (kernel.startsWith('embed_')) return { flop: undefined, bytes: undefined };
  const words = Object.values(lengths(sizes)).reduce((sum, length) => sum + length, 0);
  return { flop: flop?.(sizes), bytes: 4 * words };
}
