/** Prepares a run: chooses its variants, compiles and binds them, and checks them at all shapes at which they will run. */
import type { Choice, Engine, Plans } from '../../engine/engine';
import { kernelNames } from '../../engine/forward';
import { choose, type Run } from '../experiment/expand';
import { type Checks, hashTexts } from '../records/record';
import { checkAll, checkUses, compileAll, usesOfSteps } from './check';
import type { RunContext } from './session';

/** A run whose kernels are compiled and bound to a model. */
export interface PreparedRun {
  run: Run;
  /** The variant of each kernel, with its knobs set. */
  choice: Choice;
  plans: Plans;
  /** Hash of the WGSL texts that run, 8 hex digits. */
  kernelHash: string;
  /** Largest normalised mean squared error of the check, and its kernel; 0 and '' without a check. */
  error: number;
  errorKernel: string;
  /** The checks that were made; undefined if nothing may be timed. */
  checks: Checks | undefined;
  /** A variant states an error above 1e-3: a speed may be shown, but no verdict. */
  inexact: boolean;
}

export interface PrepareOptions {
  /** Keep the plans prepared before, so that several runs are ready at once. */
  beside?: boolean;
  /** Use the activations of these plans, which must have room for as many tokens. */
  sharing?: Plans;
  /** False: compile only, for work that times nothing. A speed is never shown for unchecked kernels. */
  check?: boolean;
}

/**
 * Chooses, checks, compiles and prepares a run on a loaded model. Throws when the model needs a kernel that the catalogue
 * lacks, when a variant does not compile or computes wrong results on this GPU, and when memory runs out.
 */
export async function prepareRun(
  run: Run,
  engine: Engine,
  { gpu, catalogue, report, signal }: Pick<RunContext, 'gpu' | 'catalogue' | 'report' | 'signal'>,
  { beside = false, sharing, check = true }: PrepareOptions = {},
): Promise<PreparedRun> {
  const choice = choose(run, kernelNamesOf(run, engine), catalogue);
  // A variant that is wrong at its kernel's cases must not touch the model, not even to lay out its matrices.
  if (check) await checkAll(choice, gpu, report, signal);
  else await compileAll(Object.values(choice), gpu, report);
  report('compiling');
  const plans = await engine.prepare(choice, run.chunk, run.stepsPerSubmit, [run.prefill], {
    beside,
    sharing,
    sequences: run.decode ? run.sequences : 1,
  });
  const { inner, final, softmax, sequences } = plans;
  const steps = [...inner.values(), ...final.values(), softmax, sequences?.steps ?? []].flat();
  const checked = check ? await checkUses(usesOfSteps(steps), gpu, report, signal) : undefined;
  // Superseded settings may have left compilations, which would take the CPU from what is timed.
  await gpu.unlessLost(gpu.kernels.settled());
  gpu.throwPendingErrors();
  const { error = 0, kernel: errorKernel = '', checks, inexact = false } = checked ?? {};
  return { run, choice, plans, kernelHash: kernelHashOf(choice), error, errorKernel, checks, inexact };
}

/** The kernels that a run needs; with a single sequence those of the model. */
export const kernelNamesOf = ({ sequences }: Pick<Run, 'sequences'>, engine: Engine): string[] =>
  sequences > 1 ? kernelNames(engine.weights, true) : engine.kernelNames;

/** Hash of each kernel's WGSL text in a choice, 8 hex digits. */
export const kernelHashesOf = (choice: Choice): Record<string, string> =>
  Object.fromEntries(
    Object.entries(choice).map(([kernel, { wgsl }]) => [kernel, hashTexts({ [kernel]: wgsl })]),
  );

/** Hash of the WGSL texts of a choice, 8 hex digits. */
export const kernelHashOf = (choice: Choice): string =>
  hashTexts(Object.fromEntries(Object.entries(choice).map(([kernel, { wgsl }]) => [kernel, wgsl])));
