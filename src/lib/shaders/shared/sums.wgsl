// The sums of a thread of a register tile: eight rows, row_threads apart, each with four tokens (`a`) and four more (`b`).
struct Sums { a: vec4<f32>, b: vec4<f32> }

// Those of its i-th row. For a loop over the rows whose length only the run knows, `min(8u, sizes.…)`: written out for each of 64
// sums, the end of a product would be as much code as the rest, and short prompts wait for code that a GPU has yet to fetch.
fn nth(i: u32, s0: Sums, s1: Sums, s2: Sums, s3: Sums, s4: Sums, s5: Sums, s6: Sums, s7: Sums) -> Sums {
  switch (i) {
    case 0u: { return s0; }
    case 1u: { return s1; }
    case 2u: { return s2; }
    case 3u: { return s3; }
    case 4u: { return s4; }
    case 5u: { return s5; }
    case 6u: { return s6; }
    default: { return s7; }
  }
}
