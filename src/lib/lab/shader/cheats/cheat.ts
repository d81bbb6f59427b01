/** Dishonest shaders, each a file that says how it cheats, and what catches it. */
import { findVariant, kernels as registry, readVariants } from '../../../shaders';
import { familyOf } from '../../../shaders/formats/formats';
import type { RefusalCode, Sizes } from '../../../shaders/kernel';
import type { Variant } from '../../../shaders/variant';
import { checkUses } from '../../measure/check';
import { makeOperands, microbenchmark } from '../../measure/microbench';
import type { OpenGpu } from '../../measure/session';
import type { Effort } from '../../measure/timeUses';

/** A code of a refusal, or `inexact`: a speed, but never a verdict. */
type CheatCode = RefusalCode | 'inexact';

/** A shader for a test of the checks. */
export interface Cheat {
  name: string;
  /** How it cheats, or what is odd about an honest one. */
  about: string;
  /** The code that has to catch it; undefined for an honest shader. */
  caught: CheatCode | undefined;
  /** Only a run of a whole model shows it, not its kernel alone. */
  inModel: boolean;
  /** Settings of that run, beside those of the test. */
  settings: string;
  /** Prompts of a sample of that run, where a slow GPU would read only one. */
  prompts: number;
  kernel: string;
  /** Columns of the shape at which it is tried, if not those of the small model. */
  columns: number | undefined;
  /** The text as a variant's file. */
  text: string;
}

/**
 * Reads a file: lines `// cheat:` (or `// honest:`), `// caught:` and `// kernel:`, then a shader; or with `// patches:
 * kernel/variant` instead of the kernel, changes of a shipped shader: after each run of lines `//< old`, which must occur
 * in it, what replaces them. `// through: measure` marks what only a run of a whole model shows, with `//
 * settings:` if it needs others and `// prompts:` if samples of several, `// columns:` gives the shape more of them. Throws when a line is
 * missing or an old one does not occur.
 */
export function readCheat(name: string, file: string): Cheat {
  const field = (key: string) => new RegExp(`^// ${key}: (.*)$`, 'm').exec(file)?.[1].trim();
  const about = field('cheat') ?? field('honest');
  const patched = field('patches');
  const kernel = patched?.split('/')[0] ?? field('kernel');
  if (!about || !kernel) throw new Error(`${name} does not say how it cheats, or with which kernel`);
  const body = file.replace(
    /^(\/\/ (cheat|honest|caught|through|prompts|settings|columns|kernel|patches): .*\n)+/,
    '',
  );
  const text = patched ? patch(name, findVariant(kernel, patched.split('/')[1]).text, body) : body;
  const caught = field('caught') as CheatCode | undefined;
  const columns = field('columns') === undefined ? undefined : Number(field('columns'));
  const inModel = field('through') === 'measure';
  const [settings, prompts] = [field('settings') ?? '', Number(field('prompts') ?? 1)];
  return { name, about, caught, inModel, settings, prompts, kernel, columns, text };
}

function patch(name: string, shipped: string, body: string): string {
  let text = shipped;
  for (const [, old, by] of body.matchAll(/((?:^\/\/< .*\n)+)((?:^(?!\/\/< ).*\n)*)/gm)) {
    const wanted = old.replace(/^\/\/< /gm, '').trimEnd();
    if (!text.includes(wanted)) throw new Error(`${name} patches what does not occur: ${wanted}`);
    text = text.replace(wanted, () => by.trimEnd());
  }
  if (text === shipped) throw new Error(`${name} patches nothing`);
  return text;
}

const RANKS = { decay: 64, learning_rate: 64, value: 32, gate: 176, wide: 0 };

