// Fills and digests ranges of words.
struct Range { first: u32, count: u32, value: u32, slot: u32 }
@group(0) @binding(0) var<uniform> range: Range;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<atomic<u32>>; // two for each slot

const threads = 256u;

@compute @workgroup_size(threads)
fn fill(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < range.count; i += groups.x * threads) { words[range.first + i] = range.value; }
}

// Adds up hashes of each word with its place and the secret number `value`: any change shows. No barrier: each costs a software
// GPU a switch of every thread.
@compute @workgroup_size(threads)
fn digest(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var sum = vec2<u32>();
  for (var i = id.x; i < range.count; i += groups.x * threads) {
    let place = scramble(i + range.value);
    let word = words[range.first + i];
    sum += vec2<u32>(scramble(word ^ place), scramble(word + place * 3u));
  }
  atomicAdd(&sums[2u * range.slot], sum.x);
  atomicAdd(&sums[2u * range.slot + 1u], sum.y);
}

// An integer hash in which every bit of x decides every bit of the result (constants: C. Wellons, hash-prospector).
fn scramble(x: u32) -> u32 {
  var y = x;
  y = (y ^ (y >> 16u)) * 0x7feb352du;
  y = (y ^ (y >> 15u)) * 0x846ca68bu;
  return y ^ (y >> 16u);
}
