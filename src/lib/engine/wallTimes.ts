/** Times steps on the CPU's clock, where the GPU offers no timestamps or all of them are zero, as in Safari. */
import { encode, type Step } from './encode';
import { finished } from './finished';
import { timestampQuantum } from './timer';

/** A group of equal steps is repeated until it takes this long: 20 ticks of the coarsest clock, Safari's with 1 ms. */
const LEAST_SECONDS = 0.02;
const MOST_ROUNDS = 4096;

/** True if the device has timestamps that move. */
export async function hasTimestamps(device: GPUDevice): Promise<boolean> {
  return device.features.has('timestamp-query') && (await timestampQuantum(device)) > 0;
}

/**
 * Seconds of each step: those with the same kernel, variant, pass and sizes run together, repeatedly, and share their time
 * evenly. What the steps compute is worthless afterwards, because they run more often than in a forward pass.
 */
export async function wallTimes(device: GPUDevice, steps: readonly Step[]): Promise<number[]> {
  const groups = new Map<string, number[]>();
  for (const [index, { kernel, variant, pass, sizes }] of steps.entries()) {
    const key = JSON.stringify([kernel, variant, pass, sizes]);
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  const seconds = Array<number>(steps.length).fill(0);
  for (const indices of groups.values()) {
    const own = indices.map((index) => steps[index]);
    let rounds = 1;
    let taken = await secondsOf(device, own, rounds);
    while (taken < LEAST_SECONDS && rounds < MOST_ROUNDS) {
      const growth = Math.min(16, (1.2 * LEAST_SECONDS) / Math.max(taken, 1e-6));
      rounds = Math.min(MOST_ROUNDS, Math.ceil(Math.max(1.5, growth) * rounds));
      taken = await secondsOf(device, own, rounds);
    }
    for (const index of indices) seconds[index] = taken / (rounds * own.length);
  }
  return seconds;
}

/** Wall seconds from submit to completion of all steps, so many times over, in one command buffer. */
async function secondsOf(device: GPUDevice, steps: Step[], rounds: number): Promise<number> {
  const commands = encode(device, Array.from({ length: rounds }, () => steps).flat());
  await finished(device);
  const from = performance.now();
  device.queue.submit([commands]);
  await finished(device);
  return (performance.now() - from) / 1e3;
}
