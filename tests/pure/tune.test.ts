// The parts of a search that need no GPU: its ranking of whole-model settings, and what is kept of it when it is stopped.
import { describe, expect, test, vi } from 'vitest';
import { REGISTRY } from '../../src/lib/lab/experiment/catalogue';
import type { RunContext } from '../../src/lib/lab/measure/session';
import { type Found, foundOf, keptOf } from '../../src/lib/lab/tune/found';
import { fastestSettings, otherWay, type Ranked } from '../../src/lib/lab/tune/ranking';
import type { Candidate } from '../../src/lib/lab/tune/search';
import { StoppedSearch, taskOf } from '../../src/lib/lab/tune/stopped';
import { seeded } from '../../src/lib/shaders/kernel';
import { knobSettings, type Variant, withKnobs } from '../../src/lib/shaders/variant';

/** Candidates that take these seconds; the last is the default. */
function ranked(kernel: string, ...seconds: number[]): Ranked {
  const ranking = seconds.map((each, at): Candidate => {
    return { variant: { name: `${kernel}${at}`, passes: [{}] } as Variant, seconds: each };
  });
  return { kernel, ranking, before: ranking[ranking.length - 1] };
}
const namesOf = (settings: Record<string, Variant>[]) =>
  settings.map((each) =>
    Object.values(each)
      .map(({ name }) => name)
      .join(' '),
  );

describe('the ranking', () => {
  test('is that of the sums of all combinations', () => {
    const random = seeded(7);
    for (let round = 0; round < 50; round++) {
      const kernels = ['a', 'b', 'c'].map((kernel) => {
        const seconds = Array.from({ length: 4 }, () => 1 + random());
        return ranked(kernel, ...seconds.sort((one, other) => one - other));
      });
      const [a, b, c] = kernels.map(({ ranking }) => ranking);
      const sums = a.flatMap((one) =>
        b.flatMap((two) =>
          c.map((three) => ({
            names: [one, two, three].map(({ variant }) => variant.name).join(' '),
            seconds: one.seconds + two.seconds + three.seconds,
          })),
        ),
      );
      const best = sums.sort((one, other) => one.seconds - other.seconds).slice(0, 3);
      expect(namesOf(fastestSettings(kernels))).toEqual(best.map(({ names }) => names));
    }
  });

  test('has no second choice of a kernel that takes too little for a comparison to tell', () => {
    const kernels = [ranked('a', 5, 5.1, 10), ranked('b', 0.1, 0.101, 0.2)];
    expect(namesOf(fastestSettings(kernels))).toEqual(['a0 b0', 'a1 b0', 'a2 b0']);
  });

  test('tries the other way of a kernel that joins others where it is nearly as fast', () => {
    const apart = (seconds: number): Candidate => {
      return { variant: { name: 'apart', passes: [] as unknown } as Variant, seconds };
    };
    const joined = ranked('a', 1, 1.01, 1.02).ranking;
    const others = (...ranking: Candidate[]) =>
      otherWay([{ kernel: 'a', ranking, before: ranking[0] }, ranked('b', 1, 1.01)]).a?.name;
    expect(others(...joined, apart(1.09))).toBe('apart');
    expect(others(...joined, apart(1.11))).toBeUndefined();
    expect(others(apart(0.95), ...joined)).toBe('a0');
    expect(others(apart(0.9), ...joined)).toBeUndefined();
    expect(others(...joined)).toBeUndefined();
  });

  test('is the default alone where nothing is faster', () => {
    expect(namesOf(fastestSettings([ranked('a', 3), ranked('b', 2)]))).toEqual(['a0 b0']);
  });
});

