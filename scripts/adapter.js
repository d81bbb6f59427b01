// Prints the adapter that Dawn finds in Node, as one line of JSON. A process of its own, since a bad driver may crash it.
// With --time, also the seconds in which it compiles and runs a pipeline of some length.
import { tmpdir } from 'node:os';
import { create, globals } from 'webgpu';

process.env.XDG_RUNTIME_DIR ??= tmpdir();
Object.assign(globalThis, globals);
const gpu = create((process.env.LAB_DAWN_FLAGS ?? '').split(' ').filter(Boolean));
const adapter = await gpu.requestAdapter();
const { vendor = '', architecture = '', description = '' } = adapter?.info ?? {};
const seconds = adapter && process.argv.includes('--time') ? await secondsToRun(adapter) : undefined;
console.log(
  JSON.stringify(
    adapter && {
      name: [vendor, architecture, description].filter(Boolean).join(' '),
      features: [...adapter.features],
      seconds,
    },
  ),
);

/**
 * The seconds from the text of a shader to its results.
 * @param {GPUAdapter} adapter
 */
async function secondsToRun(adapter) {
  const device = await adapter.requestDevice();
  const lines = Array.from(
    { length: 120 },
    (_, i) =>
      `  x[${i % 32}] = fma(x[${(i * 7 + 1) % 32}], ${i}.5, x[${(i * 3 + 2) % 32}]); shared_x[i] += x[${i % 32}];`,
  );
  const code = `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
var<workgroup> shared_x: array<f32, 64>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) i: u32) {
  var x: array<f32, 32>;
  for (var round = 0u; round < 50u; round++) {
${lines.join('\n')}
    workgroupBarrier();
  }
  out[id.x] = shared_x[i];
}`;
  const from = performance.now();
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const buffer = device.createBuffer({ size: 4 * 64 * 256, usage: GPUBufferUsage.STORAGE });
  const entries = [{ binding: 0, resource: { buffer } }];
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(256);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return (performance.now() - from) / 1e3;
}
