/** The sizes of an RWKV-7 model; they determine the shapes of all tensors. */
export interface Geometry {
  layers: number;
  /** Width of the residual stream, C. */
  embedding: number;
  heads: number;
  /** Always 64; models with other head sizes are rejected. */
  headSize: number;
  /** Width of the hidden layer of channel mix. */
  hidden: number;
  /** Tokens in the vocabulary: the rows of the embedding and of the head. */
  vocabulary: number;
  /** LoRA ranks; `value` is 0 in a model of one layer, which has no value residual. */
  ranks: { decay: number; learningRate: number; value: number; gate: number };
  /** Epsilon of the layer norms; the group norm always uses 64e-5. */
  normEpsilon: number;
}
