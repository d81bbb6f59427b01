/**
 * The sentinel: fixed arithmetic whose time depends on nothing but the GPU's clock. Timed between the samples of a run, it tells
 * whether that clock moved. The same work tests the GPU's timestamps.
 */
import type { Step } from '../../engine/encode';
import { finished, waitingOf } from '../../engine/finished';
import { Kernels } from '../../engine/kernels';
import { storageBuffer } from '../../engine/buffers';
import { believed, Timer, timestampQuantum } from '../../engine/timer';
import { parseVariant, workgroupNeeds } from '../../shaders/variant';
import { median } from '../statistics/descriptive';
import { tickOf } from '../statistics/tick';
import { clockTick, SAMPLE_TICKS } from './clock';
import text from './peaks/f32.wgsl?raw';
import type { OpenGpu } from './session';

const VARIANT = parseVariant('sentinel', 'f32', text);

/** Workgroups that fill any GPU, or a CPU that emulates one. */
const GROUPS = 2048;
const SOFTWARE_GROUPS = 16;

/** One load lasts at least this long, and 100 ticks of the clock that times it. */
const LOAD_SECONDS = 0.004;
/** By the wall clock it lasts so many times as long as the waiting, whose length varies. */
const WAITINGS = 20;
const MOST_TURNS = 2 ** 22;
/** Loads of one measurement; their median is its result. */
const LOADS = 3;

/** The readings of one load. */
interface Load {
  /** Wall seconds from submit to completion. */
  wall: number;
  /** Timestamps of its beginning and end in nanoseconds; undefined without the feature timestamp-query. */
  stamps: [begin: number, end: number] | undefined;
}

/** The fixed work on one device. */
export class Sentinel {
  private constructor(
    readonly device: GPUDevice,
    readonly step: Step,
    /** The same arithmetic in one workgroup, as short as a dispatch gets. */
    readonly shortStep: Step,
    /** True if the GPU's timestamps time it, false if the wall clock does. */
    readonly byTimestamps: boolean,
  ) {}

  /**
   * The sentinel of a device, made and sized at the first call (in about a tenth of a second): its work is doubled until it lasts
   * long enough. Throws when the GPU refuses its shader.
   */
  static of(gpu: OpenGpu): Promise<Sentinel> {
    const known = sentinels.get(gpu.device);
    if (known) return known;
    const made = Sentinel.#open(gpu);
    sentinels.set(gpu.device, made);
    made.catch(() => sentinels.delete(gpu.device));
    return made;
  }

  static async #open({ device, adapter, kernels: { languageFeatures } }: OpenGpu): Promise<Sentinel> {
    const kernels = new Kernels(device, languageFeatures);
    const groups = adapter.software ? SOFTWARE_GROUPS : GROUPS;
    const out = storageBuffer(device, 'sentinel', 4 * groups * workgroupNeeds(VARIANT).invocations);
    const [shortStep] = await kernels.steps(VARIANT, { out }, { groups: 1, turns: 1, scale: 997 });
    const stamped = device.features.has('timestamp-query');
    const tick = stamped ? await timestampQuantum(device) : clockTick();
    const waiting = await waitingOf(device);
    for (let turns = 16; ; turns *= 2) {
      const [step] = await kernels.steps(VARIANT, { out }, { groups, turns, scale: 997 });
      await load(device, step, 1); // the first includes one-time work of the driver
      const { wall, stamps } = await shortestLoad(device, step);
      const seconds = stamps && (stamps[1] - stamps[0]) / 1e9;
      const byTimestamps = believed(seconds, wall, tick, waiting);
      const least = byTimestamps
        ? SAMPLE_TICKS * tick
        : Math.max(SAMPLE_TICKS * clockTick(), WAITINGS * waiting);
      const wanted = Math.max(LOAD_SECONDS, least);
      if ((byTimestamps ? seconds! : wall) >= wanted || turns >= MOST_TURNS)
        return new Sentinel(device, step, shortStep, byTimestamps);
    }
  }

  /** Seconds of the fixed work, the median of three; a few tens of milliseconds. */
  async seconds(): Promise<number> {
    const taken: number[] = [];
    for (let turn = 0; turn < LOADS; turn++) {
      const { wall, stamps } = await load(this.device, this.step, 1);
      taken.push(this.byTimestamps && stamps ? (stamps[1] - stamps[0]) / 1e9 : wall);
    }
    return median(taken);
  }
}

