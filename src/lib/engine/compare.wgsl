// Compares two arrays of words: as f32, or bit for bit. Not-a-number is found by its bits, because compilers may assume
// that there is none and fold `x != x` away.
struct Task { got: u32, want: u32, count: u32, exact: u32, former: u32 } // where they begin, in words
@group(0) @binding(0) var<uniform> task: Task;
@group(0) @binding(1) var<storage, read> got: array<u32>;
@group(0) @binding(2) var<storage, read> want: array<u32>;
// The bits of the largest |want|, non-finite numbers, the first wrong element, poisoned ones, the first element that should have
// stayed; then error and power of each group.
@group(0) @binding(3) var<storage, read_write> result: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> parts: array<vec2<f32>>; // error and power of each thread of `measure`
@group(0) @binding(5) var<storage, read> former: array<u32>; // what `want` was before it was computed

const threads = 64u; // compareArrays.ts
const header = 5u;
const poison = 0x7fc0beefu; // words.ts

fn is_finite(bits: u32) -> bool { return (bits & 0x7f800000u) != 0x7f800000u; }

// Squares of errors and of `want`, over a run of elements for each workgroup; bit for bit: how many differ, and all. No barrier here, and
// another pass for the sums of a run: each barrier costs a software GPU a switch of every thread.
@compute @workgroup_size(threads)
fn measure(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let each = (task.count + groups.x - 1u) / groups.x;
  let end = min((group.x + 1u) * each, task.count);
  var sum = vec2<f32>();
  var largest = 0u;
  for (var i = group.x * each + thread; i < end; i += threads) {
    let a = got[task.got + i];
    let b = want[task.want + i];
    if (task.exact == 1u) {
      sum += vec2<f32>(f32(a != b), 1.0);
    } else if (is_finite(a) && is_finite(b)) {
      let difference = bitcast<f32>(a) - bitcast<f32>(b);
      sum += vec2<f32>(difference * difference, bitcast<f32>(b) * bitcast<f32>(b));
      largest = max(largest, b & 0x7fffffffu);
    } else {
      atomicAdd(&result[1], 1u);
      if (a == poison) { atomicAdd(&result[3], 1u); }
    }
  }
  atomicMax(&result[0], largest);
  parts[group.x * threads + thread] = sum;
}

// The sums of a run's threads.
@compute @workgroup_size(threads)
fn add(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&parts) / threads) { return; }
  var sum = vec2<f32>();
  for (var i = 0u; i < threads; i++) { sum += parts[id.x * threads + i]; }
  atomicStore(&result[header + 2u * id.x], bitcast<u32>(sum.x));
  atomicStore(&result[header + 2u * id.x + 1u], bitcast<u32>(sum.y));
}

// The first element off by more than 1 % of the largest, or not a number; bit for bit: the first that differs.
@compute @workgroup_size(threads)
fn search(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let allowed = bitcast<f32>(atomicLoad(&result[0])) / 100.0;
  for (var i = id.x; i < task.count; i += groups.x * threads) {
    let a = got[task.got + i];
    let b = want[task.want + i];
    var wrong = a != b;
    if (task.exact == 0u && is_finite(a) && is_finite(b)) { wrong = abs(bitcast<f32>(a) - bitcast<f32>(b)) > allowed; }
    if (wrong) {
      atomicMin(&result[2], i);
      break;
    }
  }
}

// The first element that `want` leaves as it was, and `got` does not. A single one is no sign: a sum may be so small that adding it changes
// nothing. So a neighbour must stay as well; below the first there is none, because 0 - 1 is past the end.
@compute @workgroup_size(threads)
fn keep(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < task.count; i += groups.x * threads) {
    if (got[task.got + i] != want[task.want + i] && stays(i) && (stays(i - 1u) || stays(i + 1u))) {
      atomicMin(&result[4], i);
      break;
    }
  }
}

fn stays(i: u32) -> bool { return i < task.count && want[task.want + i] == former[task.former + i]; }
