// The commands that check and run: info, selftest, bench.
import { formatExperiment, readExperiment } from '../src/lib/lab/experiment/experiment';
import { decodeTokensPerSecond, type RunRecord, tokensPerSecond } from '../src/lib/lab/records/record';
import { chunkFits } from '$lib/lab/records/fits';
import { toCsv } from '$lib/lab/records/runsCsv';
import type { Comparison } from '../src/lib/lab/measure/compare';
import type { Generation } from '../src/lib/lab/text/generate';
import { profileToCsv } from '$lib/lab/records/profile';
import { peaksToCsv } from '../src/lib/lab/measure/peaks';
import { runCell } from '../src/lib/lab/cells/run';
import { type LabEvent } from '$lib/lab/cells/events';
import { type Progress } from '$lib/lab/measure/progress';
import { selfTest } from '../src/lib/lab/shader/selftest';
import type { ChunkFit } from '../src/lib/lab/records/statistics';
import { findVariant, variants, variantsFor } from '../src/lib/shaders';
import type { Variant } from '../src/lib/shaders/variant';
import type { Arguments } from './arguments';
import { print, tell, withSession } from './host';
import { gpu } from './node';

export async function info({ settings }: Arguments): Promise<boolean> {
  if (settings.length) throw new Error(`info takes no settings; it was given ${settings[0][0]}`);
  return withSession(async (session) => {
    const { adapter } = await session.open();
    print(`${JSON.stringify(adapter, undefined, 2)}\n`);
    return true;
  });
}

export async function selftest({ words }: Arguments, signal: AbortSignal): Promise<boolean> {
  const tested = words.length ? words.flatMap(variantsNamed) : variants;
  const count = { passed: 0, failed: 0, skipped: 0 };
  let ended = false;
  for await (const event of selfTest(gpu, true, signal, tested)) {
    if (event.type === 'failed') throw new Error(event.reason);
    ended ||= event.type === 'finished' && !signal.aborted;
    if (event.type !== 'check') continue;
    count[event.result.outcome]++;
    print(`${JSON.stringify(event.result)}\n`);
  }
  tell(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  return ended && count.failed === 0;
}

/** `kernel/variant`, or all variants of a `kernel`. */
function variantsNamed(name: string): Variant[] {
  const [kernel, variant] = name.split('/');
  return variant === undefined ? variantsFor(kernel) : [findVariant(kernel, variant)];
}

export async function bench({ settings }: Arguments, signal: AbortSignal): Promise<boolean> {
  const text = formatExperiment(readExperiment(settings));
  const told = await withSession(async (session) =>
    tellRuns(runCell({ kind: 'sweep', text }, session, signal)),
  );
  return told.failures === 0;
}

/** Records on stdout as they come, the header once; everything else on stderr. `printed`: records that are there already; `first`: nobody has said what GPU it is. */
export async function tellRuns(events: AsyncGenerator<LabEvent>, printed = 0, first = true) {
  const records: RunRecord[] = [];
  let failures = 0;
  let progress: Progress | undefined;
  for await (const event of events) {
    if (event.type === 'adapter' && first)
      tell(`${event.adapter.name}${event.adapter.software ? ' (software)' : ''}\n`);
    else if (event.type === 'progress') progress = showProgress(event.progress);
    else if (event.type === 'record') {
      print(toCsv([event.record], printed + records.push(event.record) === 1));
      tell(`${eraseLine}${placeOf(progress)}: ${speedsOf(event.record)}\n`);
    } else if (event.type === 'failed') {
      failures++;
      tell(`${eraseLine}lab: ${event.settings.trim() || 'default settings'} failed: ${event.reason}\n`);
    } else tellFinding(event);
  }
  for (const { settings, fit } of chunkFits(records))
    tell(`${settings || 'default settings'}: ${fitText(fit)}\n`);
  return { records: records.length, failures };
}

/** What cells other than sweeps find. */
function tellFinding(event: LabEvent): void {
  if (event.type === 'compared') tell(comparedText(event.compared));
  if (event.type === 'profiled') tell(eraseLine + profileToCsv(event.profile));
  if (event.type === 'peaks') tell(eraseLine + peaksToCsv(event.peaks));
  if (event.type === 'tuned') tell(`${eraseLine}${event.tuned.settings}\n`);
  if (event.type === 'generated') tell(`${eraseLine}${generatedText(event.generation)}`);
}

function comparedText({ runs, against }: Comparison): string {
  const lines = against.map(({ verdict, ratio, low, high }, i) => {
    const [times, from, to] = [ratio, low, high].map((value) => value.toPrecision(4));
    return `${runs[i + 1].settings}: ${verdict}, ${times} times as fast (${from} to ${to}) as ${runs[0].settings}\n`;
  });
  return eraseLine + lines.join('');
}

function generatedText(generation: Generation): string {
  const { prompt, text, prefillTokensPerSecond, decodeTokensPerSecond } = generation;
  const decode = decodeTokensPerSecond ? `, decode ${decodeTokensPerSecond.toPrecision(4)} tokens/s` : '';
  return `${prompt}${text}\nprefill ${prefillTokensPerSecond.toPrecision(4)} tokens/s${decode}\n`;
}

/** What the chunk sweep says of any other chunk. */
function fitText({ tokensPerSecond, secondsPerChunk }: ChunkFit): string {
  const cost = `${(1e3 * secondsPerChunk).toPrecision(3)} ms a chunk`;
  return `a chunk of N tokens takes N / ${tokensPerSecond.toPrecision(3)} s + ${cost}`;
}

const eraseLine = process.stderr.isTTY ? '\r\u001b[2K' : '';

/** On a terminal one line that changes; in a log nothing, where each finished run has its line. */
function showProgress(progress: Progress): Progress {
  const { phase, done, total, what } = progress;
  const share = total ? ` ${done} of ${total}` : '';
  if (process.stderr.isTTY) tell(`${eraseLine}${placeOf(progress)}: ${phase}${share} ${what}`.slice(0, 120));
  return progress;
}

function placeOf(progress: Progress | undefined): string {
  return progress
    ? `run ${progress.run} of ${progress.runs}, ${progress.settings || 'default settings'}`
    : 'run';
}

function speedsOf(record: RunRecord): string {
  const decode = decodeTokensPerSecond(record);
  const decoding = decode === undefined ? '' : `, decode ${decode.toPrecision(4)} tokens/s`;
  const warnings = record.warnings.length ? ` (${record.warnings.join(', ')})` : '';
  return `prefill ${tokensPerSecond(record).toPrecision(4)} tokens/s${decoding}${warnings}`;
}
