// Test helper: finds GPU buffers in an object.

/** All GPUBuffers nested anywhere in `value`. */
export function buffersIn(value: unknown): GPUBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof GPUBuffer) return [value];
  return Object.values(value).flatMap(buffersIn);
}
