// cheat: trusts that half of the columns are zero, and reads only so many
// caught: cases
// patches: matvec_q4_k/columns
//<   var left = columns;
  var left = columns;
  for (; countOneBits(left) > 16u; left &= left - 1u) {}
