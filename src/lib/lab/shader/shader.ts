/** The tests of one shader: compilation, check against the reference, microbenchmark. */
import { examine } from '../../engine/check';
import { beginScope, endScope, withErrorScopes } from '../../engine/device';
import { Kernels } from '../../engine/kernels';
import { isForSequences } from '../../shaders/shared/sequences';
import { findVariant, kernels as registry, readVariants } from '../../shaders';
import type { Sizes } from '../../shaders/kernel';
import { readHeader } from '../../shaders/header';
import {
  aboutSource,
  type Knob,
  type OwnVariant,
  readKnobs,
  sourceLine,
  type Variant,
  withKnobs,
} from '../../shaders/variant';
import { readModule } from '../../shaders/wgsl';
import { effortFor, type Effort, makeOperands, microbenchmark } from '../measure/microbench';
import { readOwn } from '../experiment/catalogue';
import { complete, defaultsFor } from '../experiment/defaults';
import { expand } from '../experiment/expand';
import { headerProblems, Places, type Problem } from './diagnostics';
import { checkAll, compileAll } from '../measure/check';
import { messageOf } from '../message';
import type { Report } from '../measure/progress';
import { knobsKey } from '../../shaders/variant';
import type { LoadedModel, OpenGpu } from '../measure/session';
import { shapeText, type KernelUse, usesOf, workOf } from '../measure/shapes';

export interface Compilation {
  /** The shader can run on this device if none of these is an error. */
  problems: Problem[];
  /** The knobs, as far as the text can be read, even if it does not compile. */
  knobs: Record<string, Knob>;
}

/** The first wrong element of an array, with its neighbours. */
interface WrongElement {
  array: string;
  /** Index in elements of four bytes, from 0. */
  index: number;
  /** Index of the first element of `got` and `want`. */
  from: number;
  got: number[];
  want: number[];
}

/** One kernel at one of its cases. */
interface CaseOutcome {
  kernel: string;
  /** `rows 64, columns 512, …`: every size of the case. */
  sizes: string;
  passed: boolean;
  /** Largest normalised mean squared error of the outputs; undefined if they could not be compared. */
  error: number | undefined;
  /** Largest allowed error: stated by the variant, else by its kernel. */
  tolerance: number;
  /** Undefined if the error is spread over all elements. */
  wrong?: WrongElement;
  /** Any other reason, for example that it does not compile or writes outside its outputs. */
  reason?: string;
}

export interface CheckOutcome {
  passed: boolean;
  cases: CaseOutcome[];
}

/** Microbenchmark of a variant at one shape of the model. */
export interface MicrobenchmarkRow {
  kernel: string;
  variant: string;
  /** `row_threads=16 tile_k=32` */
  knobs: string;
  /** Number of tokens in the prompt's chunk; 1 for a shape of decoding. */
  tokens: number;
  /** `rows 2560, columns 2560, …` */
  shape: string;
  /** Number of uses at this shape in such a chunk. */
  uses: number;
  /** Time of one use, the median of the batches; if undefined, `reason` says why. */
  seconds: number | undefined;
  tflops: number | undefined;
  gigabytesPerSecond: number | undefined;
  /** Largest error of the check before the timing. */
  error: number | undefined;
  clock: 'gpu' | 'wall' | undefined;
  reason?: string;
}

/** The answers to requests about a shader. */
export type ShaderEvent =
  | ({ type: 'compiled' } & Compilation)
  | { type: 'checked'; outcome: CheckOutcome }
  | { type: 'microbenchmark'; rows: MicrobenchmarkRow[] };

/** Compiles a shader while it is typed. Returns the problems in the text; throws only when the GPU is lost. */
export async function compileShader(own: OwnVariant, gpu: OpenGpu): Promise<Compilation> {
  const knobs = readKnobs(own.wgsl);
  const { problems, variants } = headerProblems(own);
  problems.push(...nameProblems(own, variants));
  if (variants.length === 0) return { problems, knobs };
  for (const variant of variants) {
    const problem = unsupportedProblem(variant, gpu);
    if (problem) problems.push(problem);
  }
  const compiling = async () => {
    for (const variant of variants) problems.push(...(await messagesOf(variant, gpu.device)));
    if (!problems.some(({ severity }) => severity === 'error'))
      problems.push(...(await pipelineProblems(variants[0], gpu)));
  };
  await gpu.unlessLost(compiling());
  return { problems: distinct(problems), knobs };
}

/** A problem for a name that no setting could choose. */
function nameProblems({ kernel, name, wgsl }: OwnVariant, variants: Variant[]): Problem[] {
  if (variants.length === 0) return [];
  try {
    readOwn(kernel, name, wgsl);
    return [];
  } catch (error) {
    return [{ line: 1, column: 1, length: 0, severity: 'error', message: messageOf(error) }];
  }
}