describe('a search that was stopped', () => {
  const variant = REGISTRY.variants.find(
    ({ kernel, knobs }) => kernel === 'layer_norm' && Object.keys(knobs).length,
  )!;
  const settings = [...knobSettings(variant)].map((values) => withKnobs(variant, values));
  const uses = [{ kernel: 'layer_norm', sizes: { columns: 64, tokens: 4 }, count: 3 }];
  const [before, best] = settings.map((each, at): Candidate => ({ variant: each, seconds: 2 - at }));
  const found: Found = {
    before,
    ranking: [best, before],
    overrides: [{ use: uses[0], candidate: before, seconds: 0.5, bestSeconds: 0.9 }],
    tried: [{ variant: variant.name, knobs: '', reason: 'slower' }],
  };
  const context = (texts: Map<string, string>, agent = 'a test') =>
    ({
      gpu: { adapter: { name: 'a GPU' } },
      host: {
        agent,
        searches: {
          read: (key: string) => Promise.resolve(texts.get(key)),
          write: (key: string, text: string | undefined) =>
            Promise.resolve(void (text === undefined ? texts.delete(key) : texts.set(key, text))),
        },
      },
    }) as unknown as RunContext;
  const task = taskOf(['prefill=4'], REGISTRY);

  test('is kept with its variants and knobs, also as text', () => {
    const kept: unknown = JSON.parse(JSON.stringify(keptOf(found, uses)));
    const read = foundOf(kept, 'layer_norm', uses, REGISTRY)!;
    expect(read.ranking.map(({ variant: { wgsl }, seconds }) => [wgsl, seconds])).toEqual([
      [best.variant.wgsl, 1],
      [before.variant.wgsl, 2],
    ]);
    expect(read.overrides[0]).toMatchObject({ use: uses[0], seconds: 0.5, bestSeconds: 0.9 });
    expect(read.tried).toEqual(found.tried);
  });

  test('that names what is no more, or is damaged, is searched again', () => {
    const kept = keptOf(found, uses);
    const changed = (change: object): unknown => ({ ...kept, ...change });
    for (const damaged of [
      undefined,
      [],
      changed({ ranking: [] }),
      changed({ before: { ...kept.before, variant: 'gone' } }),
      changed({ before: { ...kept.before, knobs: 'gone=1' } }),
      changed({ before: { ...kept.before, seconds: -1 } }),
      changed({ overrides: [{ ...kept.overrides[0], use: 7 }] }),
    ])
      expect(foundOf(damaged, 'layer_norm', uses, REGISTRY)).toBeUndefined();
  });

  test('goes on for the same task, adapter and browser, for a day, until it has ended', async () => {
    const texts = new Map<string, string>();
    const first = await StoppedSearch.open(task, context(texts));
    await first.add('layer_norm', uses, found);
    expect(first.isFromBefore('layer_norm', uses)).toBe(false);
    const has = async (...opened: Parameters<typeof StoppedSearch.open>) =>
      (await StoppedSearch.open(...opened)).isFromBefore('layer_norm', uses);
    expect(await has(task, context(texts))).toBe(true);
    expect(await has(taskOf(['prefill=5'], REGISTRY), context(texts))).toBe(false);
    const changed = { ...REGISTRY, variants: REGISTRY.variants.slice(1) };
    expect(await has(taskOf(['prefill=4'], changed), context(texts))).toBe(false);
    expect(await has(task, context(texts, 'another browser'))).toBe(false);
    vi.useFakeTimers({ now: Date.now() + 25 * 3600e3 });
    expect(await has(task, context(texts))).toBe(false);
    vi.useRealTimers();
    await first.end();
    expect(texts.size).toBe(0);
  });

  test('is searched anew where the store fails', async () => {
    const fails = () => Promise.reject(new Error('no room'));
    const { gpu } = context(new Map());
    const host = { agent: '', searches: { read: fails, write: fails } } as unknown as RunContext['host'];
    const search = await StoppedSearch.open(task, { gpu, host });
    await search.add('layer_norm', uses, found);
    expect(search.found('layer_norm', uses, REGISTRY)?.ranking).toHaveLength(2);
    await search.end();
  });
});
