// Verdicts of block comparisons: the rules, and how often they are right on simulated machines.
//
//   VERDICTS_CSV=docs/verdicts-simulated.csv npx vitest run --project pure tests/pure/verdict.test.ts
//
// simulates more comparisons and writes the table.
import { writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { formatCsv } from '../../src/lib/lab/records/csv';
import { criticalSum } from '../../src/lib/lab/statistics/signedRank';
import {
  findableEffect,
  judgeBlocks,
  LOOKS,
  moreBlocks,
  type Verdict,
} from '../../src/lib/lab/statistics/verdict';
import { seeded } from '../../src/lib/shaders/kernel';
import { gaussian, type Machine, MACHINES, normalFrom, simulateVerdicts } from './simulate';

const FILE = process.env.VERDICTS_CSV;
const [ALIKE, DIFFERENT] = FILE ? [4000, 2000] : [500, 150];

/** Values about a centre, in pairs at equal distances, so that the estimate is the centre. */
const around = (centre: number, count: number, apart = 1e-3) =>
  Array.from({ length: count }, (_, index) => centre + apart * (index - (count - 1) / 2));

describe('the rules', () => {
  test('positive log-ratios are faster, negative ones slower, in the spelling of the data', () => {
    expect(judgeBlocks(around(0.05, 8))).toMatchObject({ verdict: 'faster', values: 8 });
    expect(judgeBlocks(around(-0.05, 8)).verdict).toBe('slower');
    const { effect, low, high, coverage } = judgeBlocks(around(0.05, 8));
    expect(effect).toBeCloseTo(0.05, 12);
    expect([low, high]).toEqual([expect.closeTo(0.0465, 12), expect.closeTo(0.0535, 12)]);
    expect(coverage).toBeCloseTo(1 - 2 / 2 ** 8, 12);
  });

  test('fewer than 8 values, and numbers between two looks, cannot tell', () => {
    for (const count of [1, 2, 7, 9, 11, 13, 15, 17, 23, 40])
      expect(judgeBlocks(around(0.5, count)).verdict).toBe('cannot tell');
    for (const { values } of LOOKS) expect(judgeBlocks(around(0.5, values)).verdict).toBe('faster');
  });

  test('a budget that ends between two looks has one more, and never with fewer than 8 values', () => {
    expect(judgeBlocks(around(0.5, 10), { last: true }).verdict).toBe('faster');
    expect(judgeBlocks(around(0.5, 7), { last: true }).verdict).toBe('cannot tell');
  });

  test('an effect must exceed 0.5 % and the floor of the machine', () => {
    expect(judgeBlocks(around(0.0045, 16, 1e-5)).verdict).toBe('same');
    expect(judgeBlocks(around(0.0055, 16, 1e-5)).verdict).toBe('faster');
    expect(judgeBlocks(around(0.015, 16, 1e-5), { floor: 0.02 }).verdict).toBe('cannot tell');
    expect(judgeBlocks(around(-0.025, 16, 1e-5), { floor: 0.02 }).verdict).toBe('slower');
  });

  test('several sides compared with one share the level', () => {
    expect(judgeBlocks(around(0.05, 8), { sides: 2 }).verdict).toBe('cannot tell'); // 2 ^ -7 is above 0.015 / 2
    expect(judgeBlocks(around(0.05, 12), { sides: 2 }).verdict).toBe('faster');
    expect(judgeBlocks([...around(0.05, 10), -1e-3, -2e-3], { sides: 2 }).verdict).toBe('faster');
    expect(judgeBlocks([...around(0.05, 10), -1e-3, -2e-3], { sides: 7 }).verdict).toBe('cannot tell');
    expect(findableEffect(0.01, 8, { sides: 2 })).toBeUndefined();
    expect(findableEffect(0.01, 16, { sides: 7 })).toBeGreaterThan(findableEffect(0.01, 16)!);
    expect(moreBlocks(around(0.05, 8), { sides: 2 })).toBe(4);
  });

  test('any of seven equal sides wins in at most one of twenty comparisons', () => {
    const normal = normalFrom(seeded(7));
    const winners = (sides: number) => {
      let won = 0;
      for (let run = 0; run < ALIKE; run++) {
        const first = Array.from({ length: 16 }, () => 0.01 * normal());
        const others = Array.from({ length: 7 }, () => first.map((value) => value + 0.01 * normal()));
        won += Number(
          others.some((values) =>
            [8, 12, 16].some((count) => /er$/.test(judgeBlocks(values.slice(0, count), { sides }).verdict)),
          ),
        );
      }
      return won / ALIKE;
    };
    expect(winners(1)).toBeGreaterThan(0.08);
    expect(winners(7)).toBeLessThan(0.05);
  });

  test('the same is an interval within 1 %, a single value of 8 beyond it is not', () => {
    expect(judgeBlocks(around(0, 8, 2e-3)).verdict).toBe('same');
    expect(judgeBlocks([...around(0, 7, 2e-3), 0.011]).verdict).toBe('cannot tell');
    expect(judgeBlocks(Array<number>(8).fill(0)).verdict).toBe('same');
  });

  test('times that are not numbers, and no or too many values, are refused', () => {
    expect(() => judgeBlocks([...around(0, 7), NaN])).toThrow(/times above 0/);
    expect(() => judgeBlocks([])).toThrow(/1 to 64 values/);
    expect(() => judgeBlocks(around(0, 65))).toThrow(/1 to 64 values/);
  });
});

test('wherever a comparison ends, the exact levels of its looks add up to at most 5 %', () => {
  const level = (values: number) => {
    const { alpha } = LOOKS.find((look) => look.values >= values)!;
    return 2 * criticalSum(values, alpha).tail;
  };
  for (let end = 8; end <= 64; end++) {
    const before = LOOKS.filter(({ values }) => values < end);
    expect(before.reduce((sum, { values }) => sum + level(values), level(end))).toBeLessThan(0.05);
  }
  expect(level(8) + level(12) + level(16)).toBeCloseTo(0.0331, 4);
});

const random = seeded(10);
const rows: (string | number)[][] = [];
const percent = (count: number, runs: number) => Number(((100 * count) / runs).toFixed(2));

function simulate(machine: Machine, effect: number, runs: number, most = 16): Record<Verdict, number> {
  const counts = simulateVerdicts(machine, Math.log1p(effect), { runs, random, most });
  const { faster, slower, same } = counts;
  const shares = [faster, slower, same, counts['cannot tell']].map((count) => percent(count, runs));
  rows.push([machine.name, percent(effect, 1), most, runs, ...shares]);
  return counts;
}

afterAll(async () => {
  const head =
    'machine true_effect_percent most_blocks comparisons faster_percent slower_percent same_percent cannot_tell_percent';
  if (FILE) await writeFile(FILE, formatCsv([head.split(' '), ...rows]));
});

describe('two equal sides', () => {
  test.each(MACHINES)('$name: at most 5 of 100 comparisons have a winner', (machine) => {
    const { faster, slower } = simulate(machine, 0, ALIKE);
    expect((faster + slower) / ALIKE).toBeLessThanOrEqual(0.05);
  });

  test.each(MACHINES.filter(({ name }) => /^noise 5|^hiccup|^pause/.test(name)))(
    '$name: with a budget of 64 blocks too',
    (machine) => {
      const { faster, slower } = simulate(machine, 0, ALIKE / 5, 64);
      expect((faster + slower) / (ALIKE / 5)).toBeLessThanOrEqual(0.05);
    },
  );
});

describe('a true effect', () => {
  const least: Record<string, [one: number, two: number]> = {
    'noise 1 %': [0.9, 0.99],
    'noise 2 %': [0.4, 0.95],
    'heavy tails': [0.4, 0.85],
    'pause in one sample of 30': [0.9, 0.99],
    'clock drifts by 15 %': [0.9, 0.99],
    'clock steps by 15 %': [0.9, 0.99],
    'preparation effect 1 %': [0.5, 0.95],
    'second plan 1.5 % slower': [0.9, 0.99],
    'tick of 65.5 µs': [0.9, 0.99],
    'tick of 100 µs': [0.9, 0.99],
  };

  test.each(MACHINES.filter(({ name }) => FILE || least[name]))('$name: 1 % and 2 % are found', (machine) => {
    const [one, two] = [0.01, 0.02].map((effect) => simulate(machine, effect, DIFFERENT));
    const [atLeastOne, atLeastTwo] = least[machine.name] ?? [0, 0];
    expect(one.faster / DIFFERENT).toBeGreaterThan(atLeastOne);
    expect(two.faster / DIFFERENT).toBeGreaterThan(atLeastTwo);
    // Never the wrong way.
    expect((one.slower + two.slower) / DIFFERENT).toBeLessThanOrEqual(0.01);
  });
});

describe('before and after', () => {
  test('the effect that a budget can find is found in 9 of 10', () => {
    expect(findableEffect(0.01, 7)).toBeUndefined();
    for (const [deviation, values] of [
      [0.01, 8],
      [0.01, 16],
      [0.003, 16],
      [0.02, 32],
    ]) {
      const effect = findableEffect(deviation, values)!;
      // The value of a block: the mean of two quads of four samples each.
      const machine = { name: '', noise: gaussian(deviation * Math.SQRT2) };
      const counts = simulateVerdicts(machine, effect, { runs: 300, random, most: values });
      expect(counts.faster / 300).toBeGreaterThan(effect > 0.01 ? 0.85 : 0.7); // below 1 % it may be the same
    }
  });

  test('is never below the floor', () => {
    expect(findableEffect(1e-6, 16)).toBeCloseTo(Math.log(1.005), 5);
    expect(findableEffect(1e-6, 16, { floor: 0.02 })).toBeCloseTo(0.02, 5);
  });

  test('how many more blocks would settle it', () => {
    expect(moreBlocks(around(0.05, 3))).toBeUndefined();
    expect(moreBlocks(around(0.05, 8))).toBe(0);
    expect(moreBlocks(around(0.05, 5))).toBe(3);
    expect([3e-3, 4e-3, 6e-3].map((apart) => moreBlocks(around(0, 12, apart)))).toEqual([4, 12, 36]);
    expect(moreBlocks(around(0.001, 16, 1e-1))).toBeUndefined();
  });

  test('and so many do settle it, more often than not', () => {
    const normal = normalFrom(random);
    let [tried, settled] = [0, 0];
    for (let trial = 0; trial < 300; trial++) {
      const values = Array.from({ length: 64 }, () => 0.012 + 0.015 * normal());
      const more = moreBlocks(values.slice(0, 12));
      if (!more) continue;
      tried++;
      const looks = LOOKS.filter((look) => look.values > 12 && look.values <= 12 + more);
      settled += Number(
        looks.some((look) => judgeBlocks(values.slice(0, look.values)).verdict !== 'cannot tell'),
      );
    }
    expect(settled / tried).toBeGreaterThan(0.5);
  });
});
