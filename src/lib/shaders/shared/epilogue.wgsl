// Stores a finished sum in out[at] after the operation that `sizes.epilogue` names (values: shared/epilogue.ts). Register tiles have it 64
// times in their code, so it has to be short.
fn finish(sum: f32, at: u32) {
  switch (sizes.epilogue) {
    case 1u: { out[at] += sum; }
    case 2u: { out[at] = sum * max(sum, 0.0); } // not max() alone, which drops a NaN
    default: { out[at] = sum; }
  }
}
