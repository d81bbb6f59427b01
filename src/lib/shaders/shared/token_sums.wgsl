// The end of a product of up to eight tokens, as in token_parts.wgsl, where a thread has its parts of the sums in registers.
//! use: token_parts
alias TokenSums = array<vec4<f32>, most_tokens>;

fn finish_tokens(sums: TokenSums, group: vec3u, thread: u32) {
  for (var t = 0u; t < most_tokens; t++) {
    if (t < sizes.tokens) { partial_sums[t * threads + thread % lanes * teams + thread / lanes] = sums[t]; }
  }
  finish_parts(group, thread);
}