/** The shapes of a small model, beyond all cases of the kernels, by kernel or family. */
const SHAPES: Record<string, Sizes[]> = {
  advance: [{ values: 1024, tokens: 300, feed: 1 }],
  argmax: [{ vocabulary: 8192, rows: 1 }],
  channel_mix_start: [{ rows: 96, columns: 4608, inverse_epsilon: 1e5 }],
  embed: [{ tokens: 40, columns: 1024, first_row: 0, rows: 300 }],
  layer_norm: [{ columns: 2048, tokens: 12, first: 0, inverse_epsilon: 1e5 }],
  lora_matmul: [
    { columns: 512, tokens: 80, ...RANKS },
    { columns: 512, tokens: 80, ...RANKS, value: 0 },
  ],
  lora_matvec: [{ columns: 768, ...RANKS }],
  lora_matvecs: [{ columns: 768, tokens: 4, ...RANKS }],
  matmul: [{ rows: 192, columns: 768, tokens: 80, batch: 1, stride: 192, epilogue: 0 }],
  matvec: [{ rows: 192, columns: 5120, batch: 1, epilogue: 0 }],
  matvecs: [{ rows: 192, columns: 768, tokens: 4, batch: 1, stride: 192, epilogue: 0 }],
  softmax: [{ vocabulary: 8192 }],
  time_mix_start: [
    {
      ...{ rows: 64, columns: 4608, decay: 16, learning_rate: 16, value: 16, gate: 32, wide: 0 },
      inverse_epsilon: 1e5,
    },
  ],
  token_shift: [{ columns: 1280, tokens: 24, lerps: 6, inverse_epsilon: 1e5 }],
  token_shifts: [{ columns: 1280, tokens: 4, lerps: 6, inverse_epsilon: 1e5 }],
  wkv: [{ columns: 128, tokens: 320 }],
  wkv_inputs: [{ columns: 512, tokens: 48, first_layer: 0 }],
  wkv_token: [{ columns: 256, ...RANKS, first_layer: 0 }],
  wkv_tokens: [{ columns: 256, tokens: 4, ...RANKS, first_layer: 0 }],
};

/** Enough for some ten runs, with two matrices and then with one. */
const EFFORT: Effort = { rotateBytes: 0, batchSeconds: 2e-3, batches: 4, warmupSeconds: 0 };

/** The outcome for a shader: the code that caught it (none if it passed), and the message. */
export interface Verdict {
  caught: CheatCode | undefined;
  reason: string;
  /** It cannot run here at all. */
  unsupported?: boolean;
}

/** Puts a shader through all that stands between a text and a speed, at the shapes of a small model. */
export async function judgeShader(cheat: Cheat, gpu: OpenGpu, signal: AbortSignal): Promise<Verdict> {
  try {
    const [variant] = readVariants(cheat.kernel, cheat.name, cheat.text);
    const reason = gpu.kernels.unsupportedReason(variant);
    if (reason) return { caught: undefined, reason, unsupported: true };
    const inexact = await timeEverywhere(variant, cheat.columns, gpu, signal);
    return { caught: inexact ? 'inexact' : undefined, reason: inexact ? 'states a large error' : '' };
  } catch (error) {
    signal.throwIfAborted();
    gpu.throwPendingErrors();
    return { caught: (error as { code?: CheatCode }).code, reason: (error as Error).message };
  }
}

/** Checks and times a variant at each shape; true if it states too large an error for a verdict. */
async function timeEverywhere(
  variant: Variant,
  columns: number | undefined,
  gpu: OpenGpu,
  signal: AbortSignal,
): Promise<boolean> {
  const shapes = SHAPES[familyOf(variant.kernel)] ?? registry[variant.kernel].cases;
  const uses = shapes.map((sizes) => ({ variant, sizes: columns ? { ...sizes, columns } : sizes }));
  const { inexact } = await checkUses(uses, gpu, () => undefined, signal);
  for (const { sizes } of uses)
    for (const matrices of [2, 1]) {
      const { weight = 0 } = registry[variant.kernel].lengths(sizes);
      const rotateBytes = 4 * weight * matrices;
      const operands = makeOperands(gpu.device, variant.kernel, sizes, { ...EFFORT, rotateBytes });
      try {
        await microbenchmark(variant, operands, gpu, signal, EFFORT);
      } finally {
        operands.destroy();
      }
    }
  return inexact;
}
