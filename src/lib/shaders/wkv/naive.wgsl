//! As the formula says it: one thread per row of a head's state, which reads everything from storage; no workgroup memory, no barrier.
//! pass recurrence: columns / rows
//! pass output: columns / 64, tokens / 4
//! use: wkv_output, layer_vectors, wkv_output_pass

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(5) var<storage, read_write> out: array<f32>;        // tokens × columns

const rows = 64u; // knob: 16 32 64

// s ← s·w + v·k + (s·a)·b and y = s·r, with s the row's 64 numbers as sixteen vectors, v one number.
@compute @workgroup_size(rows)
fn recurrence(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x; // of all heads' rows: also the channel of v and y
  var s: array<vec4<f32>, 16>;
  for (var n = 0u; n < 16u; n++) { s[n] = state[row * 16u + n]; }

  let plane = sizes.tokens * sizes.columns / 4u;
  for (var t = 0u; t < sizes.tokens; t++) {
    let at = (t * sizes.columns + row / 64u * 64u) / 4u; // the head's first vector in plane 0
    let v = inputs[2u * plane + at + row % 64u / 4u][row % 4u];
    var products = vec4<f32>();
    for (var n = 0u; n < 16u; n++) { products = fma(s[n], inputs[4u * plane + at + n], products); }
    let sa = (products.x + products.y) + (products.z + products.w);
    products = vec4<f32>();
    for (var n = 0u; n < 16u; n++) {
      let added = fma(vec4<f32>(v), inputs[plane + at + n], sa * inputs[5u * plane + at + n]);
      s[n] = fma(s[n], inputs[3u * plane + at + n], added);
      products = fma(s[n], inputs[at + n], products);
    }
    out[t * sizes.columns + row] = (products.x + products.y) + (products.z + products.w);
  }
  for (var n = 0u; n < 16u; n++) { state[row * 16u + n] = s[n]; }
}
