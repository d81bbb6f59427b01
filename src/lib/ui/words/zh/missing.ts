/** 不存在的地址上所显示页面的文字。 */
import type english from '../missing';

export default {
  title: '没有这个页面',
  noPage: (path) => `这里没有页面 ${path}`,
  noKernel: (name) => `没有名为 ${name} 的内核`,
  pages: '实验室的页面：',
  kernels: '全部内核：',
  noLab: '这个地址以上没有实验室的页面。',
} satisfies typeof english;
