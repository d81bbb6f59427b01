/** Checks all variants of one kernel on this GPU, then microbenchmarks them. */
import type { MicrobenchmarkRow } from '../../lab/shader/shader';
import type { OwnVariant, Variant } from '../../shaders/variant';
import { Lab } from '../session/lab.svelte';
import { shippedVariants } from './texts';
import { Shader } from './shader.svelte';

export interface Contestant {
  variant: Variant;
  shader: Shader;
}

/** Results of all variants at one shape of the kernel. */
export interface Race {
  key: string;
  tokens: number;
  shape: string;
  uses: number;
  rows: Map<string, MicrobenchmarkRow>;
  /** Seconds per call of the fastest variant. */
  best: number;
}

export class Bench {
  readonly lab = new Lab();
  readonly contestants: Contestant[];
  readonly running = $derived.by(() => this.contestants.some(({ shader }) => shader.doing !== undefined));
  readonly behind = $derived.by(
    () => this.contestants.filter(({ shader }) => shader.doing === undefined && isKnown(shader)).length,
  );
  /** Distinct reasons why checked variants could not be timed. */
  readonly failures = $derived.by(() =>
    this.contestants
      .flatMap(({ shader }) => (shader.checked && shader.failure) || [])
      .filter((failure, index, all) => all.indexOf(failure) === index),
  );
  readonly races = $derived.by(() => racesOf(this.contestants));

  constructor(kernel: string) {
    this.contestants = shippedVariants(kernel).map((variant) => ({
      variant,
      shader: new Shader(variant.name, this.lab),
    }));
  }

  open() {
    this.lab.open();
  }

  close() {
    for (const { shader } of this.contestants) shader.close();
    this.lab.close();
  }

  check() {
    for (const { variant, shader } of this.contestants) shader.check(own(variant));
  }

  /** Checks and times all variants at the shapes of a chunk of `tokens` tokens. */
  race(model: string, tokens: number) {
    for (const { variant, shader } of this.contestants) {
      shader.check(own(variant));
      shader.microbenchmark(own(variant), model, [tokens]);
    }
  }

  stop() {
    this.contestants[0]?.shader.stop(); // stops all work of the worker, of all contestants
  }
}

const isKnown = (shader: Shader) => Boolean(shader.checked ?? shader.failure);

const own = ({ kernel, name, text }: Variant): OwnVariant => ({ kernel, name, wgsl: text });

function racesOf(contestants: Contestant[]): Race[] {
  const races: Record<string, Race> = {};
  for (const { variant, shader } of contestants)
    for (const row of shader.timed?.result ?? []) {
      if (row.variant !== variant.name) continue;
      const { tokens, shape, uses } = row;
      const key = `${tokens} ${shape}`;
      const race = (races[key] ??= { key, tokens, shape, uses, rows: new Map(), best: Infinity });
      race.rows.set(variant.name, row);
      if (row.seconds) race.best = Math.min(race.best, row.seconds);
    }
  return Object.values(races);
}
