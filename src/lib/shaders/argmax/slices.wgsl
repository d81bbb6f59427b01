//! Two passes: the best of each slice, then the best of the slices; one workgroup alone would leave the GPU idle.
//! scratch slice_best: 2 * slices * rows
//! pass slice: slices, rows
//! pass total: rows
//! unroll: written_out

struct Sizes { vocabulary: u32, rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;           // rows × vocabulary
@group(0) @binding(2) var<storage, read_write> best: array<u32>;       // rows
@group(0) @binding(3) var<storage, read_write> slice_best: array<u32>; // rows × slices × (token, bits of its logit)

const workgroup_size = 128u; // knob: 64 128 256
const slices = 256u;         // knob: 16 64 256
const written_out = 1u; // knob: 1 32

var<workgroup> tokens: array<u32, workgroup_size>;
var<workgroup> token_logits: array<f32, workgroup_size>;

struct Best { token: u32, logit: f32 }

@compute @workgroup_size(workgroup_size)
fn slice(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.y * sizes.vocabulary;
  let token = min(group.x * workgroup_size + thread, sizes.vocabulary - 1u);
  var found = Best(token, logits[row + token]);
  for (var i = token + slices * workgroup_size; i < sizes.vocabulary; i += slices * workgroup_size) {
    found = better(found, Best(i, logits[row + i]));
  }
  found = best_of_all(found, thread);
  if (thread == 0u) {
    slice_best[2u * (group.y * slices + group.x)] = found.token;
    slice_best[2u * (group.y * slices + group.x) + 1u] = bitcast<u32>(found.logit);
  }
}

@compute @workgroup_size(workgroup_size)
fn total(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var found = best_of_slice(group.x, min(thread, slices - 1u));
  for (var i = thread + workgroup_size; i < slices; i += workgroup_size) {
    found = better(found, best_of_slice(group.x, i));
  }
  found = best_of_all(found, thread);
  if (thread == 0u) { best[group.x] = found.token; }
}

fn best_of_slice(row: u32, slice: u32) -> Best {
  let at = 2u * (row * slices + slice);
  return Best(slice_best[at], bitcast<f32>(slice_best[at + 1u]));
}

// Among equal logits the smaller token wins, whatever the order of the comparisons.
fn better(a: Best, b: Best) -> Best {
  if (b.logit > a.logit || (b.logit == a.logit && b.token < a.token)) { return b; }
  return a;
}

// The workgroup's largest logit, for thread 0: sixteen threads search a sixteenth each, then the first searches their results.
fn best_of_all(own: Best, thread: u32) -> Best {
  var found = own;
  share(found, thread);
  if (thread < 16u) {
    for (var i = thread + 16u; i < workgroup_size; i += 16u) { found = better(found, Best(tokens[i], token_logits[i])); }
  }
  share(found, thread);
  if (thread == 0u) {
    for (var i = 1u; i < 16u; i++) { found = better(found, Best(tokens[i], token_logits[i])); }
  }
  return found;
}

fn share(found: Best, thread: u32) {
  workgroupBarrier();
  tokens[thread] = found.token;
  token_logits[thread] = found.logit;
  workgroupBarrier();
}
