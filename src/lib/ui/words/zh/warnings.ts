import type english from '../warnings';

export default {
  software: '由 CPU 模拟 GPU：只用来检查正确性，切勿比较速度。',
  hidden: '测量时页面不在前台，速度因此变慢：请保持在前台并重新运行。',
  resumed: '测量时计算机曾休眠：请重新运行。',
  battery: '计算机由电池供电，GPU 可能因此变慢：请接通电源并重新运行。',
  few: '少于五个样本看不出离散程度：请把 samples 设为 5 或更多。',
  spread: '样本相差超过 5%：请关闭其他使用 GPU 的程序，并增大 warmup 和 samples。',
  ticks: '一个样本不到时钟的 100 个刻度：请把 warmup 设为 1 或更多，或增大 prefill 或 decode。',
  cold: '计时之前没有预热：请把 warmup 设为 1 或更多，除非您要测的正是第一次运行。',
  warming: '后面的样本比前面的快：请增大 warmup。',
  drift: '后面的样本比前面的慢，像是 GPU 在升温：让它冷却，并改用比较单元格（交错测量）。',
  throttled:
    '样本之间的固定计算，其速度变化超过 3%：GPU 改变了频率，或有其他程序在使用它。请重新运行，或改用比较单元格。',
  encode: 'CPU 编码占一个样本的一半以上，GPU 可能在等它：要测量 GPU，请增大 prefill 或 chunk。',
  inexact: '有变体声明的误差超过 1e-3：显示其速度，但不参与判定，也不会成为调优的结果。',
  unused: '某个设置指定了此模型没有用到的内核或形状；它没有作用。',
} satisfies typeof english;
