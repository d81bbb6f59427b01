/** Submits the steps of decoded tokens, several to a command buffer, and stays a little ahead of the GPU. */
import type { Step } from './encode';
import { whileQueued } from './finished';
import { submit, type Submitting, submitAgain } from './submit';

/** Decoded tokens per synchronisation with the GPU; the next group is already submitted while the CPU waits. */
const DECODE_GROUP = 8;
/**
 * Target duration of a submit of several decoded tokens, far below the hang detection of browsers and drivers. If a group takes less, two
 * are queued behind the one that runs, not one, so that a pause of the CPU does not leave the GPU idle.
 */
const SUBMIT_MS = 50;

/** Submits these steps `count` times; all but the last two or three groups have run when it resolves. */
export async function submitDecoding(
  device: GPUDevice,
  plans: Submitting,
  steps: Step[],
  count: number,
): Promise<void> {
  if (count > 0) submit(device, plans, steps); // in parts, so that the GPU starts while the rest is encoded
  const running: Promise<undefined>[] = [];
  let tokensPerSubmit = 1;
  let queued = 1;
  let from = performance.now();
  for (let made = 1; made < count; made += DECODE_GROUP) {
    const group = Math.min(DECODE_GROUP, count - made);
    for (let i = 0; i < group; i += tokensPerSubmit)
      submitAgain(device, plans, steps, Math.min(tokensPerSubmit, group - i));
    running.push(device.queue.onSubmittedWorkDone());
    if (running.length <= queued) continue; // one group runs while the next one is encoded
    await whileQueued(device, running.at(-1 - queued)!);
    const now = performance.now();
    queued = now - from < SUBMIT_MS ? 2 : 1;
    tokensPerSubmit = Math.max(
      1,
      Math.min(DECODE_GROUP, Math.floor((SUBMIT_MS * DECODE_GROUP) / (now - from))),
    );
    from = now;
  }
}
