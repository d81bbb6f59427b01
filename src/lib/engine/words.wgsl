// Fills ranges of words, finds changes in ranges that were filled, and digests others.
struct Range { first: u32, count: u32, value: u32, slot: u32 }
@group(0) @binding(0) var<uniform> range: Range;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(1) var<storage, read_write> vectors: array<vec4<u32>>; // the same: whole vectors, also where a range ends
@group(0) @binding(2) var<storage, read_write> sums: array<atomic<u32>>; // two for each slot

const threads = 256u;

@compute @workgroup_size(threads)
fn fill(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < range.count; i += groups.x * threads) { words[range.first + i] = range.value; }
}

// Counts the words that are not `value` any more. It reads four at a time, because a read is what costs a software GPU most.
@compute @workgroup_size(threads)
fn differ(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let end = range.first + range.count;
  var changed = vec4<u32>();
  for (var v = range.first / 4u + id.x; 4u * v < end; v += groups.x * threads) {
    changed += select(vec4<u32>(), vec4<u32>(vectors[v] != vec4<u32>(range.value)), inside(v, end));
  }
  if (any(changed != vec4<u32>())) { atomicAdd(&sums[2u * range.slot], dot(changed, vec4<u32>(1u))); }
}

// Adds up hashes of each word with its place and the secret number `value`: any change shows. No barrier: each costs a software
// GPU a switch of every thread.
@compute @workgroup_size(threads)
fn digest(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let end = range.first + range.count;
  var sum_a = vec4<u32>();
  var sum_b = vec4<u32>();
  for (var v = range.first / 4u + id.x; 4u * v < end; v += groups.x * threads) {
    let place = scramble(places(v) + vec4<u32>(range.value));
    let word = vectors[v];
    let counts = inside(v, end);
    sum_a += select(vec4<u32>(), scramble(word ^ place), counts);
    sum_b += select(vec4<u32>(), scramble(word + place * 3u), counts);
  }
  atomicAdd(&sums[2u * range.slot], dot(sum_a, vec4<u32>(1u)));
  atomicAdd(&sums[2u * range.slot + 1u], dot(sum_b, vec4<u32>(1u)));
}

// The places of a vector's words in the buffer, and which of them belong to the range.
fn places(v: u32) -> vec4<u32> { return vec4<u32>(4u * v) + vec4<u32>(0u, 1u, 2u, 3u); }
fn inside(v: u32, end: u32) -> vec4<bool> {
  return (places(v) >= vec4<u32>(range.first)) & (places(v) < vec4<u32>(end));
}

// An integer hash of each component, in which every bit of x decides every bit of the result (constants: C. Wellons, hash-prospector).
fn scramble(x: vec4<u32>) -> vec4<u32> {
  var y = x;
  y = (y ^ (y >> vec4<u32>(16u))) * 0x7feb352du;
  y = (y ^ (y >> vec4<u32>(15u))) * 0x846ca68bu;
  return y ^ (y >> vec4<u32>(16u));
}
