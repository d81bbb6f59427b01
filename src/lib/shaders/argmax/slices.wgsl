//! Two passes: the best of each slice, then the best of the slices; one workgroup alone would leave the GPU idle.
//! scratch slice_best: 2 * slices * rows
//! pass slice: slices, rows
//! pass total: rows

struct Sizes { vocabulary: u32, rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;           // rows × vocabulary
@group(0) @binding(2) var<storage, read_write> best: array<u32>;       // rows
@group(0) @binding(3) var<storage, read_write> slice_best: array<u32>; // rows × slices × (token, bits of its logit)

const workgroup_size = 128u; // knob: 64 128 256
const slices = 64u;          // knob: 16 64

var<workgroup> best_token: array<u32, workgroup_size>;
var<workgroup> best_logit: array<f32, workgroup_size>;

@compute @workgroup_size(workgroup_size)
fn slice(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var token = min(group.x * workgroup_size + thread, sizes.vocabulary - 1u);
  var logit = logits[group.y * sizes.vocabulary + token];
  for (var i = token + slices * workgroup_size; i < sizes.vocabulary; i += slices * workgroup_size) {
    let other = logits[group.y * sizes.vocabulary + i];
    if (other > logit) { logit = other; token = i; }
  }
  reduce(token, logit, thread);
  if (thread == 0u) {
    slice_best[2u * (group.y * slices + group.x)] = best_token[0];
    slice_best[2u * (group.y * slices + group.x) + 1u] = bitcast<u32>(best_logit[0]);
  }
}

@compute @workgroup_size(workgroup_size)
fn total(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = 2u * (group.x * slices + min(thread, slices - 1u));
  reduce(slice_best[start], bitcast<f32>(slice_best[start + 1u]), thread);
  if (thread == 0u) { best[group.x] = best_token[0]; }
}

// Of equal logits the smaller token wins, whatever the order of the comparisons.
fn reduce(token: u32, logit: f32, thread: u32) {
  best_token[thread] = token;
  best_logit[thread] = logit;
  for (var width = workgroup_size / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) {
      let other = thread + width;
      let tie = best_logit[other] == best_logit[thread] && best_token[other] < best_token[thread];
      if (best_logit[other] > best_logit[thread] || tie) {
        best_logit[thread] = best_logit[other];
        best_token[thread] = best_token[other];
      }
    }
  }
}
