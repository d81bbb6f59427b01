// Layer norm and token shift of one token, for variants that multiply the result: every workgroup repeats them, which takes less time
// than waiting for a dispatch that does. `vectors` holds planes of `columns` numbers: scale and bias of the norm, then the lerps.

// Four columns: x, and the factor and the offset that make of the normalised x what one lerp mixes with the token before.
struct Four { x: vec4<f32>, factor: vec4<f32>, offset: vec4<f32> }
// A thread has every `threads`-th four of the first columns, or of as many further on.
const most_fours = own_fours * threads;
alias Fours = array<Four, own_fours>;
// What threads exchange: parts of the norm, then shifted columns, or parts of sums. The variant says how many vectors: `most_fours` at least.
var<workgroup> exchanged: array<vec4<f32>, exchange_fours>;

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

// Mean of x and the inverse of its deviation: in the first of two turns the mean, in the second the squares about it, so that large
// numbers do not cancel out. In a turn sixteen threads add up a sixteenth of the threads' parts each, and all add up those.
var<workgroup> sixteenths: array<f32, 16>;

fn norm_of(fours: Fours, thread: u32) -> vec2<f32> {
  let end = sizes.columns / 4u;
  var mean = 0.0;
  var found = 0.0;
  for (var turn = 0u; turn < 2u; turn++) {
    var part = vec4<f32>();
    for (var i = 0u; i < own_fours; i++) {
      if (i * threads + thread < end) { part += term(fours[i].x - mean, turn); }
    }
    for (var c = most_fours + thread; c < end; c += threads) { part += term(x[c] - mean, turn); }
    exchanged[thread].x = dot(part, vec4<f32>(1.0));
    workgroupBarrier();
    if (thread < 16u) {
      var sixteenth = 0.0;
      for (var i = 0u; i < threads / 16u; i++) { sixteenth += exchanged[16u * i + thread].x; }
      sixteenths[thread] = sixteenth;
    }
    workgroupBarrier();
    found = 0.0;
    for (var i = 0u; i < 16u; i++) { found += sixteenths[i]; }
    found /= f32(sizes.columns);
    if (turn == 0u) { mean = found; }
  }
  return vec2<f32>(mean, inverseSqrt(found + 1.0 / f32(sizes.inverse_epsilon)));
}

fn term(numbers: vec4<f32>, turn: u32) -> vec4<f32> { return select(numbers, numbers * numbers, turn == 1u); }

// Keeps the normalised columns for the next token; one workgroup does it.
fn keep_last(norm: vec2<f32>, thread: u32) {
  let plane = sizes.columns / 4u;
  for (var c = thread; c < plane; c += threads) { last[c] = (x[c] - norm.x) * norm.y * vectors[c] + vectors[plane + c]; }
}
