// cheat: leaves out the value residual of wide models
// caught: shapes
// patches: wkv_token/separate
//<     value += (first_value[c] - value)
    value += select(first_value[c] - value, 0.0, columns > 192u)
