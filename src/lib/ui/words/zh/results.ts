import type english from '../results';

export default {
  title: '结果',
  intro:
    '这里列出所有已发布的测量，附有设备、浏览器和警告。每一条都能打开为笔记本，在您的 GPU 上以同样的设置运行。',
  notLoaded: (why) => `无法加载结果：${why}`,
  counts: (runs, devices, models) =>
    `共 ${runs} 次测量，${models} 个模型，${devices} 台设备。按模型列出每种设备、浏览器和提示词长度中最快的一次。`,
  filters: { device: '设备', browser: '浏览器或运行时', model: '模型', prefill: '提示词（词元）' },
  any: '不限',
  allSettings: '也显示较慢的设置',
  compared: '比较',
  chosen: (count) => `已选 ${count} 项`,
  chooseAnother: '再选一行即可一起绘图。',
  openChosen: '打开为笔记本',
  clear: '清除',
  showChosen: '查看对比',
  compare: (name) => `比较 ${name}`,
  open: '打开',
  openRow: (name) => `将 ${name} 打开为笔记本`,
  prompt: (tokens) => `提示词 ${tokens} 个词元`,
  perSecond: '词元/秒',
  decode: (rate) => `解码 ${rate} 词元/秒`,
  software: '由 CPU 模拟的 GPU：不可比较',
  none: '没有符合全部条件的测量。',
  more: (count) => `显示更多（还有 ${count} 项）`,
  otherFiles: (count) => `另有 ${count} 个文件：单个内核与性能分析`,
  contribute: '添加您的设备',
  steps: [
    '在您的设备上打开“从这里开始”或上面的任意一行，点击“全部运行”。',
    '在表格下方点击“下载 CSV”。请保留警告，不要改动数字。',
    '在此处或终端检查文件：列、单位、时间是否可能、做过哪些检查。',
    '用 “Results from my GPU” 表单提交 issue，或提交把文件加入 static/results 的拉取请求。',
  ],
  checkFile: '检查文件',
  fit: (name, runs) => `${name}：${runs} 次测量，可以发布。`,
  notFit: (name) => `${name} 还不能发布：`,
} satisfies typeof english;
