/** Prepares a run: chooses its variants, checks them against their references, compiles and binds them. */
import type { Choice, Engine, Plans } from '../../engine/engine';
import { choose, type Run } from '../experiment/expand';
import { hashTexts } from '../records/record';
import { checkAll, compileAll } from './check';
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
}

export interface PrepareOptions {
  /** Length of the prompts in tokens; by default the run's prefill. */
  tokens?: number;
  /** Keep the plans prepared before, so that several runs are ready at once. */
  beside?: boolean;
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
  { tokens = run.prefill, beside = false, check = true }: PrepareOptions = {},
): Promise<PreparedRun> {
  const choice = choose(run, engine.kernelNames, catalogue);
  const worst = { error: 0, kernel: '' };
  if (check) Object.assign(worst, await checkAll(choice, gpu, report, signal));
  else await compileAll(Object.values(choice), gpu, report);
  report('compiling');
  const plans = await engine.prepare(choice, run.chunk, run.stepsPerSubmit, [tokens], beside);
  gpu.throwPendingErrors();
  const texts = Object.fromEntries(Object.entries(choice).map(([kernel, { wgsl }]) => [kernel, wgsl]));
  return { run, choice, plans, kernelHash: hashTexts(texts), error: worst.error, errorKernel: worst.kernel };
}
