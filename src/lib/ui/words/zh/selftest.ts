import type { selftest as english } from '../selftest';

export const selftest: typeof english = {
  title: '自检',
  intro: (ends, names) =>
    `编译${names.length ? ` ${names.join('、')} 的着色器变体` : '实验室的每个着色器变体'}${ends ? '（每个可调参数取两端的值）' : ''}，在这块 GPU 上用小输入运行，并与参考实现比较。不下载任何内容，也没有内容离开这台机器。`,
  run: '运行自检',
  again: '重新运行',
  stop: '停止',
  copy: '复制报告',
  save: '保存报告',
  copied: '报告已复制。',
  notCopied: '浏览器不允许复制；请改为保存。',
  counts: (passed, failed, skipped) => `${passed} 个通过，${failed} 个失败，${skipped} 个跳过`,
  checking: (number, total) => `正在检查第 ${number} 个，共 ${total} 个`,
  stopped: '已停止',
  finished: '已完成',
  early: (why) => `自检提前结束：${why}`,
  adapter: (name, software, features) => `${name}${software ? '，软件适配器' : ''}。功能：${features}。`,
  results: '结果',
  columns: ['结果', '变体', '可调参数', '误差或原因'],
  clock: (tick) => `本页时钟的最小间隔为 ${tick}。`,
  noTimestamps: 'GPU 没有时间戳，因此用该时钟计时。',
  timestamps: (tick, doubled, ofWall) =>
    `GPU 时间戳${tick ? `的最小间隔为 ${tick}` : '不变'}：两倍的工作用时为 ${doubled} 倍，一次负载占到得知其结束为止时间的 ${ofWall}。`,
  sound: (sound) => (sound ? '可以采信。' : '不可采信。'),
  cheats: '作弊着色器',
  outcomes: { passed: '通过', failed: '失败', skipped: '跳过' },
};
