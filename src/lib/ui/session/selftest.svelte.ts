/** The reactive state of the self-test page: starts the test in the worker and keeps its results. */
import { SvelteDate } from 'svelte/reactivity';
import type { AdapterDescription } from '../../lab/cells/events';
import type { CheatResult, CheckResult, Clocks, SelfTestEvent } from '../../lab/shader/selftest';
import { openWorker } from './worker';

export class SelfTest {
  phase = $state<'idle' | 'running' | 'finished'>('idle');
  adapter = $state.raw<AdapterDescription | undefined>();
  total = $state(0);
  /** True if knobs are tested at their lowest and highest values; false if only at their defaults. */
  ends = $state(true);
  /** Names of kernels and variants to test, as `kernel` or `kernel/variant`; empty for every variant. */
  names = $state.raw<string[]>([]);
  results = $state.raw<CheckResult[]>([]);
  cheats = $state.raw<CheatResult[]>([]);
  clocks = $state.raw<Clocks | undefined>();
  /** Why the test ended early; undefined if it did not. */
  problem = $state<string | undefined>();
  startedAt = $state<string | undefined>();

  readonly counts = $derived.by(() => {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const { outcome } of this.results) counts[outcome]++;
    return counts;
  });
  /** Results sorted: failed, skipped, passed. */
  readonly sorted = $derived(
    (['failed', 'skipped', 'passed'] as const).flatMap((outcome) =>
      this.results.filter((result) => result.outcome === outcome),
    ),
  );
  readonly report = $derived(reportOf(this));

  #worker: Worker | undefined;

  start() {
    this.stop();
    this.phase = 'running';
    this.results = [];
    this.cheats = [];
    this.clocks = undefined;
    this.problem = undefined;
    this.startedAt = new SvelteDate().toISOString();
    this.#worker = openWorker<SelfTestEvent>(
      (event) => this.#receive(event),
      (reason) => this.#end(reason),
    );
    this.#worker.postMessage({ type: 'selftest', options: { ends: this.ends, names: this.names } });
  }

  stop() {
    this.#worker?.terminate();
    this.#worker = undefined;
    if (this.phase === 'running') this.phase = 'finished';
  }

  #receive(event: SelfTestEvent) {
    if (event.type === 'selftest') [this.adapter, this.total] = [event.adapter, event.total];
    if (event.type === 'check') this.results = [...this.results, event.result];
    if (event.type === 'cheat') this.cheats = [...this.cheats, event.result];
    if (event.type === 'clocks') this.clocks = event.clocks;
    if (event.type === 'failed') this.problem = event.reason;
    if (event.type === 'finished') this.#end();
  }

  #end(problem = this.problem) {
    this.problem = problem;
    this.stop();
  }
}

/** Formats a normalised mean squared error; 0 is shown as exact. */
export const showError = (error = NaN) => (error === 0 ? 'exact' : error.toExponential(1));

/** Formats a result as one line: `failed  matmul_q4_k/tiled tile_k=16: why`. */
function describeResult({ kernel, variant, knobs, outcome, error, reason }: CheckResult): string {
  const name = [`${kernel}/${variant}`, knobs].filter(Boolean).join(' ');
  return `${outcome.padEnd(7)} ${name}: ${reason ?? `error ${showError(error)}`}`;
}

/** Formats seconds in microseconds. */
export const showMicroseconds = (seconds: number) => `${Number((1e6 * seconds).toPrecision(3))} µs`;

/** The clocks in one line: their ticks, and whether the GPU's timestamps can be believed. */
function describeClocks({ tick, timestamps }: Clocks): string {
  const own = `clock: ticks of ${showMicroseconds(tick)}`;
  if (!timestamps) return `${own}; no timestamps of the GPU`;
  const { tick: gpuTick, doubled, ofWall, sound } = timestamps;
  const ticks = gpuTick === undefined ? 'stand still' : `ticks of ${showMicroseconds(gpuTick)}`;
  const test = `twice the work takes ${doubled.toFixed(2)} times as long, ${ofWall.toFixed(2)} of the wall time`;
  return `${own}; timestamps: ${ticks}, ${test}: ${sound ? 'sound' : 'not to be believed'}`;
}

function reportOf({ adapter, counts, sorted, cheats, clocks, problem, startedAt, total }: SelfTest): string {
  const { passed, failed, skipped } = counts;
  return [
    `RWKV-7 lab self-test, ${startedAt ?? 'not run yet'}`,
    `browser: ${navigator.userAgent}`,
    `adapter: ${adapter ? `${adapter.name}${adapter.software ? ' (software)' : ''}` : 'none'}`,
    `features: ${adapter?.features.join(' ') ?? ''}`,
    ...(clocks ? [describeClocks(clocks)] : []),
    `${passed} passed, ${failed} failed, ${skipped} skipped, of ${total}`,
    ...(problem ? [`ended early: ${problem}`] : []),
    '',
    ...sorted.map(describeResult),
    ...cheats.map(({ outcome, name, about, reason }) => `${outcome}: ${name}, ${about}: ${reason}`),
    '',
  ].join('\n');
}
