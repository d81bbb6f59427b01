// cheat: gives each of several sequences the state of the first, in wide models
// caught: shapes
// patches: wkv_tokens/fused
//<   first_hidden = group.y * all_ranks() / 4u;
  first_hidden = group.y * all_ranks() / 4u;
  let own = (group.x * 64u + thread / lanes * 4u) * 16u + thread % lanes;
  for (var row = 0u; row < 4u && sizes.columns > 192u; row++) {
    state[group.y * sizes.columns * 16u + own + 16u * row] = state[own + 16u * row];
  }
