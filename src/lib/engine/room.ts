/** How much room there is on a GPU: WebGPU does not tell, so it is tried. */
import { gpuBuffer } from './buffers';
import { beginScope, endScope } from './device';
import { finished } from './finished';

/** The room that was measured, and why the measurement ended. */
export interface MeasuredRoom {
  /** Bytes that were there at once. */
  bytes: number;
  /** `most`: as many as were asked for, so that there may be more; `refused`: no more; `slow`: the computer began to swap. */
  end: 'most' | 'refused' | 'slow';
}

const STEP_BYTES = 256 * 2 ** 20;
/** A step that takes so many times the quickest, and so many seconds, is one for which memory was moved away. */
const SLOW_TIMES = 20;
const SLOW_SECONDS = 1;

/**
 * Makes buffers and clears them, so that they really take memory, until there are `most` bytes, the GPU refuses one, or one takes
 * very long; then frees them. It never throws: a device that is lost has refused.
 */
export async function measureRoom(
  device: GPUDevice,
  most: number,
  stepBytes = STEP_BYTES,
): Promise<MeasuredRoom> {
  const buffers: GPUBuffer[] = [];
  const lost = device.lost.then(() => false);
  let [bytes, quickest] = [0, Infinity];
  try {
    while (bytes < most) {
      const size = Math.min(stepBytes, device.limits.maxBufferSize, Math.ceil((most - bytes) / 4) * 4);
      const from = performance.now();
      if (!(await Promise.race([take(device, size, buffers), lost]))) return { bytes, end: 'refused' };
      const seconds = (performance.now() - from) / 1e3;
      bytes += size;
      quickest = Math.min(quickest, seconds);
      if (seconds > Math.max(SLOW_SECONDS, SLOW_TIMES * quickest)) return { bytes, end: 'slow' };
    }
    return { bytes, end: 'most' };
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

/** Makes and clears a buffer; false if the GPU refuses it. */
async function take(device: GPUDevice, size: number, buffers: GPUBuffer[]): Promise<boolean> {
  beginScope(device, 'validation');
  beginScope(device, 'out-of-memory');
  const buffer = gpuBuffer(device, {
    label: 'room',
    size,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
  });
  buffers.push(buffer);
  const encoder = device.createCommandEncoder();
  encoder.clearBuffer(buffer);
  device.queue.submit([encoder.finish()]);
  const errors = [endScope(device), endScope(device)];
  await finished(device);
  return (await Promise.all(errors)).every((error) => error === null);
}
