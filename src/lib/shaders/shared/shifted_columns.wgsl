// Layer norm and token shift of one token, for variants that multiply the result: every workgroup repeats them, which takes less time
// than waiting for a dispatch that does. `vectors` holds planes of `columns` numbers: scale and bias of the norm, then the lerps.

// Four columns: x, and the factor and the offset that make of the normalised x what one lerp mixes with the token before.
struct Four { x: vec4<f32>, factor: vec4<f32>, offset: vec4<f32> }
// A thread has every `threads`-th four of the first columns, or of as many further on.
const most_fours = own_fours * threads;
alias Fours = array<Four, own_fours>;
// What threads exchange: parts of the norm, then shifted columns, or parts of sums.
var<workgroup> exchanged: array<vec4<f32>, most_fours>;

// Those from the four `first` on; past the end of x the last one again.
fn fetch_fours(first: u32, lerp: u32, thread: u32) -> Fours {
  var fours: Fours;
  let last = sizes.columns / 4u - 1u;
  for (var i = 0u; i < own_fours; i++) { fours[i] = fetch_four(min(first + i * threads + thread, last), lerp); }
  return fours;
}

// norm + (before − norm) · lerp, with norm = normalised · scale + bias
fn fetch_four(c: u32, lerp: u32) -> Four {
  let plane = sizes.columns / 4u;
  let scale = vectors[c];
  let bias = vectors[plane + c];
  let share = vectors[(2u + lerp) * plane + c];
  return Four(x[c], scale - scale * share, bias + (previous[c] - bias) * share);
}

fn shifted(four: Four, norm: vec2<f32>) -> vec4<f32> { return (four.x - norm.x) * norm.y * four.factor + four.offset; }

// Mean of x and the inverse of its deviation. Two barriers: threads hand in mean and squares of their own columns, sixteen threads
// join a sixteenth each, and all join those. Large numbers do not cancel out.
var<workgroup> sixteenths: array<vec3<f32>, 16>; // how many numbers, their mean, sum of squares about it

fn norm_of(fours: Fours, thread: u32) -> vec2<f32> {
  exchanged[thread] = vec4<f32>(own_part(fours, thread), 0.0);
  workgroupBarrier();
  if (thread < 16u) { sixteenths[thread] = sixteenth(thread); }
  workgroupBarrier();
  let columns = f32(sizes.columns);
  var mean = 0.0;
  for (var i = 0u; i < 16u; i++) { mean += sixteenths[i].x * sixteenths[i].y / columns; }
  var squares = 0.0;
  for (var i = 0u; i < 16u; i++) { squares += moved(sixteenths[i], mean); }
  return vec2<f32>(mean, inverseSqrt(squares / columns + 1.0 / f32(sizes.inverse_epsilon)));
}

// Squares about another mean than their own.
fn moved(part: vec3<f32>, mean: f32) -> f32 { return part.z + part.x * (part.y - mean) * (part.y - mean); }

fn own_part(fours: Fours, thread: u32) -> vec3<f32> {
  let end = sizes.columns / 4u;
  var count = 0.0;
  var sum = vec4<f32>();
  for (var i = 0u; i < own_fours; i++) {
    if (i * threads + thread < end) { sum += fours[i].x; count += 4.0; }
  }
  for (var c = most_fours + thread; c < end; c += threads) { sum += x[c]; count += 4.0; }
  let mean = dot(sum, vec4<f32>(1.0)) / max(count, 1.0);
  var squares = vec4<f32>();
  for (var i = 0u; i < own_fours; i++) {
    if (i * threads + thread < end) { squares += (fours[i].x - mean) * (fours[i].x - mean); }
  }
  for (var c = most_fours + thread; c < end; c += threads) { squares += (x[c] - mean) * (x[c] - mean); }
  return vec3<f32>(count, mean, dot(squares, vec4<f32>(1.0)));
}

// Joins every sixteenth thread's part from `first` on.
fn sixteenth(first: u32) -> vec3<f32> {
  var count = 0.0;
  var sum = 0.0;
  for (var i = 0u; i < threads / 16u; i++) {
    let part = exchanged[16u * i + first];
    count += part.x;
    sum += part.x * part.y;
  }
  let mean = sum / max(count, 1.0);
  var squares = 0.0;
  for (var i = 0u; i < threads / 16u; i++) { squares += moved(exchanged[16u * i + first].xyz, mean); }
  return vec3<f32>(count, mean, squares);
}

// Keeps the normalised columns for the next token; one workgroup does it.
fn keep_last(norm: vec2<f32>, thread: u32) {
  let plane = sizes.columns / 4u;
  for (var c = thread; c < plane; c += threads) { last[c] = (x[c] - norm.x) * norm.y * vectors[c] + vectors[plane + c]; }
}