/** The one of three loads that took the least wall time: a pause in one decides nothing. */
async function shortestLoad(device: GPUDevice, step: Step): Promise<Load> {
  const loads: Load[] = [];
  for (let turn = 0; turn < LOADS; turn++) loads.push(await load(device, step, 1));
  return loads.reduce((shortest, each) => (each.wall < shortest.wall ? each : shortest));
}

const sentinels = new WeakMap<GPUDevice, Promise<Sentinel>>();

/** Dispatches the work several times in one pass and waits for it. */
async function load(
  device: GPUDevice,
  { pipeline, bindGroup, workgroups }: Step,
  times: number,
): Promise<Load> {
  const timer = device.features.has('timestamp-query') ? new Timer(device, 1) : undefined;
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass({ timestampWrites: timer?.writes() });
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  for (let turn = 0; turn < times; turn++) pass.dispatchWorkgroups(...workgroups);
  pass.end();
  timer?.resolve(encoder);
  const commands = encoder.finish();
  const from = performance.now();
  device.queue.submit([commands]);
  await finished(device);
  const wall = Math.max(performance.now() - from, 1e-3) / 1e3;
  const stamps = await timer?.stamps();
  return { wall, stamps: stamps && [Number(stamps[0]), Number(stamps[1])] };
}

/** The result of a test of the GPU's timestamps. */
export interface TimestampFacts {
  /** Unit of the timestamps in seconds (65.536 or 100 µs in browsers); undefined if they never change. */
  tick: number | undefined;
  /** GPU seconds of two equal loads together ÷ those of one: 2 on a clock that can be believed. */
  doubled: number;
  /** GPU seconds of a load ÷ wall seconds from submit to completion: below 1, and the nearer the better. */
  ofWall: number;
  /** True if both are as they should be: within a tenth of 2, and from 0.2 to 1. */
  sound: boolean;
}

/** Loads of the test, and dispatches whose timestamps show the tick: some tens of microseconds apart. */
const TEST_LOADS = 12;
const TICK_DISPATCHES = 64;

/**
 * Tests a GPU's timestamps on the sentinel's work, once and twice in turn; a few tenths of a second. Undefined without the
 * feature timestamp-query.
 */
export async function testTimestamps(gpu: OpenGpu): Promise<TimestampFacts | undefined> {
  if (!gpu.device.features.has('timestamp-query')) return undefined;
  const { device, step, shortStep } = await Sentinel.of(gpu);
  const spans: [once: number[], twice: number[]] = [[], []];
  const shares: number[] = [];
  for (let turn = 0; turn < TEST_LOADS; turn++) {
    const { stamps, wall } = await load(device, step, 1 + (turn % 2));
    const [begin, end] = stamps!;
    spans[turn % 2].push(end - begin);
    shares.push((end - begin) / 1e9 / wall);
  }
  const readings: number[] = [];
  for (let turn = 0; turn < TICK_DISPATCHES; turn++)
    readings.push(...(await load(device, shortStep, 1)).stamps!);
  const nanoseconds = tickOf(readings);
  const tick = nanoseconds === undefined ? undefined : nanoseconds / 1e9;
  const [doubled, ofWall] = [median(spans[1]) / median(spans[0]), median(shares)];
  return { tick, doubled, ofWall, sound: Math.abs(doubled - 2) < 0.2 && ofWall > 0.2 && ofWall <= 1.01 };
}
