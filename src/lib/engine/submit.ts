/** Divides steps among command buffers, and submits them. */
import { encode, type Step } from './encode';

/** Steps per command buffer, as in plans. */
export interface Submitting {
  stepsPerSubmit: number;
}

/** Steps in a chunk's first command buffer when `stepsPerSubmit` is 0. */
const FIRST_STEPS = 16;

/**
 * Submits steps in command buffers of `stepsPerSubmit`; if that is 0, of FIRST_STEPS, doubling each time, so that the
 * GPU can start while the rest is encoded. `after` is encoded behind the last step. `ran`: called with the number of steps that the
 * GPU has finished, whenever it has finished a command buffer.
 */
export function submit(
  device: GPUDevice,
  { stepsPerSubmit }: Submitting,
  steps: Step[],
  after?: (encoder: GPUCommandEncoder) => void,
  ran?: (steps: number) => void,
) {
  let size = stepsPerSubmit || FIRST_STEPS;
  for (let first = 0; first < steps.length; first += size) {
    if (first > 0 && !stepsPerSubmit) size *= 2;
    const last = first + size >= steps.length;
    device.queue.submit([
      encode(device, steps.slice(first, first + size), { after: last ? after : undefined }),
    ]);
    const behind = Math.min(first + size, steps.length);
    // A lost device is told of by what waits for the result.
    if (ran)
      device.queue.onSubmittedWorkDone().then(
        () => ran(behind),
        () => undefined,
      );
  }
}

/** Submits the same steps `times` times: in one submit, or one by one when `stepsPerSubmit` limits the steps. */
export function submitAgain(device: GPUDevice, plans: Submitting, steps: Step[], times: number) {
  if (plans.stepsPerSubmit) for (let i = 0; i < times; i++) submit(device, plans, steps);
  else device.queue.submit(Array.from({ length: times }, () => encode(device, steps)));
}
