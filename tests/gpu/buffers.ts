// For tests: the GPU buffers inside an object, by label.

/** Every GPUBuffer somewhere inside `value`. */
export function buffersIn(value: unknown): GPUBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof GPUBuffer) return [value];
  return Object.values(value).flatMap(buffersIn);
}
