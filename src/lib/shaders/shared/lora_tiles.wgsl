// Which tile of which LoRA's product a workgroup computes, for variants of lora_matmul that take `tile_k` columns a step.

// One tile of a product: rows of weights `columns` long, from vector `first` on, times columns of x.
struct Product {
  lora: u32, up: bool, wide: bool, first: u32, rows: u32, columns: u32,
  first_row: u32, first_token: u32, first_column: u32, end_column: u32,
  x_first: u32, x_stride: u32,          // in numbers
  out_first: u32, out_stride: u32, split: u32, splits: u32,
}

// Down projection: workgroups along x are the tiles of all LoRAs, one after another; along z the splits of the columns.
fn down_product(group: vec3u, splits: u32, tile_height: u32, tile_width: u32) -> Product {
  var index = 0u;
  var tile = group.x;
  loop { // which LoRA's tile this is
    let tiles = (lora(index).rank + tile_height - 1u) / tile_height;
    if (tile < tiles || index == 3u) { break; }
    tile -= tiles;
    index++;
  }
  let own = lora(index);
  let split_columns = (sizes.columns + tile_k * splits - 1u) / (tile_k * splits) * tile_k;
  let first_column = group.z * split_columns;
  return Product(
    index, false, own.wide, own.first, own.rank, sizes.columns,
    tile * tile_height, group.y * tile_width, first_column, min(first_column + split_columns, sizes.columns),
    own.plane * sizes.tokens * sizes.columns, sizes.columns, own.before, all_ranks(), group.z, splits,
  );
}

// Up projection: workgroups along z are the LoRAs, the gate's first: its rank is the highest, and what takes longest should not be last.
fn up_product(group: vec3u, tile_height: u32, tile_width: u32) -> Product {
  let index = 3u - group.z;
  let own = lora(index);
  return Product(
    index, true, own.wide, way_vectors() + own.first, sizes.columns, own.rank,
    group.x * tile_height, group.y * tile_width, 0u, own.rank,
    own.before, all_ranks(), 0u, 0u, 0u, 1u,
  );
}