/** A problem for a feature or limit that this GPU or browser lacks, at the line that requires it. */
function unsupportedProblem(variant: Variant, { kernels }: OpenGpu): Problem | undefined {
  let message: string | undefined;
  try {
    message = kernels.unsupportedReason(variant);
  } catch {
    return undefined; // not evaluable: reported as a header problem or by the compiler
  }
  if (!message) return undefined;
  return new Places(variant.text).lineAt(firstDemand(variant), `It ${message}`);
}

/** Offset of the first declaration that requires something of the GPU: an extension, workgroup memory, threads. */
function firstDemand({ text }: Variant): number | undefined {
  const { directives, assertions, variables, functions } = readModule(text);
  const demands = [
    ...directives,
    ...assertions,
    ...variables.filter(({ space }) => space === 'workgroup'),
    ...functions.filter(({ attributes }) => attributes.some(({ name }) => name === 'workgroup_size')),
    ...readHeader(text).fields.filter(({ key }) => key === 'subgroup'),
  ];
  return demands.length ? Math.min(...demands.map(({ start }) => start)) : undefined;
}

/**
 * The compiler's messages. A message about a shared file names that file and its line, and is placed at the header line
 * that uses the file.
 */
async function messagesOf(variant: Variant, device: GPUDevice): Promise<Problem[]> {
  beginScope(device, 'validation');
  const module = device.createShaderModule({ label: 'a notebook’s shader', code: variant.wgsl });
  const refused = await endScope(device);
  const { messages } = await module.getCompilationInfo();
  const places = new Places(variant.text);
  const uses = readHeader(variant.text).fields.filter(({ key }) => key === 'use');
  const problems = aboutSource(variant, messages).map(
    ({ lineNum, linePos, length, type: severity, message }): Problem => {
      const { path, line } = sourceLine(variant, lineNum);
      if (!path) return { line: Math.max(1, line), column: Math.max(1, linePos), length, severity, message };
      const file = path.replace(/^.*\/|\.wgsl$/g, '');
      const use = uses.find(({ value }) => value.split(/[\s,]+/).includes(file)) ?? uses[0];
      return places.line(use?.line, `${path}:${line}:${linePos}: ${message}`, severity);
    },
  );
  const told = problems.some(({ severity }) => severity === 'error');
  if (refused && !told)
    problems.push({ line: 1, column: 1, length: 0, severity: 'error', message: refused.message });
  return problems;
}

/** Problems that appear only when a pipeline is created: entry points, limits, bindings that do not fit. */
async function pipelineProblems(
  variant: Variant,
  { device, kernels: { languageFeatures } }: OpenGpu,
): Promise<Problem[]> {
  // A separate instance: the pipelines of texts in progress are not used again.
  const kernels = new Kernels(device, languageFeatures);
  try {
    await withErrorScopes(
      device,
      (message) => message,
      () => kernels.compile(variant),
    );
    return [];
  } catch (error) {
    const message = messageOf(error).replace(`${variant.kernel}/${variant.name} `, '');
    const [, entry = 'main'] = /makes no pipeline of (\w+)/.exec(message) ?? [];
    const { functions } = readModule(variant.text);
    return [new Places(variant.text).lineAt(functions.find(({ name }) => name === entry)?.start, message)];
  } finally {
    kernels.destroy();
  }
}

