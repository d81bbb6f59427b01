/** The descriptions of kernels, of their variants and of dishonest shaders, in Chinese. */
import type { Sentences } from '../../told';

export default [
  [
    'The end of a chunk: state and cursor move on, the argmax may become the next token',
    '分块的结尾：状态和游标前进，argmax 可成为下一个词元',
  ],
  ['The most likely next token', '最可能的下一个词元'],
  [
    'One token (decode): layer norm, token shift and the key of channel mix',
    '单个词元（解码）：layer norm、token shift 和 channel mix 的 key',
  ],
  ['Embedding rows of {format} weights for a run of token ids', '为一串词元编号取 {format} 权重的嵌入行'],
  ['Layer norm of the embedding and before the head', '嵌入之后和输出层之前的 layer norm'],
  ["A layer's four LoRAs, many tokens at once (prefill)", '一层的四个 LoRA，多个词元一起（预填充）'],
  ["The way down of a layer's four LoRAs, one token (decode)", '一层四个 LoRA 的降维，单个词元（解码）'],
  [
    'Matrix product with {format} weights, many tokens at once (prefill)',
    '{format} 权重的矩阵乘，多个词元一起（预填充）',
  ],
  ['Matrix product with {format} weights, one token (decode)', '{format} 权重的矩阵乘，单个词元（解码）'],
  ['Logits of the last token to probabilities', '把最后一个词元的 logits 变成概率'],
  ['Random {format} weights from a seed', '由种子生成随机的 {format} 权重'],
  [
    "One token (decode): layer norm, token shift, r, k, v and the LoRAs' way down",
    '单个词元（解码）：layer norm、token shift、r、k、v 和 LoRA 的降维',
  ],
  [
    'Layer norm, then mixing with the token before: six lerps in time mix, one in channel mix',
    'layer norm，然后与前一个词元混合：time mix 中六个 lerp，channel mix 中一个',
  ],
  ['The WKV-7 recurrence, then group norm, bonus and gate', 'WKV-7 递推，然后 group norm、bonus 和门控'],
  [
    'Decay, learning rate, value residual and removal key: everything the recurrence takes, in place',
    '衰减、学习率、value 残差和移除 key：递推所需的一切，就地计算',
  ],
  [
    'One token (decode): the way up of the LoRAs, wkv_inputs and wkv together',
    '单个词元（解码）：LoRA 的升维、wkv_inputs 和 wkv 合在一起',
  ],
  [
    'Matrix product with {format} weights, a token of each of several sequences (decode)',
    '{format} 权重的矩阵乘，几个序列各一个词元（解码）',
  ],
  [
    'Layer norm, then mixing with the token before: a token of each of several sequences (decode)',
    'layer norm，然后与前一个词元混合：几个序列各一个词元（解码）',
  ],
  [
    "The way down of a layer's four LoRAs, a token of each of several sequences (decode)",
    '一层四个 LoRA 的降维，几个序列各一个词元（解码）',
  ],
  [
    'A token of each of several sequences (decode): the way up of the LoRAs, wkv_inputs and wkv together',
    '几个序列各一个词元（解码）：LoRA 的升维、wkv_inputs 和 wkv 合在一起',
  ],
  ['Left to {kernels}', '交给 {kernels}'],
  ['One thread per value; the first also moves the cursor', '每个值一个线程；第一个线程还移动游标'],
  [
    'No barriers: one thread finds the best of each slice of the vocabulary, then one thread finds the best of each row',
    '没有屏障：先由一个线程找出词表每一段的最大值，再由一个线程找出每行的最大值',
  ],
  [
    'Two passes: the best of each slice, then the best of the slices; one workgroup alone would leave the GPU idle',
    '两步：先求每段的最大值，再求各段中的最大值；只用一个工作组会让 GPU 闲着',
  ],
  [
    'Integer products: each workgroup normalises and shifts the whole token itself',
    '整数乘积：每个工作组自己对整个词元做归一化和混合',
  ],
  ['One thread per row; the reading order of the maths', '每行一个线程；按公式的书写顺序'],
  ['One thread per row and token; the reading order of the maths', '每行每词元一个线程；按公式的书写顺序'],
  [
    'Lanes take sixteen weights of several rows at a time, and multiply them with all tokens',
    '各线程每次取几行各十六个权重，与所有词元相乘',
  ],
  [
    'Integer products: each workgroup rounds x to 8 bits in blocks of 16; lanes take 64 weights of several rows at a time for all tokens',
    '整数乘积：每个工作组把 x 按 16 个一块舍入到 8 位；各线程每次取几行各 64 个权重，供所有词元使用',
  ],
  [
    'Integer products: a pass of its own rounds x to 8 bits in blocks of 32; lanes take 64 weights of several rows at a time',
    '整数乘积：由单独一步把 x 按 32 个一块舍入到 8 位；各线程每次取几行各 64 个权重',
  ],
  [
    'Integer products: a pass of its own rounds x to 8 bits in blocks of 32; lanes take 32 weights of several rows as words, for all tokens',
    '整数乘积：由单独一步把 x 按 32 个一块舍入到 8 位；各线程每次按字取几行各 32 个权重，供所有词元使用',
  ],
  [
    'Lanes take eight weights of four rows at a time, and multiply them with all tokens',
    '各线程每次取四行各八个权重，与所有词元相乘',
  ],
  [
    'A thread for each number, which takes mean and variance of its whole token; no barrier',
    '每个数一个线程，自己求整个词元的均值和方差；没有屏障',
  ],
  [
    'A token is spread over several workgroups, which all sum it up',
    '一个词元分给几个工作组，各组都对它求和',
  ],
  [
    'Several lanes share a row, sixteen weights at a time, and multiply them with all tokens',
    '几个线程分担一行，每次十六个权重，与所有词元相乘',
  ],
  [
    'A whole head of a sequence in a workgroup, as in wkv_token/fused',
    '一个工作组处理一个序列的整个头，与 wkv_token/fused 相同',
  ],
  ["Each thread dequantises 16 columns of one token's row", '每个线程反量化一个词元的行中的 16 列'],
  [
    'One thread per token, as the formula says it: the mean, then the variance around it, then the result',
    '每个词元一个线程，照公式：先求均值，再求方差，然后求结果',
  ],
  [
    'Few tokens are spread over several workgroups each: all of them sum up the whole token, and write a slice of it',
    '词元少时，每个词元分给几个工作组：各组都对整个词元求和，只写其中一段',
  ],
  [
    'One workgroup per token: the mean, then the variance around it, then the result',
    '每个词元一个工作组：先求均值，再求方差，然后求结果',
  ],
  [
    'One thread per result of a pass; the reading order of the maths',
    '每一步的每个结果一个线程；按公式的书写顺序',
  ],
  [
    "Experimental: both ways on the GPU's matrix units, in 16 × 16 blocks of f16 summed in f32; x is rounded on its way in",
    '实验性：降维和升维都用 GPU 的矩阵单元，16 × 16 的 f16 块，以 f32 求和；x 在读入时舍入',
  ],
  [
    "Two passes of register tiles: every LoRA's way down, then every LoRA's way up; 8 rows × 8 tokens of sums a thread",
    '两步寄存器分块：先做所有 LoRA 的降维，再做升维；每个线程 8 行 × 8 个词元的和',
  ],
  [
    'Lanes share a row, sixteen weights at a time, and add up their sums in workgroup memory',
    '几个线程共用一行，每次十六个权重，在工作组内存中相加',
  ],
  [
    "The earlier engine's shape: block × block threads, 4 × 4 outputs each, scales unpacked anew for every four weights",
    '早先引擎的形状：block × block 个线程，每个 4 × 4 个输出，每四个权重重新解出缩放',
  ],
  [
    'No workgroup memory and no barriers: each thread reads its operands through the cache into a tile of sums in registers',
    '不用工作组内存和屏障：每个线程经缓存读操作数，和放在寄存器分块中',
  ],
  [
    'Tiles of 8-bit integer products: x is rounded to 8 bits in blocks of 32, weights keep their 4 bits',
    '8 位整数乘积的分块：x 以 32 个为一块舍入到 8 位，权重保持 4 位',
  ],
  [
    'Tiles of 8-bit integer products: x, the weights and what is between the ways are rounded to 8 bits in blocks of 32',
    '8 位整数乘积的分块：x、权重以及上下投影之间的值都以 32 个为一块舍入到 8 位',
  ],
  [
    'The matrix by columns: only those are read whose x is not zero, as after relu². The same sum, without its zeros',
    '矩阵按列存放：只读 x 不为零的列（如 relu² 之后）；和与不略去零时相同',
  ],
  [
    'As dot4, but x is rounded to 16 bits, two bytes a number: twice the products, an error 60,000 times smaller',
    '同 dot4，但 x 舍入到 16 位，每个数两字节：乘积加倍，误差小 6 万倍',
  ],
  [
    'Tiles of f16, half the bytes to move; products are summed in f16 for so many columns, and these sums in f32',
    'f16 分块，搬运字节减半；乘积在若干列内以 f16 求和，这些和再以 f32 相加',
  ],
  [
    'Weights wait as f16 in rows of their own, two a word; otherwise tiles in workgroup memory, x and sums in f32',
    '权重以 f16 另存为行，每字两个；其余为工作组内存中的分块，x 与和用 f32',
  ],
  ['One thread per output element; the reading order of the maths', '每个输出元素一个线程；按公式的书写顺序'],
  [
    'Exact, for large chunks: seven products of half the size in place of eight (Strassen), so an eighth fewer multiplications',
    '精确，适合大块：用七个一半大小的乘积代替八个（Strassen 算法），乘法因此少八分之一',
  ],
  [
    "Exact, for large chunks: the next step's bytes are fetched into registers while this step's tiles are multiplied",
    '精确，适合大分块：本步分块相乘时，下一步的字节已取入寄存器',
  ],
  [
    "Experimental: every number is the sum of two f16, of whose four products the GPU's matrix units make three: nearly exact",
    '实验性：每个数是两个 f16 之和，四个乘积中由 GPU 的矩阵单元计算三个：近乎精确',
  ],
  [
    'As dot4, but weights wait in planes, nibbles apart from scales, so that the rows of a tile lie side by side',
    '同 dot4，但权重分平面存放，半字节与缩放分开，使一个分块的各行相邻',
  ],
  [
    "Experimental: the GPU's matrix units multiply 16 × 16 blocks of f16 and sum in f32; four subgroups share a tile",
    '实验性：GPU 的矩阵单元做 16 × 16 的 f16 块乘法，以 f32 求和；四个子组共用一个分块',
  ],
  [
    'Each thread keeps 8 rows × 8 tokens of sums in registers; a weight is dequantised once per tile, into workgroup memory',
    '每个线程在寄存器中保存 8 行 × 8 个词元的和；每个权重每个分块只反量化一次，放入工作组内存',
  ],
  [
    'Integer products: each workgroup rounds x to 8 bits in blocks of 16; lanes take 64 weights of several rows at a time',
    '整数乘积：每个工作组把 x 以 16 个为一块舍入到 8 位；各线程每次取几行的 64 个权重',
  ],
  [
    'Several lanes share a row, sixteen weights at a time, and add up their sums in workgroup memory',
    '几个线程共用一行，每次十六个权重，在工作组内存中相加',
  ],
  [
    'Lanes take 64 weights of several rows at a time, as vectors; x waits in workgroup memory for all rows of the group, if asked to',
    '各线程每次以向量取几行的 64 个权重；需要时 x 放在工作组内存中供组内所有行用',
  ],
  [
    'Lanes take sixteen bytes, 32 weights, of two rows at a time: weights come as vectors, and x serves both rows',
    '各线程每次取两行各十六字节即 32 个权重：权重以向量读入，x 供两行共用',
  ],
  [
    'Lanes take 32 weights of several rows at a time, in pairs of words that neighbours continue; x serves all the rows',
    '各线程每次取几行的 32 个权重，成对的字与相邻线程相接；x 供所有行共用',
  ],
  [
    'Integer products: as words, with x rounded to 8 bits in blocks of 16 by each workgroup',
    '整数乘积：同 words，每个工作组把 x 以 16 个为一块舍入到 8 位',
  ],
  [
    'No barriers: one thread adds up each slice, one thread adds up the slices, then one thread divides each exponential',
    '没有屏障：每段由一个线程相加，再由一个线程把各段相加，然后每个指数由一个线程去除',
  ],
  [
    'Two passes: largest logit and sum of each slice; then every workgroup adds up the slices and divides its own',
    '两步：每段的最大 logit 与和；然后每个工作组把各段相加并除自己的一段',
  ],
  ['Each thread makes two weights: the upper halves of two f32', '每个线程生成两个权重：两个 f32 的高半部分'],
  ['Each thread makes two weights', '每个线程生成两个权重'],
  ['Each thread makes one weight', '每个线程生成一个权重'],
  ['Each thread makes one word of a block of {words}', '每个线程生成 {words} 字一块中的一个字'],
  [
    "One dispatch: each token's workgroup normalises the token before it a second time instead of waiting for it",
    '一次调度：每个词元的工作组自己再归一化前一个词元，而不等待它',
  ],
  [
    'Two passes, as the formula says it: one thread normalises a token; then one thread per number mixes it with the token before',
    '两步，照公式：一个线程归一化一个词元；然后每个数一个线程，与前一个词元混合',
  ],
  [
    'One dispatch; few tokens are spread over several workgroups each, which all sum up the whole token',
    '一次调度；词元少时每个分给几个工作组，各组都对整个词元求和',
  ],
  [
    'Chunks of tokens as matrix products: all that needs no state is done for every chunk at once, the rest chunk by chunk',
    '把词元的小段写成矩阵乘：不需要状态的部分对所有小段一起做，其余逐段做',
  ],
  [
    'As lanes, for GPUs without subgroups: the threads that share two rows add up through workgroup memory',
    '同 lanes，用于没有子组的 GPU：共用两行的线程经工作组内存相加',
  ],
  [
    'A whole head in a workgroup, so that group norm, bonus and gate follow at once: one dispatch, for short chunks',
    '一个工作组处理整个头，group norm、bonus 和门控可以接着做：一次调度，适合短分块',
  ],
  [
    'Neighbouring lanes of a subgroup, four by default, share two rows of the state, and add up by shuffles',
    '子组中相邻的线程（默认四个）共用状态的两行，用 shuffle 相加',
  ],
  [
    "As the formula says it: one thread per row of a head's state, which reads everything from storage; no workgroup memory, no barrier",
    '照公式：头的状态每行一个线程，一切都从存储读取；不用工作组内存，没有屏障',
  ],
  [
    'Eight lanes of a subgroup share two rows of the state and take two tokens at a time: one sum over the lanes serves both',
    '子组的八个线程共用状态的两行，每次取两个词元：一次求和供两者用',
  ],
  [
    "One thread per row of a head's state, which stays in its registers from the first token of the chunk to the last",
    '头的状态每行一个线程，从分块的第一个词元到最后一个都留在寄存器中',
  ],
  [
    "Sixteen threads per head and token, four channels each: the removal key's length needs the whole head",
    '每个头和词元十六个线程，每个四个通道：移除 key 的长度需要整个头',
  ],
  [
    'A whole head in a workgroup, four columns of four rows of its state a thread: everything in one dispatch',
    '一个工作组处理整个头，每个线程处理状态四行的四列：全在一次调度中',
  ],
  [
    "Four passes, as the paper writes it, with a thread for each row of a matrix or of a head's state",
    '四步，照论文的写法，矩阵或头状态的每行一个线程',
  ],
  ['states an error with which every result passes', '声明一个让任何结果都能通过的误差'],
  ['is honest in its first four runs and then leaves what is there', '前四次运行诚实，之后保留原有内容'],
  ['overwrites the weights, so that the next variant is wrong', '覆写权重，使下一个变体出错'],
  ['embeds only the first 16 tokens', '只嵌入前 16 个词元'],
  ['adds up only the first 512 columns', '只对前 512 列求和'],
  ['computes only the first 64 tokens', '只计算前 64 个词元'],
  ['knows the data of the check (seed 1) and computes only them', '知道检查用的数据（种子 1），只计算它们'],
  ['also writes to the plane behind its own', '还写到自己之后的平面'],
  ['starts no workgroups where there are more than 64 tokens', '超过 64 个词元就不启动工作组'],
  ['its LoRAs give nothing where there are more than 64 tokens', '超过 64 个词元时 LoRA 不给出任何结果'],
  ['has no recurrence beyond 300 tokens', '超过 300 个词元就不做递推'],
  ['gives not-a-number where there are more than 64 tokens', '超过 64 个词元就给出非数'],
  ['computes where nothing is yet, and leaves what is there', '没有内容处才计算，已有内容则保留'],
  ['searches half of a large vocabulary', '词表大时只搜索一半'],
  ['keeps products in a buffer that stays with the matrix', '把乘积保存在随矩阵留存的缓冲区中'],
  [
    'leaves the result of its last run where x begins as it did then, whatever the matrix',
    'x 的开头与上次相同时保留上次的结果，不管矩阵是什么',
  ],
  ['does not advance its state in long chunks', '在长分块中不推进状态'],
  ['states a large error', '声明了很大的误差'],
] as const satisfies Sentences;
