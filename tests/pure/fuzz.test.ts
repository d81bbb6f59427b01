// Mutated inputs of every kind that strangers send: each is read, or refused with a message. `npm run fuzz` tries more.
import { expect, test } from 'vitest';
import { TARGETS, tryOne } from '../../scripts/fuzz/targets';

/** Inputs of each kind; the seeds are those with which `npm run fuzz` begins. */
const COUNT = 60;

test.each(TARGETS)('$name', async (target) => {
  const wrong: string[] = [];
  for (let seed = 1; seed <= COUNT; seed++)
    await tryOne(target, seed).catch((error: Error) => wrong.push(`seed ${seed}: ${error.message}`));
  expect(wrong).toEqual([]);
});
