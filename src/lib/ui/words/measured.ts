/** How speeds are measured: terms and what they mean. Loaded when it is opened. */
export default [
  [
    'Tokens per second',
    'is the number of prompt tokens divided by the wall time from the first command sent to the GPU until the last token’s most likely successor has arrived back on the CPU. It is what llama-bench calls pp. A sample is one prefill of a new random prompt, or the mean of several in a row where one is too short: it lasts at least 10 ms and 100 ticks of the clock, which is measured. Half a second of prefills warms up the GPU, and before each sample what kernels keep between their passes is overwritten with not-a-number. The median of the samples is shown; the whiskers are its 95 % interval (with fewer than six samples: all of them), and the CSV has every sample.',
  ],
  [
    'Checked, then timed.',
    'Before a variant is timed, it runs on random data at every shape that the run will use, twice with the same pipelines, and its results are compared on the GPU with those of its kernel’s plain variant, which in turn is compared with a reference in TypeScript. Arrays lie between guard words, inputs must stay unchanged, and not-a-number is found by its bits. A text may bind for writing only its outputs, its scratch and, while a matrix is laid out, that layout. After the timing, the same kernels read a prompt that they have not seen; their logits, probabilities, state and decoded tokens must agree with those of the exact kernels in chunks of another length, and so must what timed samples left: one chosen by chance, and of 15 others as many as half a second allows; the first look of a live cell, soon refined, compares that one alone. They may differ by a normalised mean squared error of 1e-6, by 5e-3 with kernels of the lab that round, and by 1e-2 with others that state it (or by four times what kernels of the lab differ that round as much); after decoding with kernels that round, by 0.2. A time below 0.95 of what the measured arithmetic and memory rates of this GPU allow is refused. A kernel that states an error above 1e-3 gets a speed, but no verdict, and is not a result of tuning. A microbenchmark makes the same checks, with inputs and matrices that change from use to use, and afterwards on data of which one half changes and then the other. What fails is shown as failed, without a speed. Nothing switches a check off, and each record says what was checked and with which seeds.',
  ],
  [
    'A comparison',
    'consists of blocks. In each block the settings are prepared anew, in random order and then in the reverse order; they share the steps in which they do not differ. After each preparation there is one untimed sample of each, then they are timed one to five times in the order A B B A or B A A B, as a coin decides. The value of the block is the logarithm of the ratio of the two times, each the low median of its samples, averaged over the two preparations. Until 16 blocks of identical settings are known on this machine, the first setting is also compared with itself. After 8, 12 and 16 blocks (24, 32, 48 and 64 with a larger budget) the exact signed-rank test gives an estimate and an interval. Faster or slower: the interval excludes 0, and the estimate exceeds 0.5 % and what identical settings were found to differ by. The same: the interval lies within ±1 %. Otherwise it is inconclusive. The levels of all looks together stay below 5 %, so fewer than 1 in 20 comparisons of equal settings names a winner. It ends with a verdict or with its budget; what the budget can find is said during the run, and how many more blocks would settle it, after. Runs of different sessions get no verdict.',
  ],
  [
    'Tuning',
    'times variants and knobs of one kernel after another by themselves, compares the three fastest settings of the whole model with the default ones in blocks, and adopts one only if it is called faster. Where a kernel joins the work of several and takes about as long as they do, both ways are compared. Settings for single shapes of a matrix must also be faster than the best without them. What is refused in the whole model is left out, and the others are compared. It shows everything that was tried, with its time or the reason why it was left out.',
  ],
  [
    'Warnings',
    'say what may be wrong with a run. Drift and warming: the samples rise or fall steadily by more than 3 % (Kendall’s rank correlation, p < 0.01), or jump by more than 5 % (p ≤ 0.01). Six samples can show a steady change, ten a jump after two of them. Throttled: a fixed piece of arithmetic, timed before, amid and after the samples, changed by more than 3 %. Encode: the CPU needs more than half of a sample to encode it. Ticks: a sample lasted fewer than 100 ticks of the clock. Inexact: a kernel states an error above 1e-3. Resumed: the time of day and the running clock disagree by more than a second.',
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
