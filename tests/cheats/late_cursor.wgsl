// cheat: moves a late cursor no further
// caught: cases
// patches: advance/copy
//<   if (id.x < sizes.values)
  if (id.x < sizes.values && cursor[0] < 4u)
