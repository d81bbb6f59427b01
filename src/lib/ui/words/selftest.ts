/** The self-test page. Its report stays English: it is made to be sent. */

const en = {
  title: 'Self-test',
  intro: (ends: boolean) =>
    `Compiles every shader variant the lab has${ends ? ', with each of its knobs at both ends' : ''}, runs it on small inputs on this GPU, and compares the result with a plain reference. Nothing is downloaded, nothing leaves this machine.`,
  run: 'Run the self-test',
  again: 'Run again',
  stop: 'Stop',
  copy: 'Copy report',
  save: 'Save report',
  copied: 'Report copied.',
  notCopied: 'The browser does not allow copying; save it instead.',
  counts: (passed: number, failed: number, skipped: number) =>
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  checking: (number: number, total: number | string) => `Checking ${number} of ${total}`,
  stopped: 'Stopped',
  finished: 'Finished',
  early: (why: string) => `The self-test ended early: ${why}`,
  adapter: (name: string, software: boolean, features: string) =>
    `${name}${software ? ', a software adapter' : ''}. Features: ${features}.`,
  results: 'Results',
  columns: ['Outcome', 'Variant', 'Knobs', 'Error, or why'],
  outcomes: { passed: 'passed', failed: 'failed', skipped: 'skipped' } as Record<string, string>,
};

const zh: typeof en = {
  title: '自检',
  intro: (ends) =>
    `编译实验室的每个着色器变体${ends ? '（每个旋钮取两端的值）' : ''}，在这块 GPU 上用小输入运行，并与朴素参考实现比较。不下载任何内容，也没有内容离开这台机器。`,
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
  columns: ['结果', '变体', '旋钮', '误差或原因'],
  outcomes: { passed: '通过', failed: '失败', skipped: '跳过' },
};

export const selftest = { en, zh };
