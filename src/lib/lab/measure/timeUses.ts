/** Times steps in batches, long enough for the clock. */
import type { Step } from '../../engine/encode';
import { finished, waitingOf } from '../../engine/finished';
import { believed, Timer, timestampQuantum } from '../../engine/timer';
import { median } from '../statistics/descriptive';

/** The time that a measurement may take. */
export interface Effort {
  /** Total bytes of the rotating weight buffers: more than caches hold, so that every use reads from memory. */
  rotateBytes: number;
  /** Minimum duration of a batch of uses, the unit that is timed. */
  batchSeconds: number;
  batches: number;
  /** Warm-up before the batches, only on a GPU that has been idle. */
  warmupSeconds: number;
}

const EFFORT: Effort = {
  rotateBytes: 160e6,
  batchSeconds: 0.02,
  batches: 5,
  warmupSeconds: 0.3,
};

/** On a CPU that emulates a GPU, whose times say nothing about a GPU: enough to see that everything works. */
const SOFTWARE_EFFORT: Effort = {
  rotateBytes: 2e6,
  batchSeconds: 0.004,
  batches: 3,
  warmupSeconds: 0,
};

/** The effort that this adapter's times are worth: `effort`, or less on a CPU that emulates a GPU. */
export const effortFor = ({ adapter }: { adapter: { software: boolean } }, effort = EFFORT): Effort =>
  adapter.software ? SOFTWARE_EFFORT : effort;

/** The time of one use, a list of steps. */
export interface UseTime {
  /** The median of `samples`. */
  seconds: number;
  /** Seconds per use, one entry per batch. */
  samples: number[];
  /** Number of uses in a batch. */
  repetitions: number;
  /** `gpu`: timestamps around a batch; `wall`: from submit to completion on the CPU, where timestamps are unusable. */
  clock: 'gpu' | 'wall';
}

const MOST_REPETITIONS = 20_000;

/** By the wall clock a batch lasts at least so many times as long as the waiting for its end, which is part of its time. */
const WAITINGS = 10;

/** A GPU that was idle for longer than this is warmed up again. */
const IDLE_SECONDS = 0.25;

/** End of the last batch on each device, in milliseconds of performance.now(). */
const warmAt = new WeakMap<GPUDevice, number>();

/** Times the same work repeatedly, in batches of one compute pass, rotating through `uses`, each a list of steps. */
export async function timeUses(
  uses: Step[][],
  device: GPUDevice,
  signal: AbortSignal,
  effort: Effort,
): Promise<UseTime> {
  let turn = 0;
  const batch = async (repetitions: number) => {
    signal.throwIfAborted();
    const taken = await secondsOf(
      device,
      Array.from({ length: repetitions }, () => uses[turn++ % uses.length]),
    );
    warmAt.set(device, performance.now());
    return taken;
  };
  const idle = performance.now() - (warmAt.get(device) ?? -Infinity);
  await batch(1); // the first dispatch includes one-time work of the driver
  let repetitions = 1;
  let taken = await batch(repetitions);
  const byWallClock = Math.max(effort.batchSeconds, WAITINGS * (await waitingOf(device)));
  const least = () => (taken.clock === 'gpu' ? effort.batchSeconds : byWallClock);
  while (taken.seconds < least() && repetitions < MOST_REPETITIONS) {
    const growth = Math.min(16, (1.2 * least()) / taken.seconds);
    repetitions = Math.min(MOST_REPETITIONS, Math.ceil(Math.max(1.2, growth) * repetitions));
    taken = await batch(repetitions);
  }
  const warmup = idle > 1e3 * IDLE_SECONDS ? effort.warmupSeconds : 0;
  for (let spent = 0; spent < warmup; spent += taken.seconds) taken = await batch(repetitions);
  const batches = [];
  for (let i = 0; i < effort.batches; i++) batches.push(await batch(repetitions));
  const clock = batches.every((each) => each.clock === 'gpu') ? ('gpu' as const) : ('wall' as const);
  const samples = batches.map((each) => (clock === 'gpu' ? each.seconds : each.wall) / repetitions);
  return { seconds: median(samples), samples, repetitions, clock };
}

/** Seconds of one batch, encoded before the clock starts: by timestamps if the wall clock agrees with them. */
async function secondsOf(device: GPUDevice, uses: Step[][]) {
  const stamped = device.features.has('timestamp-query');
  const tick = stamped ? await timestampQuantum(device) : 0;
  const waiting = await waitingOf(device);
  const timer = stamped ? new Timer(device, 1) : undefined;
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass({ timestampWrites: timer?.writes() });
  for (const { pipeline, bindGroup, workgroups } of uses.flat()) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass.end();
  timer?.resolve(encoder);
  const commands = encoder.finish();
  const from = performance.now();
  device.queue.submit([commands]);
  await finished(device);
  const wall = Math.max(performance.now() - from, 1e-3) / 1e3;
  const [seconds] = (await timer?.read()) ?? [];
  return believed(seconds, wall, tick, waiting)
    ? { seconds: seconds!, wall, clock: 'gpu' as const }
    : { seconds: wall, wall, clock: 'wall' as const };
}
