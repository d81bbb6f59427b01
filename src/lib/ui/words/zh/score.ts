import type english from '../score';

const words: typeof english = {
  title: '这块 GPU 有多快？',
  about: (model, size) =>
    `在本浏览器中用 ${model} 读取一段 512 个词元的提示词。无需下载：权重在 GPU 上生成，约占 ${size}。`,
  aboutSoftware: '这里由 CPU 模拟 GPU，因此只运行小的演示模型：它只说明一切正常，不说明有多快。',
  start: '测一测，大约十秒',
  again: '再测一次',
  stop: '停止',
  busy: '正在测量…',
  next: (model, why) => `${model} 放不下：${why}。改用更小的模型…`,
  failed: (why) => `无法测量：${why}`,
  result: '词元/秒',
  of: (model, tokens) => `${model}，${tokens} 个词元的提示词`,
  interval: (samples, low, high) => `${samples} 个样本在 ${low} 与 ${high} 之间`,
  quick: '快速测量',
  share: (percent, target) => `是目标 ${target} 的 ${percent}%`,
  limits: '瓶颈在哪里',
  looking: '正在查看时间花在哪里…',
  limit: (kernel, share) => `${kernel} 占 GPU 时间的 ${share}%`,
  compute: (percent) => `达到这块 GPU 峰值算力的 ${percent}%`,
  memory: (percent) => `达到这块 GPU 峰值显存带宽的 ${percent}%`,
  encoding: (percent) => `CPU 准备工作占 ${percent}% 的时间`,
  unknown: '性能分析未能说明',
  copy: '复制结果',
  copied: '已复制',
  tune: '为这块 GPU 调优',
  goOn: '在笔记本中继续',
  notebook: '我的 GPU',
};
export default words;
