// Gives mutated inputs to everything that reads what strangers send, and writes a line of CSV for each kind of input.
// npm run fuzz -- --count 10000 --seed 1 --only CSV --minutes 15 > fuzz.csv
import { parseArgs } from 'node:util';
import { TARGETS, tryOne } from './fuzz/targets';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== '--'),
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    minutes: { type: 'string', default: '15' },
  },
});
const [count, first, minutes] = [Number(values.count), Number(values.seed), Number(values.minutes)];
const chosen = TARGETS.filter(({ name }) => !values.only || name === values.only);
if (!(count > 0 && minutes > 0) || chosen.length === 0)
  throw new Error(
    `--count and --minutes are above 0, and --only is one of: ${TARGETS.map(({ name }) => name).join(', ')}`,
  );

console.log('input,first_seed,tried,read,refused,wrong,slowest_ms,heap_growth_mb');
let wrongs = 0;
for (const target of chosen) {
  const until = performance.now() + (60_000 * minutes) / chosen.length;
  let [tried, read, wrong, slowest] = [0, 0, 0, 0];
  await tryOne(target, first).catch(() => undefined); // loads what the target needs
  const before = heapBytes();
  for (; tried < count && performance.now() < until; tried++) {
    const start = performance.now();
    try {
      if (await tryOne(target, first + tried)) read++;
    } catch (error) {
      wrong++;
      if (wrong <= 5) console.error(`${target.name}, seed ${first + tried}: ${(error as Error).message}`);
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  wrongs += wrong;
  const growth = ((heapBytes() - before) / 1e6).toFixed(1);
  console.log(
    [target.name, first, tried, read, tried - read - wrong, wrong, slowest.toFixed(0), growth].join(),
  );
}
process.exitCode = wrongs > 0 ? 1 : 0;

/** Bytes of JavaScript's heap, after a collection where Node was started with --expose-gc. */
function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
