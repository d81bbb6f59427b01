import type english from '../bench';

export default {
  errorOf: (error, allowed) => `误差 ${error}，允许 ${allowed}`,
  timeOne: '一次使用',
  shippedSpeeds: (gpu) =>
    `${gpu} 上各变体在所有参数中的最佳结果，随实验室发布。用上面的按钮在这块 GPU 上测量。`,
  noSpeeds: '尚未测量。',
  allFigures: '各形状的全部数值',
  costs: (shares, gpu) => `GPU 用时：${shares}（${gpu}）。`,
  byCost: (gpu) => `按 GPU 用时排序（29 亿参数的模型），性能分析所用的 GPU：${gpu}。`,
  ofChunk: (percent) => `占一个分块的 ${percent}%`,
  ofToken: (percent) => `占解码一个词元的 ${percent}%`,
} satisfies typeof english;
