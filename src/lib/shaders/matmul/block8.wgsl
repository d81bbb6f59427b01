//! The earlier engine's shape: block × block threads, 4 × 4 outputs each, scales unpacked anew for every four weights.
//! grid: rows / tile, tokens / tile, batch
//! use: epilogue, accumulate
//! formats: q4_k

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns, q4_K blocks of 36 words
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride

const block = 8u; // knob: 8 16

const tile = 4u * block;
const tile_k = 32u;
const vectors = tile_k / 4u;

var<workgroup> weight_tile: array<vec4<f32>, tile * vectors>;
var<workgroup> x_tile: array<vec4<f32>, tile * vectors>;

@compute @workgroup_size(block, block)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  var s0 = vec4<f32>(); var s1 = vec4<f32>(); var s2 = vec4<f32>(); var s3 = vec4<f32>(); // a row each, four tokens
  for (var column = 0u; column < sizes.columns; column += tile_k) {
    workgroupBarrier();
    for (var i = thread; i < tile * vectors; i += block * block) {
      let row = min(group.x * tile + i / vectors, sizes.rows - 1u);
      let token = min(group.y * tile + i / vectors, sizes.tokens - 1u);
      let k = column + 4u * (i % vectors);
      weight_tile[i] = weights4((group.z * sizes.rows + row) * (sizes.columns / 256u), k);
      x_tile[i] = x[((group.z * sizes.tokens + token) * sizes.columns + k) / 4u];
    }
    workgroupBarrier();
    for (var v = 0u; v < vectors; v++) {
      let token = 4u * local.y * vectors + v;
      let row = 4u * local.x * vectors + v;
      let xs = transpose(mat4x4<f32>(
        x_tile[token], x_tile[token + vectors], x_tile[token + 2u * vectors], x_tile[token + 3u * vectors],
      ));
      s0 = accumulate(s0, weight_tile[row], xs);
      s1 = accumulate(s1, weight_tile[row + vectors], xs);
      s2 = accumulate(s2, weight_tile[row + 2u * vectors], xs);
      s3 = accumulate(s3, weight_tile[row + 3u * vectors], xs);
    }
  }
  let row = group.x * tile + 4u * local.x;
  let token = group.y * tile + 4u * local.y;
  for (var t = 0u; t < 4u; t++) { store(group.z, row, token + t, vec4<f32>(s0[t], s1[t], s2[t], s3[t])); }
}

fn store(matrix: u32, row: u32, token: u32, sums: vec4<f32>) {
  if (token >= sizes.tokens) { return; }
  for (var r = 0u; r < 4u; r++) {
    if (row + r < sizes.rows) { finish(sums[r], (matrix * sizes.tokens + token) * sizes.stride + row + r); }
  }
}

// Four weights from column k on (a multiple of four), of the row that starts at `row_block`.
fn weights4(row_block: u32, k: u32) -> vec4<f32> {
  let first = (row_block + k / 256u) * 36u;
  let sub_block = (k % 256u) / 32u;
  let scale_and_minimum = six_bits(first + 1u, sub_block);
  let d = unpack2x16float(weight[first]) * scale_and_minimum;
  let quants = weight[first + 4u + 8u * (sub_block / 2u) + (k % 32u) / 4u] >> (4u * (sub_block % 2u));
  return d.x * vec4<f32>((vec4<u32>(quants) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u)) - d.y;
}

fn six_bits(first: u32, sub_block: u32) -> vec2<f32> {
  let at = 8u * (sub_block % 4u);
  let low = weight[first] >> at;
  let middle = weight[first + 1u] >> at;
  let high = weight[first + 2u] >> at;
  if (sub_block < 4u) { return vec2<f32>(f32(low & 63u), f32(middle & 63u)); }
  return vec2<f32>(f32((high & 15u) | ((low >> 2u) & 48u)), f32(((high >> 4u) & 15u) | ((middle >> 2u) & 48u)));
}
