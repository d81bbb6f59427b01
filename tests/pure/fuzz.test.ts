// Mutated inputs of every kind that strangers send: each is read, or refused with a message. `npm run fuzz` tries more.
import { expect, test } from 'vitest';
import { TARGETS, tryOne } from '../../scripts/fuzz/targets';

/** Inputs of each kind; the seeds are those with which `npm run fuzz` begins. */
const COUNT = 60;
/** Seeds whose inputs went wrong once, by kind. */
const ONCE_WRONG: Record<string, number[]> = { 'stored notebooks': [5664, 6504] };

test.each(TARGETS)('$name', async (target) => {
  const wrong: string[] = [];
  const first = Array.from({ length: COUNT }, (_, at) => at + 1);
  for (const seed of [...first, ...(ONCE_WRONG[target.name] ?? [])])
    await tryOne(target, seed).catch((error: Error) => wrong.push(`seed ${seed}: ${error.message}`));
  expect(wrong).toEqual([]);
});
