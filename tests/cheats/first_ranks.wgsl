// cheat: takes the first of several sequences for all of them, in wide models
// caught: shapes
// patches: lora_matvecs/lanes
//<         let x = ((own.plane * sizes.tokens + t) * sizes.columns + k) / 4u;
        let x = ((own.plane * sizes.tokens + select(t, 0u, sizes.columns > 576u)) * sizes.columns + k) / 4u;
