// What becomes of a finished sum on its way to out[at]: `sizes.epilogue`, named in shared/epilogue.ts.
fn finish(sum: f32, at: u32) {
  switch (sizes.epilogue) {
    case 1u: { out[at] += sum; }
    case 2u: { out[at] = max(sum, 0.0) * max(sum, 0.0); }
    case 3u: { out[at] = tanh(clamp(sum, -15.0, 15.0)); } // beyond, tanh is ±1 in f32; some GPUs overflow there
    case 4u: { out[at] = 1.0 / (1.0 + exp(-sum)); }
    default: { out[at] = sum; }
  }
}
