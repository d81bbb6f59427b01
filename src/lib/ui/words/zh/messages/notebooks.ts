/** Notebooks, links and what is kept in the browser, in Chinese. More special sentences come first. */
import type { Sentences } from '../../told';

export default [
  [
    'Line {line} of the shader\'s edit, "{text}", does not fit what it is an edit of',
    '着色器改动的第 {line} 行 "{text}" 与被改动的文本不符',
  ],
  ['The edit of a shader ends before what it is an edit of', '着色器的改动在被改动的文本结束之前就结束了'],
  ['This is not a Jupyter notebook: {detail}', '这不是 Jupyter 笔记本：{detail}'],
  [
    'This is not a Jupyter notebook of nbformat 4: it has no list of cells',
    '这不是 nbformat 4 的 Jupyter 笔记本：没有单元格列表',
  ],
  [
    'This notebook has {count} cells; at most {most} can be opened',
    '这个笔记本有 {count} 个单元格；最多可打开 {most} 个',
  ],
  ['{place} should be a text or a list of texts', '{place} 应是文本或文本列表'],
  [
    '"{name}" is not a name for a shader; write kernel/name, for example wkv/mine',
    '"{name}" 不能作着色器名；请写成 内核/名称，例如 wkv/mine',
  ],
  [
    'This link is of version {version}; this lab reads version {own}. A newer one may open it',
    '这个链接是第 {version} 版；这里能读第 {own} 版。较新的实验室也许能打开它',
  ],
  [
    'This notebook has {size} MB with what goes along; a link holds at most {most} MB',
    '这个笔记本连同附带的内容有 {size} MB；一个链接最多容纳 {most} MB',
  ],
  [
    'This link is cut short: it has {count} characters, and a whole one reads {form}',
    '这个链接不完整：只有 {count} 个字符，完整的形如 {form}',
  ],
  [
    'This link goes on after its end, with "{rest}"; take away what was added',
    '这个链接的结尾之后还有 "{rest}"；请去掉多出的部分',
  ],
  [
    'This link has {count} characters; at most {most} are read',
    '这个链接有 {count} 个字符；最多读 {most} 个',
  ],
  [
    'This link holds "{character}" at character {at} of its notebook; letters, digits, - and _ are possible',
    '这个链接的笔记本部分第 {at} 个字符是 "{character}"；只能有字母、数字、- 和 _',
  ],
  [
    'This link was damaged on its way, or cut short: its check is {check}, and what is left of it has {found}',
    '这个链接在途中损坏或被截断：它的校验是 {check}，余下部分的校验是 {found}',
  ],
  ['"{name}" is no name of a notebook; one is like phase-2', '"{name}" 不是笔记本名；形如 phase-2'],
  [
    'The shader {shader} of this link is an edit of {variant}, which {whymessage}; there is no kernel {kernel}. Ask for the notebook as a file; {versionsmessage}',
    '这个链接中的着色器 {shader} 改自 {variant}，{whymessage}，也没有内核 {kernel}。请索取笔记本文件；{versionsmessage}',
  ],
  [
    'The shader {shader} of this link is an edit of {variant}, which {whymessage}. Ask for the notebook as a file; {versionsmessage}',
    '这个链接中的着色器 {shader} 改自 {variant}，{whymessage}。请索取笔记本文件；{versionsmessage}',
  ],
  ['is not here', '这里没有它'],
  ['has changed since', '它后来变了'],
  [
    'the link was made by version {version} of the lab, this is {own}',
    '链接由 {version} 版实验室生成，这里是 {own} 版',
  ],
  [
    'This link does not unpack ({detail}); it was not made by this lab, or is incomplete',
    '这个链接无法解包（{detail}）；它不是这个实验室生成的，或不完整',
  ],
  [
    'This link unpacks to more than {most} MB; a notebook has at most that',
    '这个链接解包后超过 {most} MB；笔记本最多这么大',
  ],
  [
    'This link unpacks to something that is not text (UTF-8); it was not made by this lab',
    '这个链接解包后不是文本（UTF-8）；它不是这个实验室生成的',
  ],
  [
    'This link cannot be unpacked: {count} characters are no whole bytes',
    '这个链接无法解包：{count} 个字符凑不成整字节',
  ],
  ['There is no notebook here', '这里没有笔记本'],
  [
    'Another tab shows an older version of the lab, which keeps the notebooks locked; close it',
    '另一个标签页打开着旧版实验室，它锁住了笔记本；请关闭它',
  ],
  ['{name} was not remembered; choose it again', '没有记住 {name}；请重新选择'],
  ['{name}: the browser was not allowed to read it', '{name}：浏览器未获准读取它'],
  ['"{address}" is not an address: write https://…', '"{address}" 不是网址：请写 https://…'],
  ['The worker could not be loaded, or the browser ended it', '工作线程无法加载，或被浏览器终止'],
] as const satisfies Sentences;
