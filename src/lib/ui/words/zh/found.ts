import type english from '../found';

export default {
  verdicts: { faster: '更快', slower: '更慢', same: '相同（1% 以内）', 'cannot tell': '无法判定' },
  ratio: (percent, low, high, blocks) =>
    blocks === 1
      ? `${percent}（1 个区组）`
      : `${percent}（95% 置信区间 ${low} 至 ${high}，${blocks} 个区组）`,
  against: (name, other) => `${name} 对比 ${other}`,
  comparePlan: (blocks, findable) =>
    findable
      ? `时限内大约可做 ${blocks} 个区组：十次比较中有九次能发现 ${findable} 的差异。`
      : `时限内大约可做 ${blocks} 个区组；判定至少需要 8 个。请提高时限或降低 prefill。`,
  compareFloor: (percent) =>
    `在这台机器上，相同的设置之间测得的差异可达 ${percent}；低于此值的差异不判为更快。`,
  compareMore: (count) => `大约再做 ${count} 个区组可以判定：请提高时限。`,
  compareNever: '再高的时限也无法判定：差异太接近“相同”的界限，或噪声太大。',
  compareInexact: '有变体声明的误差超过 1e-3，因此不作判定。',
  peaks: {
    f32: 'f32 乘加',
    f16: 'f16 乘加',
    dot4: '8 位整数点积（dot4I8Packed）',
    matrix: '矩阵单元，f16 累加到 f32',
    read: '读取显存',
    dispatch: '等待前一次的调度',
    pass: '一个通道的额外开销',
  },
  notThere: '这块 GPU 没有',
  peaksTitle: '这块 GPU 的峰值',
  perfettoTrace: 'Perfetto 跟踪',
  kernelsCsv: '内核 CSV',
  profileTitle: '一个分块的时间花在哪里',
  profileColumns: {
    kernel: '内核',
    ms: 'GPU 时间（毫秒）',
    share: '占比（%）',
    uses: '使用次数',
    dispatches: '调度次数',
    tflops: 'TFLOPS',
    computeShare: '占峰值（%）',
    gbs: 'GB/s',
    bandwidthShare: '占峰值带宽（%）',
    beyond: '超出目标（毫秒）',
  },
  profileChunk: (tokens, wall, rate) => `一个 ${tokens} 个词元的分块实际用时 ${wall} 毫秒：${rate} 词元/秒。`,
  profileGpu: (milliseconds, dispatches) =>
    `其 ${dispatches} 次调度各占一个通道，在 GPU 上共 ${milliseconds} 毫秒。`,
  profileByWall: '这里没有时间戳：每个内核重复运行，用墙上时钟计时，包含提交所需的时间。',
  profileBudget: (target, budget, over) =>
    `按 ${target} 词元/秒，它只能用 ${budget} 毫秒：超出目标 ${over} 毫秒。`,
  profileWithin: (target, budget) => `按 ${target} 词元/秒，它可以用 ${budget} 毫秒：在目标之内。`,
  splitLine: (inference, softmax, readback) =>
    `推理 ${inference} 毫秒 · softmax ${softmax} 毫秒 · 回读 ${readback} 毫秒`,
  matmuls: (layer, pass) => `每层 ${layer} 次矩阵乘法，每次通过 ${pass} 次`,
  total: '合计',
  tuneTitle: '最快的设置',
  milliseconds: '毫秒',
  microseconds: '微秒',
  tuneKernel: '内核',
  tuneBefore: '之前（毫秒）',
  tuneVariant: '最快的变体',
  tuneBest: '现在（毫秒）',
  tuneGain: '提升',
  tuneTrials: (count) => `尝试过的设置（${count}）`,
  tuneTried: '尝试',
  tuneTime: '全部使用',
  tuneReason: '未采用的原因',
  tuneSlower: '慢于目前最佳',
  tuneResumed: (kernels) => `接着上次停下的同一搜索继续：此前已搜索 ${kernels} 个内核。`,
  tuneNothing: '没有找到更快的设置：尝试过的都没有被判为比不调优更快。',
  tuneRefused: (why) => `找到的设置不能使用：${why}`,
  tuneWhole: (count) => `在整个模型中比较过的设置（${count}）`,
  tuneChanged: '改动的设置',
  tuneOutcome: '结果',
  useSettings: '用这些设置新建扫描',
  useEverywhere: '用于所有单元格',
  copySettings: '复制设置',
  notMeasuredHere:
    '没有人在这样的 GPU 上测量过默认设置。大约一分钟的搜索可以找到它最快的设置，随时可以停止。',
  tuneHere: '为此 GPU 调优',
  tuningHere: '正在最后一个单元格中为此 GPU 调优……',
  stopTuning: '停止',
  tunedHere: (day, percent) => `已于 ${day} 为此 GPU 调优：快 ${percent}。此处的默认设置是`,
  tunedNothing: (day) => `已于 ${day} 调优：没有找到比默认设置更快的设置。`,
  contribute: '复制为贡献',
  contributed: '已复制：请粘贴到 issue 中',
  forgetTuning: '忘记',
} satisfies typeof english;
