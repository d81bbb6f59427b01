/** 嵌入图表的文字。 */
import type english from '../embed';

export default {
  open: '在 RWKV-7 实验室中打开',
  untitled: 'RWKV-7 实验室的结果',
  noRecords: '这个扫描没有保存的结果。请在笔记本中冻结结果，再连同结果一起分享。',
  noChart: (wanted, possible) =>
    `第 ${wanted} 个单元格没有图表。${possible ? `有图表的单元格：${possible}。` : '这个笔记本里没有带图表的单元格。'}`,
  broken: '无法显示这个图表。',
  which: '要嵌入的图表',
  copyCode: (cell) => `复制嵌入第 ${cell} 个单元格的代码`,
  codeCopied: '代码已复制：一个带图表和结果的 iframe，它不测量任何东西。',
  copyFailed: '浏览器不允许复制。',
  measuredOn: (adapters, dates) => `测量于 ${adapters}，${dates}`,
} satisfies typeof english;
