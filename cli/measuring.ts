// The commands that measure and tune kernels: time, profile, tune, peaks.
import type { PairComparison } from '../src/lib/lab/records/comparison';
import { complete, defaultsFor } from '../src/lib/lab/experiment/defaults';
import { readExperiment } from '../src/lib/lab/experiment/experiment';
import { expand } from '../src/lib/lab/experiment/expand';
import { readSettings } from '../src/lib/lab/experiment/settings';
import { profile } from '../src/lib/lab/measure/profile';
import { totalOf } from '../src/lib/lab/records/profile';
import { profileToCsv } from '../src/lib/lab/records/profile';
import { measurePeaks, peaksToCsv } from '../src/lib/lab/measure/peaks';
import { type Candidate, type ShapeOverride } from '../src/lib/lab/tune/search';
import { knobsKey } from '../src/lib/shaders/variant';
import { shapeText } from '../src/lib/lab/measure/shapes';
import { timeNamed, timesToCsv } from '../src/lib/lab/measure/time';
import { tune, type TuneEvent } from '../src/lib/lab/tune/tune';
import { type Arguments, numberOption } from './arguments';
import { print, tell, withSession } from './host';

/** Times the named kernels separately at the model's shapes and prints CSV. Resolves to true when none failed. */
export async function timeKernels({ settings, options }: Arguments, signal: AbortSignal): Promise<boolean> {
  const experiment = readExperiment(settings);
  const filter = readSettings(options.get('shapes') ?? '');
  let count = 0;
  let failures = 0;
  await withSession(async (session) => {
    for await (const row of timeNamed(experiment, filter, session, signal)) {
      if (count === 0) tell(`${(await session.open()).adapter.name}\n`);
      print(timesToCsv([row], count++ === 0));
      if (row.reason === undefined) continue;
      failures++;
      tell(`lab: ${row.kernel}=${row.variant} ${row.knobs} failed: ${row.reason}\n`);
    }
  });
  if (count === 0) throw new Error('The model has no shape that these settings and --shapes name');
  return failures === 0;
}

/** Prints GPU time of one chunk by kernel and shape as CSV. Throws when the settings name more than one run. */
export async function profileRun({ settings }: Arguments, signal: AbortSignal): Promise<boolean> {
  const experiment = readExperiment(settings);
  const count = expand(experiment).length;
  if (count > 1) throw new Error(`profile takes the settings of one run; these are ${count}`);
  return withSession(async (session) => {
    const gpu = await session.open();
    const [run] = expand(complete(experiment, defaultsFor(gpu)));
    const model = await session.load(run.model, run.seed, () => undefined, signal);
    const found = await gpu.unlessLost(profile(run, model, await session.context(signal)));
    print(profileToCsv(found));
    const { dispatches, seconds } = totalOf(found.rows);
    tell(
      `${gpu.adapter.name}: a chunk of ${found.tokens} tokens takes ${(1e3 * found.wallSeconds).toPrecision(4)} ms; ` +
        `its ${dispatches} dispatches, each in a pass of its own, ${(1e3 * seconds).toPrecision(4)} ms of GPU time\n`,
    );
    tell(peaksToCsv(found.peaks));
    tellWarnings(found.warnings);
    return true;
  });
}

/** Searches the fastest settings for this GPU and prints one line of settings per chunk. */
export async function tuneSettings(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const experiment = readExperiment(words.settings);
  const options = {
    budgetSeconds: numberOption(words, 'budget', { smallest: 1, largest: 1e6, default: 180 }),
    largestError: numberOption(words, 'error', { smallest: 0, largest: 1, default: 1e-3 }),
  };
  return withSession(async (session) => {
    tell(`${(await session.open()).adapter.name}\n`);
    for await (const { settings, before, comparison, refused, leftOut = [], warnings } of tune(
      experiment,
      session,
      options,
      signal,
      tellTuning,
    )) {
      print(`${settings}\n`);
      if (refused) tell(`what was found cannot be used: ${refused}\n`);
      else if (settings === before) tell('no faster settings found\n');
      for (const each of leftOut) tell(`left out: ${each.settings}: ${each.reason}\n`);
      if (comparison) tell(`${comparisonText(comparison)} than ${before}\n`);
      tellWarnings(warnings);
    }
    return true;
  });
}

/** Prints the progress of tuning on stderr. */
function tellTuning(event: TuneEvent): void {
  const describe = ({ variant, seconds, reason }: Candidate) =>
    `${variant.kernel}/${variant.name} ${knobsKey(variant)}: ${reason ?? `${(1e6 * seconds).toPrecision(4)} us`}\n`;
  if (event.type === 'tuning') tell(`tuning ${event.settings || 'the demo model'}\n`);
  if (event.type === 'tuning') for (const { before } of event.kernels) tell(`  ${describe(before)}`);
  if (event.type === 'candidate') tell(`    ${describe(event.candidate)}`);
  if (event.type === 'kernel') {
    if (event.resumed)
      tell(`  ${event.kernel} was searched before the search was stopped:\n${triedText(event)}`);
    tell(`  before ${describe(event.before)}  best ${describe(event.ranking[0])}`);
    for (const each of event.overrides) tell(`  ${overrideText(each)}\n`);
  }
  if (event.type === 'comparing') tell(`comparing ${event.settings}\n`);
}

/** The trials of a kernel before the search was stopped. */
function triedText({ kernel, tried }: TuneEvent & { type: 'kernel' }): string {
  const lines = tried.map(({ variant, knobs, seconds = Infinity, reason }) => {
    return `    ${kernel}/${variant} ${knobs}: ${reason ?? `${(1e6 * seconds).toPrecision(4)} us`}\n`;
  });
  return lines.join('');
}

/** Describes a shape for which another variant is faster than the best one for all shapes. */
function overrideText({ use, candidate, seconds, bestSeconds }: ShapeOverride): string {
  const gain = (100 * (bestSeconds / seconds - 1)).toPrecision(2);
  const { name } = candidate.variant;
  return `at ${shapeText(use.kernel, use.sizes)}: ${name} ${knobsKey(candidate.variant)} is ${gain} % faster than that`;
}

function comparisonText({ verdict, ratio, low, high, values }: PairComparison): string {
  const [times, from, to] = [ratio, low, high].map((value) => value.toPrecision(4));
  return `${verdict}: ${times} times as fast (${from} to ${to}, ${values.length} blocks)`;
}

/** Measures the peak rates of this GPU (arithmetic, memory reads, dispatches) and prints CSV. */
export async function peaks({ settings }: Arguments, signal: AbortSignal): Promise<boolean> {
  if (settings.length) throw new Error(`peaks takes no settings; it was given ${settings[0][0]}`);
  return withSession(async (session) => {
    const gpu = await session.open();
    tell(`${gpu.adapter.name}\n`);
    print(peaksToCsv(await measurePeaks(gpu, signal)));
    return true;
  });
}

function tellWarnings(warnings: readonly string[] = []) {
  if (warnings.length) tell(`warnings: ${warnings.join(' ')}\n`);
}
