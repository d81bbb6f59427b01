/** The reactive state of the self-test page: starts the test in the worker and keeps its results. */
import { SvelteDate } from 'svelte/reactivity';
import type { AdapterDescription } from '../../lab/cells/events';
import type { CheatResult, CheckResult, Clocks, SelfTestEvent, TrialResult } from '../../lab/shader/selftest';
import { reportOf } from './selftestReport';
import { openWorker } from './worker';

export class SelfTest {
  phase = $state<'idle' | 'running' | 'finished'>('idle');
  adapter = $state.raw<AdapterDescription | undefined>();
  total = $state(0);
  /** True if knobs are tested at their lowest and highest values; false if only at their defaults. */
  ends = $state(true);
  /** Names of kernels, variants and other parts to test, as `kernel`, `kernel/variant` or `OPFS`; empty for everything. */
  names = $state.raw<string[]>([]);
  results = $state.raw<CheckResult[]>([]);
  cheats = $state.raw<CheatResult[]>([]);
  trials = $state.raw<TrialResult[]>([]);
  clocks = $state.raw<Clocks | undefined>();
  /** Why the test ended early; undefined if it did not. */
  problem = $state<string | undefined>();
  startedAt = $state<string | undefined>();

  /** Outcomes of the variants. */
  readonly counts = $derived.by(() => {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const { outcome } of this.results) counts[outcome]++;
    return counts;
  });
  /** Failures of everything else: parts of the lab, and dishonest shaders that were not caught. */
  readonly otherFailures = $derived(
    [...this.trials, ...this.cheats].filter(({ outcome }) => outcome === 'failed').length,
  );
  /** Results sorted: failed, skipped, passed. */
  readonly sorted = $derived(
    (['failed', 'skipped', 'passed'] as const).flatMap((outcome) =>
      this.results.filter((result) => result.outcome === outcome),
    ),
  );
  readonly report = $derived(reportOf(this, navigator.userAgent));

  #worker: Worker | undefined;

  start() {
    this.stop();
    this.phase = 'running';
    this.results = [];
    this.cheats = [];
    this.trials = [];
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
    if (event.type === 'trial') this.trials = [...this.trials, event.result];
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
