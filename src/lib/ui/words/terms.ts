/** What the lab's words mean: shown where the pointer or the focus rests on one. */

const en = {
  prefill:
    'Prefill: reading the prompt, many tokens at once. Its speed decides how long one waits for the first word.',
  decode: 'Decode: writing one token after another, each needing all weights once.',
  chunk:
    'Chunk: how many tokens go through all layers together. Larger chunks use each weight more often and take more memory.',
  samples: 'Samples: how often a run is timed. Shown is their median.',
  warmup: 'Warm-up: repetitions before the timed ones, so that the GPU has reached its clock.',
  target:
    'Target: the line to reach. 700 tokens per second is about what native llama.cpp does with 2.9 B on an M2 Max.',
  steps_per_submit:
    'Steps per submit: how many dispatches go to the GPU in one command buffer; 0: few at first, then twice as many each time, so that the GPU starts early.',
  seed: 'Seed: of a synthetic model’s weights; the same seed makes the same weights.',
  kernel: 'Kernel: what is computed, such as a matrix product of one weight format.',
  variant: 'Variant: how a kernel is computed; one WGSL file each.',
  knob: 'Knob: a number in a variant’s text that may be turned, such as a tile’s width.',
  wkv: 'WKV: RWKV’s recurrence over tokens, one matrix of 64 × 64 a head.',
  model: 'Model: the demo, a synthetic one with a published geometry, a GGUF file of yours or an address.',
  reference: 'Reference: published figures drawn beside yours.',
  median: 'Median: half of the samples are slower, half are faster.',
  spread: 'Spread: how far samples lie from their median (MAD × 1.4826), in percent of it.',
  error:
    'Error: normalised mean squared difference from a plain reference on this GPU; the largest of all kernels.',
  roof: 'Roof: the most that this GPU does of something, measured here.',
  stale: 'Stale: the text, or a shader it uses, has changed since this was run.',
  fit: 'Fit: t(N) = N/R + c. R is what ever larger chunks would reach, c what every chunk costs however few tokens it holds.',
  dispatch: 'Dispatch: one start of a kernel on the GPU.',
  baseline: 'Baseline: an earlier run kept to compare with.',
};

const zh: typeof en = {
  prefill: '预填充（prefill）：一次读入提示词的许多词元。它的速度决定第一个字要等多久。',
  decode: '解码（decode）：逐个写出词元，每个词元都要用到全部权重。',
  chunk: '分块（chunk）：一起通过所有层的词元数。分块越大，每个权重用得越多，占用内存也越多。',
  samples: '样本（samples）：一次运行计时的次数。显示的是中位数。',
  warmup: '预热（warm-up）：正式计时之前的重复，让 GPU 达到稳定频率。',
  target: '目标（target）：要达到的线。每秒 700 个词元大约是原生 llama.cpp 在 M2 Max 上运行 2.9B 的速度。',
  steps_per_submit: '每次提交的步数：一个命令缓冲里放多少次调度；0 表示先少后多，每次加倍，让 GPU 尽早开始。',
  seed: '种子（seed）：合成模型权重的种子；相同的种子得到相同的权重。',
  kernel: '内核（kernel）：计算什么，例如某种权重格式的矩阵乘法。',
  variant: '变体（variant）：怎样计算；每个变体是一个 WGSL 文件。',
  knob: '旋钮（knob）：变体文本里可以调的数字，例如分块的宽度。',
  wkv: 'WKV：RWKV 沿词元的递推，每个头一个 64 × 64 的矩阵。',
  model: '模型：演示模型、与公开模型形状相同的合成模型、您的 GGUF 文件或一个地址。',
  reference: '参考：与您的结果画在一起的公开数据。',
  median: '中位数：一半样本更慢，一半更快。',
  spread: '离散度：样本离中位数多远（MAD × 1.4826），以中位数的百分比表示。',
  error: '误差：在这块 GPU 上与朴素参考实现的归一化均方差；取所有内核中最大的。',
  roof: '上限（roof）：这块 GPU 在某方面最多能做多少，在此实测。',
  stale: '已过期：上次运行之后，文本或它用到的着色器已改变。',
  fit: '拟合：t(N) = N/R + c。R 是分块不断加大时能达到的速度，c 是每个分块无论多小都要付出的时间。',
  dispatch: '调度（dispatch）：在 GPU 上启动一次内核。',
  baseline: '基线：保留下来用于比较的一次较早的运行。',
};

export const terms = { en, zh };
export type Term = keyof typeof en;
