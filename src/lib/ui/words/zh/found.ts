import type english from '../found';

export default {
  verdicts: { faster: '更快', slower: '更慢', same: '相同', 'cannot tell': '无法判定' },
  verdict: (name, verdict, other) => `${name} 比 ${other} ${verdict}`,
  verdictSame: (name, other) => `${name} 与 ${other} 相同，相差在 1 % 以内`,
  verdictUnknown: (name, other) => `${name} 与 ${other}：无法判定`,
  ratio: (percent, low, high) => `${percent}（95 % 区间：${low} 至 ${high}）`,
  blocks: (count) => `${count} 个区组`,
  comparePlan: (blocks, findable) =>
    findable
      ? `时间上限内大约可做 ${blocks} 个区组：十次比较中有九次能发现 ${findable} 的差异。`
      : `时间上限内大约可做 ${blocks} 个区组；判定至少需要 8 个。请提高时间上限或降低 prefill。`,
  compareFloor: (percent) =>
    `在这台机器上，相同的设置之间测得的差异可达 ${percent}；低于此值的差异不判为更快。`,
  compareMore: (count) => `大约再做 ${count} 个区组可以判定：请提高时间上限。`,
  compareNever: '再高的时间上限也无法判定：差异太接近“相同”的界限，或噪声太大。',
  compareInexact: '有变体声明的误差超过 1e-3，因此不作判定。',
  peaks: {
    f32: 'f32 乘加',
    f16: 'f16 乘加',
    dot4: '8 位整数点积（dot4I8Packed）',
    matrix: '矩阵单元，f16 累加到 f32',
    read: '读取内存',
    dispatch: '等待前一次的调度',
    pass: '一个通道的额外开销',
  },
  notThere: '这块 GPU 没有',
  peaksTitle: '这块 GPU 的峰值',
  tuneTitle: '目前最佳',
  tuneKernel: '内核',
  tuneBefore: '之前',
  tuneBest: '最佳',
  tuneGain: '提升',
  tuneTrials: (count) => `尝试过的设置（${count}）`,
  tuneTried: '尝试',
  tuneTime: '全部使用',
  tuneReason: '未采用的原因',
  tuneSlower: '慢于目前最佳',
  tuneNothing: '没有找到更快的设置：尝试过的都没有被判为比不调优更快。',
  tuneRefused: (why) => `找到的设置不能使用：${why}`,
  useSettings: '用这些设置新建扫描',
  useEverywhere: '用于所有单元格',
  copySettings: '复制设置',
} satisfies typeof english;
