/**
 * The self-test: checks every variant against its kernel's reference in this browser, on this GPU, and tries whether
 * dishonest shaders are caught here.
 */
import { check } from '../../engine/check';
import { type AdapterDescription, describeAdapter, openDevice } from '../../engine/device';
import { Kernels } from '../../engine/kernels';
import { findVariant, kernels as registry, settingsToCheck, variants, variantsFor } from '../../shaders';
import type { Variant } from '../../shaders/variant';
import { clockTick } from '../measure/clock';
import { testTimestamps, type TimestampFacts } from '../measure/sentinel';
import { Session } from '../measure/session';
import { cheats } from './cheats';
import { type Cheat, judgeShader } from './cheats/cheat';
import { tried, type TrialHost, type TrialResult, TRIALS } from './trials';

export type { TrialResult };

/** Number of variants that are compiled ahead while one is checked. */
const COMPILED_AHEAD = 4;

/** One variant at one setting of its knobs. Plain data, safe to post. */
export interface CheckResult {
  kernel: string;
  variant: string;
  /** Written as in an experiment: `row_threads=16 tile_k=32`; empty for a variant without knobs. */
  knobs: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** Largest normalised mean squared error over the kernel's cases, if the check passed. */
  error?: number;
  /** Why the check failed, or what the GPU or the browser lacks for it. */
  reason?: string;
}

/** A dishonest shader, and whether the checks caught it. Plain data, safe to post. */
export interface CheatResult {
  name: string;
  kernel: string;
  /** How it cheats. */
  about: string;
  /** `passed`: it was caught. */
  outcome: CheckResult['outcome'];
  /** `caught: …` with what caught it, or `NOT caught`; for a skipped one, what this GPU lacks. */
  reason: string;
}

/** The clocks that times are taken with. Plain data, safe to post. */
export interface Clocks {
  /** Smallest step of performance.now() in the worker, in seconds. */
  tick: number;
  /** Undefined where the GPU has no timestamps. */
  timestamps: TimestampFacts | undefined;
}

export type SelfTestEvent =
  | { type: 'selftest'; adapter: AdapterDescription; total: number }
  | { type: 'check'; result: CheckResult }
  | { type: 'clocks'; clocks: Clocks }
  | { type: 'cheat'; result: CheatResult }
  | { type: 'trial'; result: TrialResult }
  | { type: 'failed'; settings: string; reason: string }
  | { type: 'finished' };

export interface SelfTestOptions {
  /** True: each knob also at its smallest and largest choice. False: only the knobs of the variant's text. */
  ends: boolean;
  /**
   * Names of kernels and variants to check, as `kernel` or `kernel/variant`, and of other parts, as `cheats`, `link`, `OPFS`; empty for
   * everything.
   */
  names: string[];
}

/** The dishonest shaders, among the names. */
const CHEATS = 'cheats';
const OTHERS: readonly string[] = [CHEATS, ...TRIALS];

/**
 * First tries the parts of the lab that a browser may lack, if there is a host with them; then checks variants against their references,
 * and the clocks; at last tries a selection of dishonest shaders. A wrong variant or a missing feature is a result, not an error; only a
 * name that does not exist and a GPU that cannot be opened or is lost end the test early.
 */
export async function* selfTest(
  gpu: GPU,
  { ends, names }: SelfTestOptions,
  signal: AbortSignal,
  host?: TrialHost,
): AsyncGenerator<SelfTestEvent> {
  const wanted = (name: string) => names.length === 0 || names.includes(name);
  try {
    const named = names.filter((name) => !OTHERS.includes(name));
    const tested = names.length ? named.flatMap(variantsNamed) : variants;
    const device = await openDevice(gpu);
    let lost: string | undefined;
    void device.lost.then(({ message }) => (lost = message || 'no reason given'));
    const kernels = new Kernels(device, gpu.wgslLanguageFeatures);
    const settings = tested.flatMap((variant) =>
      (ends ? settingsToCheck(variant) : [variant]).map((setting) => ({
        setting,
        turned: setting.wgsl !== variant.wgsl,
      })),
    );
    yield { type: 'selftest', adapter: describeAdapter(device), total: settings.length };
    for (const name of host ? TRIALS.filter(wanted) : []) {
      if (signal.aborted) break;
      yield { type: 'trial', result: await tried(name, host!, kernels) };
    }
    for (const [at, { setting, turned }] of settings.entries()) {
      if (signal.aborted) break;
      for (const { setting: next } of settings.slice(at + 1, at + 1 + COMPILED_AHEAD))
        kernels.compile(next).catch(() => undefined); // errors are reported when the variant is checked
      yield { type: 'check', result: await checked(kernels, setting, turned) };
      if (lost) throw new Error(`The GPU device was lost at ${setting.kernel}/${setting.name}: ${lost}`);
    }
    kernels.destroy();
    device.destroy();
    yield* testLab(gpu, wanted(CHEATS) ? cheats : [], signal);
  } catch (reason) {
    yield { type: 'failed', settings: 'self-test', reason: (reason as Error).message };
  }
  yield { type: 'finished' };
}

/** One variant for `kernel/variant`, all variants for `kernel`. Throws when there is none. */
function variantsNamed(name: string): Variant[] {
  const [kernel, variant] = name.split('/');
  return variant === undefined ? variantsFor(kernel) : [findVariant(kernel, variant)];
}

/** Tests the clocks, then puts each dishonest shader through the checks, on a device of their own. */
async function* testLab(gpu: GPU, tried: Cheat[], signal: AbortSignal): AsyncGenerator<SelfTestEvent> {
  const open = () => Promise.reject(new Error('The self-test loads no model'));
  const session = new Session({ gpu, agent: 'self-test', open });
  try {
    if (signal.aborted) return;
    const timestamps = await testTimestamps(await session.open());
    yield { type: 'clocks', clocks: { tick: clockTick(), timestamps } };
    for (const cheat of tried) {
      if (signal.aborted) return;
      const { name, kernel, about } = cheat;
      const { caught, reason, unsupported } = await judgeShader(cheat, await session.open(), signal);
      const outcome = unsupported ? 'skipped' : caught ? 'passed' : 'failed';
      const told = unsupported ? reason : caught ? `caught: ${reason}` : `NOT caught ${reason}`.trim();
      yield { type: 'cheat', result: { name, kernel, about, outcome, reason: told } };
    }
  } finally {
    session.close();
  }
}

/**
 * Checks a variant at all cases of its kernel; with other knobs than those of its text only at the second case, whose
 * sizes are multiples of no tile.
 */
async function checked(kernels: Kernels, variant: Variant, turned: boolean): Promise<CheckResult> {
  const knobs = Object.entries(variant.knobs)
    .map(([name, { value }]) => `${name}=${value}`)
    .join(' ');
  const named = { kernel: variant.kernel, variant: variant.name, knobs };
  const reason = kernels.unsupportedReason(variant);
  if (reason) return { ...named, outcome: 'skipped', reason };
  const kernel = registry[variant.kernel];
  const cases = turned ? [kernel.cases[1] ?? kernel.cases[0]] : kernel.cases;
  try {
    let error = 0;
    for (const sizes of cases) error = Math.max(error, await check(kernels, kernel, variant, sizes));
    return { ...named, outcome: 'passed', error };
  } catch (reason) {
    return { ...named, outcome: 'failed', reason: (reason as Error).message };
  }
}
