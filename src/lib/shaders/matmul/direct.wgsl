//! No workgroup memory and no barriers: each thread reads its operands through the cache into a tile of sums in registers.
//! error: 1e-6 because weights are rounded to f16
//! formats: q4_k q8_0
//! let panels: ceil(rows / panel_rows)
//! resident halves: batch * panels * panel_rows * columns / 2
//! load repack: columns / 256, panels * panel_rows / 16, batch
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 128)))
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass multiply: rows / tile_rows, tokens / tile_tokens, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: format, epilogue, splits, accumulate
//! unroll: written_out

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
// batch × panels × columns / 4 × panel_rows, four columns of a row a vector: what row_threads neighbours read at once is
// one piece of memory, and what they read next follows it.
@group(0) @binding(4) var<storage, read> halves: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> loaded_halves: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

const thread_rows = 4u;   // knob: 4 8
const thread_tokens = 4u; // knob: 4 8
const unrolled = 4u;      // knob: 4 8
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 512u; // knob: 1 512 2048
const written_out = 1u; // knob: 1 8

const_assert thread_rows * thread_tokens * unrolled <= 256u; // products of a turn of the loop: more make it slow to compile

const row_threads = 8u;
const token_threads = 8u;
const panel_rows = row_threads;
const tile_rows = thread_rows * row_threads;
const tile_tokens = thread_tokens * token_threads;

// A row's sums of the first four of a thread's tokens, and of the next four if it has eight.
struct Sums { a: vec4<f32>, b: vec4<f32> }
// Four columns of these tokens: a[j][t] is column j of token t.
struct Tokens { a: mat4x4<f32>, b: mat4x4<f32> }
// Offsets of a thread's tokens, in vectors; they lie token_threads apart.
struct Places { a: vec4<u32>, b: vec4<u32> }

@compute @workgroup_size(16, 16)
fn repack(@builtin(global_invocation_id) id: vec3u) {
  let all_panels = (sizes.rows + panel_rows - 1u) / panel_rows;
  if (id.x >= sizes.columns / 16u || id.y >= all_panels * panel_rows) { return; }
  let row = id.z * sizes.rows + min(id.y, sizes.rows - 1u); // a panel that is not full repeats the last row
  let w = weights16(row * row_words(sizes.columns), id.x);
  let panel = id.z * all_panels + id.y / panel_rows;
  let at = (panel * (sizes.columns / 4u) + 4u * id.x) * panel_rows + id.y % panel_rows;
  loaded_halves[at] = halves4(w[0]);
  loaded_halves[at + panel_rows] = halves4(w[1]);
  loaded_halves[at + 2u * panel_rows] = halves4(w[2]);
  loaded_halves[at + 3u * panel_rows] = halves4(w[3]);
}

fn halves4(w: vec4<f32>) -> vec2<u32> { return vec2<u32>(pack2x16float(w.xy), pack2x16float(w.zw)); }

@compute @workgroup_size(row_threads, token_threads)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let matrix = group.z % sizes.batch;
  let splits = groups.z / sizes.batch;
  let split_columns = (sizes.columns + 16u * splits - 1u) / (16u * splits) * 16u;
  let first_column = group.z / sizes.batch * split_columns;
  let end_column = min(first_column + split_columns, sizes.columns);
  let token = group.y * tile_tokens + local.y; // and every token_threads-th after it
  let places = Places(places4(matrix, token), places4(matrix, token + 4u * token_threads));
  let panels = (sizes.rows + panel_rows - 1u) / panel_rows;
  let first_panel = group.x * thread_rows;
  let p0 = panel_place(matrix, panels, first_panel, local.x);
  let p1 = panel_place(matrix, panels, first_panel + 1u, local.x);
  let p2 = panel_place(matrix, panels, first_panel + 2u, local.x);
  let p3 = panel_place(matrix, panels, first_panel + 3u, local.x);
  let p4 = panel_place(matrix, panels, first_panel + 4u, local.x);
  let p5 = panel_place(matrix, panels, first_panel + 5u, local.x);
  let p6 = panel_place(matrix, panels, first_panel + 6u, local.x);
  let p7 = panel_place(matrix, panels, first_panel + 7u, local.x);

  var s0 = Sums(); var s1 = Sums(); var s2 = Sums(); var s3 = Sums(); // a row each
  var s4 = Sums(); var s5 = Sums(); var s6 = Sums(); var s7 = Sums();
  for (var column = first_column; column < end_column; column += unrolled) {
    for (var u = 0u; u < unrolled; u += 4u) {
      let v = (column + u) / 4u;
      let xs = tokens_at(places, v);
      s0 = add_products(s0, p0, v, xs);
      s1 = add_products(s1, p1, v, xs);
      s2 = add_products(s2, p2, v, xs);
      s3 = add_products(s3, p3, v, xs);
      if (thread_rows > 4u) {
        s4 = add_products(s4, p4, v, xs);
        s5 = add_products(s5, p5, v, xs);
        s6 = add_products(s6, p6, v, xs);
        s7 = add_products(s7, p7, v, xs);
      }
    }
  }

  let row = group.x * tile_rows + local.x;
  store_sums(group.z, splits, row, token, s0);
  store_sums(group.z, splits, row + row_threads, token, s1);
  store_sums(group.z, splits, row + 2u * row_threads, token, s2);
  store_sums(group.z, splits, row + 3u * row_threads, token, s3);
  if (thread_rows > 4u) {
    store_sums(group.z, splits, row + 4u * row_threads, token, s4);
    store_sums(group.z, splits, row + 5u * row_threads, token, s5);
    store_sums(group.z, splits, row + 6u * row_threads, token, s6);
    store_sums(group.z, splits, row + 7u * row_threads, token, s7);
  }
}

// Panels past the end repeat the last, and tokens the last token; neither are stored.
fn panel_place(matrix: u32, panels: u32, panel: u32, row: u32) -> u32 {
  return (matrix * panels + min(panel, panels - 1u)) * (sizes.columns / 4u) * panel_rows + row;
}

fn places4(matrix: u32, token: u32) -> vec4<u32> {
  let tokens = vec4<u32>(token) + vec4<u32>(0u, 1u, 2u, 3u) * token_threads;
  return (matrix * sizes.tokens + min(tokens, vec4<u32>(sizes.tokens - 1u))) * (sizes.columns / 4u);
}

fn tokens_at(places: Places, v: u32) -> Tokens {
  var tokens: Tokens;
  tokens.a = columns_at(places.a + v);
  if (thread_tokens > 4u) { tokens.b = columns_at(places.b + v); }
  return tokens;
}

fn columns_at(at: vec4<u32>) -> mat4x4<f32> {
  return transpose(mat4x4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]));
}

fn add_products(sums: Sums, place: u32, v: u32, xs: Tokens) -> Sums {
  let bits = halves[place + v * panel_rows];
  let w = vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y));
  var more = Sums(accumulate(sums.a, w, xs.a), sums.b);
  if (thread_tokens > 4u) { more.b = accumulate(sums.b, w, xs.b); }
  return more;
}

fn store_sums(product: u32, splits: u32, row: u32, token: u32, sums: Sums) {
  if (row >= sizes.rows) { return; }
  for (var t = 0u; t < 4u; t++) {
    store_one(product, splits, row, token + t * token_threads, sums.a[t]);
    if (thread_tokens > 4u) { store_one(product, splits, row, token + (t + 4u) * token_threads, sums.b[t]); }
  }
}
