import type english from '../shader';

export default {
  compiler: '编译器',
  stale: '文本已更改',
  chunkOf: (tokens) => (tokens === 1 ? '一个词元' : `${tokens} 个词元的分块`),
  besideShipped: (times, shipped) => `速度为 ${shipped} 的 ${times} 倍`,
  auto: '每个能编译的文本都检查并计时',
  edits: (count, first, last, tokens) =>
    `已计时 ${count} 个文本（分块 ${tokens}）：起初 ${first} 微秒，现在 ${last} 微秒`,
  facts: '所需资源',
  asked: '需要',
  here: '这块 GPU',
  everywhere: '所有 GPU',
  threadsOf: (pass) => `工作组线程数，${pass}`,
  bytesOf: (pass) => `工作组内存字节数，${pass}`,
  buffers: '存储缓冲区',
  above: '超出限制',
  safari: 'Safari 的翻译结果',
  safariAbout:
    '自带文本经 Safari 自己的编译器翻译后，再为一块替代 GPU 编译所得的计数，因为 Apple 的编译器只能在 Mac 上运行。它们用来比较文本，不是速度。',
  safariRefuses: (message) => `Safari 的编译器拒绝了它：${message}`,
  safariColumns: {
    knobs: '参数',
    pass: '通道',
    zeroedElements: '清零元素',
    loops: '循环',
    waits: '等待',
    registers: '寄存器',
    scratchBytes: '暂存字节',
    instructions: '指令',
  },
  sideBySide: '并排显示',
  compareTwo: '并排比较两个变体',
  left: '左',
  right: '右',
} satisfies typeof english;
