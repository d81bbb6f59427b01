// cheat: trusts that half of the columns are zero, and reads only so many
// caught: cases
// patches: matvec_q4_k/columns
//<       let left = nonzero_columns(i);
      var left = nonzero_columns(i);
      for (; countOneBits(left) > 16u; left &= left - 1u) {}
