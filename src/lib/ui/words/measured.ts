/** How speeds are measured: terms and what they mean. Loaded when it is opened. */
export default [
  [
    'Tokens per second',
    'is the number of prompt tokens divided by the wall time from the first command sent to the GPU until the last token’s most likely successor has arrived back on the CPU. It is what llama-bench calls pp. A sample is one prefill of a new random prompt, or the mean of several in a row where one is too short: it lasts at least 10 ms and 100 ticks of the clock. The median of the samples is shown; the whiskers are its 95 % interval (with fewer than six samples: all of them), and the CSV has every sample.',
  ],
  [
    'Checked, then timed.',
    'Before a variant is timed, it runs on random data at every shape that the run will use, twice, and its results are compared on the GPU with those of its kernel’s plain variant, which in turn is compared with a reference in TypeScript. Arrays lie between guard words, inputs must stay unchanged, and not-a-number is found by its bits. After the timing, the same kernels read a prompt that they have not seen; their logits, state and decoded tokens must agree with those of the exact kernels in chunks of another length. A time below 0.95 of what the measured arithmetic and memory rates of this GPU allow is refused. What fails is shown as failed, without a speed. Nothing switches a check off, and each record says what was checked and with which seeds.',
  ],
  [
    'A comparison',
    'consists of blocks. In each block the settings are prepared anew, in random order and then in the reverse order; they share the steps in which they do not differ. After each preparation they are timed one to five times in the order A B B A or B A A B, as a coin decides. The value of the block is the logarithm of the ratio: the median of these quads, averaged over the two preparations. Until 16 blocks of identical settings are known on this machine, the first setting is also compared with itself. After 8, 12 and 16 blocks (24, 32, 48 and 64 with a larger budget) the exact signed-rank test gives an estimate and an interval. Faster or slower: the interval excludes 0, and the estimate exceeds 0.5 % and what identical settings were found to differ by. The same: the interval lies within ±1 %. Otherwise it is inconclusive. The levels of all looks together stay below 5 %, so fewer than 1 in 20 comparisons of equal settings names a winner.',
  ],
  [
    'Warnings',
    'say what may be wrong with a run. Drift and warming: the samples rise or fall steadily by more than 3 % (Kendall’s rank correlation, p < 0.01), or jump by more than 5 % (p ≤ 0.01). Six samples can show a steady change, ten a jump after two of them. Throttled: a fixed piece of arithmetic, timed before, amid and after the samples, changed by more than 3 %. Encode: the CPU needs more than half of a sample to encode it. Resumed: the time of day and the running clock disagree by more than a second.',
  ],
  [
    '700 tokens per second',
    'is 1.43 ms per token, or 731 ms for a prompt of 512. It is the target for RWKV-7 2.9B in Q4_K_M on an Apple M2 Max, where native llama.cpp reached 715 on a short prompt and the Rust and wgpu engine that this lab continues reached 488. That model needs 5.2 billion floating-point operations per prompt token, so the target means 3.7 TFLOPS. A smaller model exceeds it easily: compare like with like.',
  ],
  [
    'A chunk',
    'is the number of tokens that go through all layers together. Larger chunks reuse each weight more and take more memory; beyond some size they gain nothing.',
  ],
] as [term: string, text: string][];
