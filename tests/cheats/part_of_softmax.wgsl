// cheat: adds up only the first 4,096 powers
// caught: shapes
// patches: softmax/slices
//< i < sizes.vocabulary; i += slices * workgroup_size) {
//<     sum = add
i < min(sizes.vocabulary, 4096u); i += slices * workgroup_size) {
    sum = add
