// The values that the controls of a sweep offer, and how its chart chooses its form.
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { REGISTRY } from '../../src/lib/lab/experiment/catalogue';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { hasTarget } from '../../src/lib/lab/experiment/target';
import type { RunRecord } from '../../src/lib/lab/records/record';
import { parseVariant } from '../../src/lib/shaders/variant';
import {
  isOffered,
  litValues,
  variantsOf,
  workgroupKnobs,
  workgroupsOf,
} from '../../src/lib/ui/controls/offered';
import { barsOf, onePlace, viewOf } from '../../src/lib/ui/results/series';
import { speak } from '../../src/lib/ui/words/words.svelte';

const variant = (name: string) => variantsOf('matmul_q4_k', REGISTRY).find((each) => each.name === name)!;

describe('controls', () => {
  test('workgroups are shapes, made by the knobs of their sides, without those that the text forbids', () => {
    const shapes = workgroupsOf(variant('block8')).map(({ shape, threads }) => `${shape} = ${threads}`);
    expect(shapes).toEqual(['8 × 8 = 64', '16 × 16 = 256']);
    const tiled = workgroupsOf(variant('tiled'));
    expect(tiled.map(({ threads }) => threads)).toEqual(
      tiled.map(({ threads }) => threads).toSorted((a, b) => a - b),
    );
    expect(tiled.find(({ shape }) => shape === '16 × 8')).toEqual({
      ...{ shape: '16 × 8', threads: 128 },
      knobs: { row_threads: 16, token_threads: 8 },
    });
    const text = `//! grid: 1\nconst row_threads = 8u; // knob: 8 16\nconst token_threads = 8u;\nconst_assert row_threads < 16u;\n`;
    const own = parseVariant('argmax', 'own', `${text}@compute @workgroup_size(row_threads) fn main() {}\n`);
    expect(workgroupKnobs(own)).toEqual(['row_threads']);
    expect(workgroupsOf(own).map(({ shape }) => shape)).toEqual(['8 × 8']);
  });

  test('a knob lights up what runs for its own variant', () => {
    // tiled is set to 16, which f16's knob has too; naive has no such knob.
    expect(litValues(variant('tiled'), 'token_threads', [4, 16])).toEqual([4, 16]);
    expect(litValues(variant('f16'), 'token_threads', [4, 16])).toEqual([16]);
    expect(litValues(variant('f16'), 'token_threads', [4])).toEqual([8]);
    expect(litValues(variant('tiled'), 'token_threads', undefined)).toEqual([8]);
  });

  test('formats that a model does not have are not offered', () => {
    expect(isOffered('matmul_q4_k', ['demo'], [])).toBe(true);
    expect(isOffered('matmul_q8_0', ['demo'], [])).toBe(false);
    expect(isOffered('wkv', ['demo'], [])).toBe(true);
    expect(isOffered('matmul_q8_0', ['synthetic-2.9b'], [])).toBe(false);
    expect(isOffered('matmul_q8_0', ['mine.gguf'], [])).toBe(true);
    const record = { model: 'mine.gguf', variants: { matmul_q5_k: { name: 'tiled', knobs: {} } } };
    expect(isOffered('matmul_q8_0', ['mine.gguf'], [record])).toBe(false);
    expect(isOffered('matmul_q5_k', ['mine.gguf'], [record])).toBe(true);
  });

  test('the target belongs to models of 2.9 billion parameters', () => {
    expect(hasTarget(['synthetic-2.9b', 'rwkv7-g1b-2.9b', 'RWKV-7-2.9B-Q4_K_M.gguf'])).toBe(true);
    expect(hasTarget(['synthetic-2.9b', 'demo'])).toBe(false);
    expect(hasTarget(['synthetic-12.9b'])).toBe(false);
    expect(hasTarget([])).toBe(false);
  });
});

describe('the form of a chart', () => {
  beforeAll(async () => {
    vi.stubGlobal('document', { documentElement: {} });
    await speak('en');
  });

  function record(settings: string, seconds: number[], startedAt: string): RunRecord {
    const [run] = expand(parseExperiment(settings));
    return {
      ...{ settings: run.settings, model: run.model, prefill: run.prefill, chunk: run.chunk, decode: 0 },
      ...{ stepsPerSubmit: 0, seed: 1, prefillSeconds: seconds, decodeSeconds: [], warmupSeconds: [1] },
      ...{
        softmaxSeconds: [],
        readbackSeconds: [],
        geometry: {},
        adapter: 'a GPU',
        warnings: [],
        startedAt,
        agent: 'a test',
        labVersion: '0.2.0',
      },
      variants: { matmul_q4_k: run.variants.matmul_q4_k },
    } as unknown as RunRecord;
  }
  const tiled = (tile: number, seconds: number[], at: string) =>
    record(`prefill=64\nmatmul_q4_k=tiled\nmatmul_q4_k.tile_k=${tile}`, seconds, at);
  const ten = (seconds: number) => Array<number>(10).fill(seconds);

  test('runs at one place are bars, fastest first, with the change against what they took the place of', () => {
    const runs = [{ number: 1, record: tiled(32, [0.5, 0.5, 0.5], 'b') }];
    const ghosts = [tiled(16, ten(1), 'a')];
    expect(onePlace(runs)).toBe(64);
    const bars = barsOf({ runs, ghosts, references: [], baseline: [] }, 64);
    expect(bars.map(({ label, origin }) => [label, origin])).toEqual([
      ['matmul_q4_k tile_k=32', 'run'],
      ['matmul_q4_k tile_k=16 (before)', 'ghost'],
    ]);
    expect(bars[0]).toMatchObject({ tokensPerSecond: 128, delta: 1, provisional: true, record: 1 });
    expect(bars[1]).toMatchObject({ delta: undefined, provisional: false, record: undefined });
  });

  test('published figures stand beside the bars only at their place', () => {
    const runs = [{ number: 1, record: tiled(32, ten(0.5), 'b') }];
    const reference = (x: number) => ({
      series: `at ${x}`,
      key: 'prefill',
      x,
      tokensPerSecond: 700,
      note: '',
    });
    const bars = barsOf({ runs, axis: 'prefill', references: [reference(64), reference(128)] }, 64);
    expect(bars.map(({ label }) => label)).toEqual(['at 64', 'a GPU']);
  });

  test('several places are a line; what was there before is a faded one', () => {
    const at = (chunk: number, seconds: number, when: string) =>
      record(`prefill=64\nchunk=${chunk}`, ten(seconds), when);
    const runs = [16, 32].map((chunk, index) => ({ number: index + 1, record: at(chunk, 0.5, `b${chunk}`) }));
    expect(onePlace(runs)).toBeUndefined();
    const { series, logarithmic } = viewOf({ runs, ghosts: [at(16, 1, 'a16')], target: 70_000 });
    expect(series.map(({ origin, points }) => [origin, points.map(({ x, delta }) => [x, delta])])).toEqual([
      [
        'run',
        [
          [16, 1],
          [32, undefined],
        ],
      ],
      ['ghost', [[16, undefined]]],
    ]);
    expect(logarithmic).toBe(false);
  });
});
