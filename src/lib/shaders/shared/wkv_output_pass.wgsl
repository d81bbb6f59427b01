// For variants whose recurrence leaves y in `out`, number by number: the pass that finishes it.
const output_threads = 64u; // four tokens of a head

@compute @workgroup_size(output_threads)
fn output(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let token = group.y * 4u + thread / head_lanes;
  let last = min(token, sizes.tokens - 1u);
  let i = last * sizes.columns + group.x * 64u + thread % head_lanes * 4u;
  let result = head_output(vec4<f32>(out[i], out[i + 1u], out[i + 2u], out[i + 3u]), group.x, last, thread);
  if (token >= sizes.tokens) { return; }
  out[i] = result.x;
  out[i + 1u] = result.y;
  out[i + 2u] = result.z;
  out[i + 3u] = result.w;
}

// As wkv_rows asks for it.
fn put_y(first: u32, t: u32, row: u32, y: f32) {
  if (first + t < sizes.tokens) { out[(first + t) * sizes.columns + row] = y; }
}

fn end_batch(first: u32, head: u32, thread: u32) {}
