// How `npm test` counts the results of its test projects, including a run that was interrupted.
import { describe, expect, test } from 'vitest';
import { countResults, outcomeOf } from '../../scripts/testing/results.js';

const line = (event: string, id: string, name: string, reason?: string) =>
  JSON.stringify({ event, id, name, reason });
/** Events of a file with two passed tests and a skipped one. */
const WHOLE = [
  line('started', 'f', 'a.test.ts'),
  line('started', 'f_0', 'a.test.ts > adds'),
  line('passed', 'f_0', 'a.test.ts > adds'),
  line('skipped', 'f_1', 'a.test.ts > tiles', 'wkv/tiled needs subgroups'),
  line('started', 'f_2', 'a.test.ts > subtracts'),
  line('passed', 'f_2', 'a.test.ts > subtracts'),
];
const ended = line('ended', 'f', 'a.test.ts');
const counted = (lines: string[]) => countResults(`${lines.join('\n')}\n`);
const well = { problem: '', cutOff: false };

describe('a run that ends by itself', () => {
  test('counts what passed, failed and was skipped', () => {
    const failed = line('failed', 'f_3', 'a.test.ts > divides', 'expected 1 to be 2\nand more');
    expect(outcomeOf(counted([...WHOLE, failed, ended]), { problem: 'exit code 1', cutOff: false })).toEqual({
      passed: 2,
      failed: 1,
      skipped: 1,
      skips: new Map([['wkv/tiled needs subgroups', 1]]),
      failures: ['a.test.ts > divides: expected 1 to be 2'],
      note: 'exit code 1',
    });
  });

  test('names a reason once, however many tests it skips, and a test without one by itself', () => {
    const skips = ['f_3', 'f_4'].map((id) =>
      line('skipped', id, `a.test.ts > ${id}`, 'wkv/tiled needs subgroups'),
    );
    const silent = line('skipped', 'f_5', 'a.test.ts > later');
    const { skipped, skips: reasons } = counted([...WHOLE, ...skips, silent, ended]);
    expect(skipped).toBe(4);
    expect([...reasons]).toEqual([
      ['wkv/tiled needs subgroups', 3],
      ['a.test.ts > later', 1],
    ]);
  });

  test('counts a file that cannot be loaded, and a hook that throws, as failures', () => {
    const broken = [line('broken', 'g', 'b.test.ts', 'SyntaxError'), line('ended', 'g', 'b.test.ts')];
    expect(
      outcomeOf(counted([...WHOLE, ended, ...broken]), { problem: 'exit code 1', cutOff: false }),
    ).toMatchObject({
      passed: 2,
      failed: 1,
      failures: ['b.test.ts: SyntaxError'],
    });
  });

  test('has failed when its process did, though no test has', () => {
    const outcome = outcomeOf(counted([...WHOLE, ended]), { problem: 'ended by SIGSEGV', cutOff: false });
    expect(outcome).toMatchObject({ passed: 2, failed: 1, note: 'ended by SIGSEGV' });
    expect(outcomeOf(countResults(''), { problem: 'exit code 1', cutOff: false })).toMatchObject({
      passed: 0,
      failed: 1,
    });
    expect(outcomeOf(counted([...WHOLE, ended]), well)).toMatchObject({ passed: 2, failed: 0 });
  });
});

test('a test that is told of twice counts once, as it was told last', () => {
  const again = line('failed', 'f_2', 'a.test.ts > subtracts', 'a hook threw');
  expect(counted([...WHOLE, again, ended])).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
  expect(counted([...WHOLE, ...WHOLE.slice(1), ended])).toMatchObject({ passed: 2, failed: 0, skipped: 1 });
});

describe('a run that is cut off', () => {
  const cut = { problem: 'ended by SIGTERM', cutOff: true };

  test('counts what had passed, and names the test that hung', () => {
    const hung = line('started', 'f_3', 'a.test.ts > waits for ever');
    expect(outcomeOf(counted([...WHOLE, hung]), cut)).toMatchObject({
      passed: 2,
      failed: 1,
      skipped: 1,
      note: 'cut off in a.test.ts > waits for ever',
    });
  });

  test('names the files where no test was running, and all tests where several were', () => {
    expect(outcomeOf(counted(WHOLE), cut).note).toBe('cut off in a.test.ts');
    const two = [
      line('started', 'f_3', 'a.test.ts > waits'),
      line('started', 'g_0', 'b.test.ts > waits too'),
    ];
    expect(outcomeOf(counted([...WHOLE, ...two]), cut).note).toBe(
      'cut off in a.test.ts > waits and in b.test.ts > waits too',
    );
    expect(outcomeOf(counted([...WHOLE, ended]), cut)).toMatchObject({
      failed: 1,
      note: 'cut off outside every test',
    });
  });

  test('names the last test that a file began: what began before has ended', () => {
    const more = [line('started', 'f_3', 'a.test.ts > skips'), line('started', 'f_4', 'a.test.ts > hangs')];
    expect(outcomeOf(counted([...WHOLE, ...more]), cut).note).toBe('cut off in a.test.ts > hangs');
  });

  test('may end in the middle of a line', () => {
    const whole = WHOLE.join('\n');
    for (let length = 0; length <= whole.length; length++) {
      const { passed, skipped, failed } = countResults(whole.slice(0, length));
      expect(passed).toBeLessThanOrEqual(2);
      expect([failed, skipped <= 1]).toEqual([0, true]);
    }
    expect(countResults(whole.slice(0, -1)).passed).toBe(1);
  });

  test('keeps its failures apart from the test that hung', () => {
    const lines = [
      ...WHOLE,
      line('failed', 'f_3', 'a.test.ts > divides'),
      line('started', 'f_4', 'a.test.ts > hangs'),
    ];
    expect(outcomeOf(counted(lines), cut)).toMatchObject({ passed: 2, failed: 2 });
  });
});
