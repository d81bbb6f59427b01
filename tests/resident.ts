// Test fixture: the text of a variant that keeps a matrix in its own layout.

export const RESIDENT = `//! Adds twice the weights to what is there.
//! resident twice: rows
//! load double: rows / 64
//! pass gather: rows / 64

struct Sizes { rows: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> twice: array<f32>;
@group(0) @binding(2) var<storage, read_write> loaded_twice: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn double(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < sizes.rows) { loaded_twice[id.x] = 2.0 * weight[id.x]; }
}

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < sizes.rows) { out[id.x] += twice[id.x]; }
}
`;