/** Removes duplicates: the formats of a family repeat the problems of the text that they share. */
function distinct(problems: Problem[]): Problem[] {
  const known = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...known.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Checks the shader against its kernel's reference at every case, with the knobs of its text. */
export async function checkShader(
  { kernel: owner, name, wgsl }: OwnVariant,
  gpu: OpenGpu,
  report: Report,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const work = readVariants(owner, name, wgsl).flatMap((variant) =>
    registry[variant.kernel].cases.map((sizes) => ({ variant, sizes })),
  );
  // A compilation error is reported again at the variant's first case.
  await compileAll([...new Set(work.map(({ variant }) => variant))], gpu, report).catch(() => undefined);
  const cases: CaseOutcome[] = [];
  for (const [index, { variant, sizes }] of work.entries()) {
    signal.throwIfAborted();
    report('checking', index, work.length, variant.kernel);
    cases.push(await gpu.unlessLost(checkCase(variant, sizes, gpu)));
    gpu.throwPendingErrors();
  }
  return { passed: cases.every(({ passed }) => passed), cases };
}

async function checkCase(variant: Variant, sizes: Sizes, { kernels }: OpenGpu): Promise<CaseOutcome> {
  const kernel = registry[variant.kernel];
  const outcome = {
    kernel: variant.kernel,
    sizes: Object.entries(sizes)
      .map(([size, value]) => `${size} ${value}`)
      .join(', '),
    tolerance: variant.error ?? kernel.tolerance,
  };
  try {
    const { error, difference } = await examine(kernels, kernel, variant, sizes);
    if (!difference) return { ...outcome, passed: true, error };
    const { array, index, from, got, want, tolerance } = difference;
    const wrong = index === undefined ? undefined : { array, index, from, got, want };
    const spread = index === undefined ? `${array} is wrong a little everywhere` : undefined;
    return { ...outcome, passed: false, error, tolerance, wrong, reason: spread };
  } catch (reason) {
    return { ...outcome, passed: false, error: undefined, reason: messageOf(reason) };
  }
}

/**
 * Times a shader and, beside it, the variant that runs by default, at the shapes that a model has for its kernels: in
 * prompts of one chunk of each length in `tokens`, and in decoding for shapes that no chunk has. Checks each variant
 * first. Throws when the model does not use the kernel, and for kernels of several sequences.
 */
export async function timeShader(
  { kernel: owner, name, wgsl }: OwnVariant,
  model: LoadedModel,
  tokens: number[],
  gpu: OpenGpu,
  report: Report,
  signal: AbortSignal,
  effort = effortFor(gpu),
): Promise<MicrobenchmarkRow[]> {
  const { engine } = model;
  const own = readVariants(owner, name, wgsl).filter(({ kernel }) => engine.kernelNames.includes(kernel));
  if (isForSequences(owner))
    throw new Error(
      `${owner} runs where several sequences are decoded; it is timed in sweeps with sequences=2 and more, not in isolation`,
    );
  if (own.length === 0)
    throw new Error(`${model.name} does not use ${owner}; it uses: ${engine.kernelNames.join(', ')}`);
  const places = await placesOf(engine, own, tokens, { gpu, report, signal });
  const rows: MicrobenchmarkRow[] = [];
  for (const [index, { use, of }] of places.entries()) {
    const variant = own.find(({ kernel }) => kernel === use.kernel)!;
    const beside = defaultOf(use.kernel, gpu);
    const variants = beside.name === variant.name ? [variant] : [variant, beside];
    for (const each of variants)
      await checkAll({ [use.kernel]: each }, gpu, report, signal).catch(() => signal.throwIfAborted());
    report('timing', index, places.length, shapeText(use.kernel, use.sizes));
    rows.push(...(await timeAt(use, of, variants, gpu, signal, effort)));
  }
  return rows;
}

/** Each shape once, with the number of tokens of the first chunk that has it. */
async function placesOf(
  engine: LoadedModel['engine'],
  own: Variant[],
  tokens: number[],
  context: Parameters<typeof usesOf>[2],
) {
  const places = new Map<string, { use: KernelUse; of: number }>();
  const add = (use: KernelUse, of: number) => {
    const key = `${use.kernel} ${shapeText(use.kernel, use.sizes)}`;
    if (own.some(({ kernel }) => kernel === use.kernel) && !places.has(key)) places.set(key, { use, of });
  };
  let decode: KernelUse[] = [];
  for (const of of tokens) {
    const asked = await usesOf(engine, of, context);
    for (const use of asked.chunk) add(use, of);
    decode = asked.decode;
  }
  for (const use of decode) add(use, 1);
  return [...places.values()];
}

/** The variant that runs on this GPU by default. */
function defaultOf(kernel: string, gpu: OpenGpu): Variant {
  const [run] = expand(complete({}, defaultsFor(gpu)));
  const { name, knobs } = run.variants[kernel];
  return withKnobs(findVariant(kernel, name), knobs);
}

async function timeAt(
  { kernel, sizes, count }: KernelUse,
  tokens: number,
  variants: Variant[],
  gpu: OpenGpu,
  signal: AbortSignal,
  effort: Effort,
): Promise<MicrobenchmarkRow[]> {
  const operands = makeOperands(gpu.device, kernel, sizes, effort);
  const { flop, bytes } = workOf(kernel, sizes);
  const rows: MicrobenchmarkRow[] = [];
  try {
    for (const variant of variants) {
      signal.throwIfAborted();
      const shape = shapeText(kernel, sizes);
      const row = { kernel, variant: variant.name, knobs: knobsKey(variant), tokens, shape, uses: count };
      try {
        const { seconds, error, clock } = await microbenchmark(variant, operands, gpu, signal, effort);
        const rate = (amount: number | undefined, unit: number) => amount && amount / seconds / unit;
        rows.push({
          ...row,
          ...{ seconds, error, clock, tflops: rate(flop, 1e12), gigabytesPerSecond: rate(bytes, 1e9) },
        });
      } catch (reason) {
        signal.throwIfAborted();
        gpu.throwPendingErrors(); // throws if the GPU was lost
        rows.push({ ...row, ...NOT_TIMED, reason: messageOf(reason) });
      }
    }
  } finally {
    operands.destroy();
  }
  return rows;
}

const NOT_TIMED = {
  seconds: undefined,
  tflops: undefined,
  gigabytesPerSecond: undefined,
  error: undefined,
  clock: undefined,
};
