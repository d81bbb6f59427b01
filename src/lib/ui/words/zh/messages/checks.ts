/** Checks, in Chinese. More special sentences come first. */
import type { Sentences } from '../../told';

export default [
  [
    '{label} is wrong in {array} when it runs again: error {error}, in its worst part {worst}, allowed {allowed} and {most}; {wheremessage}',
    '{label} 再次运行时 {array} 出错：误差 {error}，最差部分 {worst}，允许 {allowed} 和 {most}；{wheremessage}',
  ],
  [
    '{label} is wrong in {array} after it was timed: error {error}, in its worst part {worst}, allowed {allowed} and {most}; {wheremessage}',
    '{label} 计时之后 {array} 出错：误差 {error}，最差部分 {worst}，允许 {allowed} 和 {most}；{wheremessage}',
  ],
  [
    '{label} is wrong in {array}: error {error}, in its worst part {worst}, allowed {allowed} and {most}; {wheremessage}',
    '{label} 的 {array} 出错：误差 {error}，最差部分 {worst}，允许 {allowed} 和 {most}；{wheremessage}',
  ],
  [
    '{label}: {array} has {count} non-finite numbers, {wheremessage}',
    '{label}：{array} 有 {count} 个非有限数，{wheremessage}',
  ],
  [
    'The logits of the exact kernels are not finite numbers: the model is broken, and what it computes has no speed',
    '精确内核的 logits 不是有限数：模型已损坏，它的计算没有速度可言',
  ],
  [
    '{what} was timed, but its answer to another prompt of {tokens} tokens is wrong: error {error} against the exact kernels, allowed {allowed}',
    '{what} 已计时，但它对另一段 {tokens} 词元提示词的回答是错的：与精确内核的误差 {error}，允许 {allowed}',
  ],
  [
    '{what} was timed, but sequence {own} of {sequences}, decoded beside others, is wrong: error {error} against the exact kernels, allowed {allowed}',
    '{what} 已计时，但与其他序列一起解码的第 {own} 个序列（共 {sequences} 个）是错的：与精确内核的误差 {error}，允许 {allowed}',
  ],
  [
    '{what} was timed, but what a timed sample left is wrong: error {error} against the exact kernels, allowed {allowed}',
    '{what} 已计时，但一个计时样本留下的结果是错的：与精确内核的误差 {error}，允许 {allowed}',
  ],
  [
    '{what} was timed, but is wrong after {tokens} decoded tokens: error {error} against the exact kernels, allowed {allowed}',
    '{what} 已计时，但解码 {tokens} 个词元之后的结果是错的：与精确内核的误差 {error}，允许 {allowed}',
  ],
  [
    '{what} was timed, but says token {token}, where its own largest logit is that of token {largest}',
    '{what} 已计时，但给出的词元是 {token}，而它自己最大的 logit 属于词元 {largest}',
  ],
  [
    '{what} was timed, but softmax/{name} is wrong at its logits: error {error}',
    '{what} 已计时，但 softmax/{name} 在它的 logits 上是错的：误差 {error}',
  ],
  [
    '{label} needs {features}, which this GPU or browser does not offer',
    '{label} 需要 {features}，这块 GPU 或浏览器没有',
  ],
  ['needs {features}, which this GPU or browser does not offer', '需要 {features}，这块 GPU 或浏览器没有'],
  [
    '{what} was timed, but says token {token}, which is not the likeliest: logit {logit}, largest {largest}',
    '{what} 已计时，但给出的词元 {token} 不是最可能的：logit {logit}，最大的是 {largest}',
  ],
  [
    '{work} cannot take {seconds} ms on this GPU, where {least} ms is the least: {figures}',
    '{work} 在这块 GPU 上不可能只用 {seconds} ms，至少要 {least} ms：{figures}',
  ],
  [
    '{label} changes {name} at element {changed}, which has to stay as it was',
    '{label} 改动了 {name} 的第 {changed} 个元素，而它应保持原样',
  ],
  [
    '{label} is wrong in {array} when it runs again: error {error}, allowed {allowed}; {wheremessage}; seed {seed}',
    '{label} 再次运行时 {array} 出错：误差 {error}，允许 {allowed}；{wheremessage}；种子 {seed}',
  ],
  [
    '{label} is wrong in {array}: error {error}, allowed {allowed}; {wheremessage}; seed {seed}',
    '{label} 的 {array} 出错：误差 {error}，允许 {allowed}；{wheremessage}；种子 {seed}',
  ],
  [
    'The answer began with other words before the kernels were checked than after it: one of them computes something else when it runs again',
    '检查内核之前和之后，回答的开头不同：其中有一个内核再次运行时算出了别的结果',
  ],
  ['{label} cannot be checked: {detailmessage}', '{label} 无法检查：{detailmessage}'],
  ['{label} changes {name} or what lies next to it', '{label} 改动了 {name} 或它旁边的内容'],
  ['{label} writes {wheremessage} of {name}', '{label} 写到了 {name} 的{wheremessage}'],
  ['before the start', '开头之前'],
  ['past the end', '末尾之后'],
  [
    'first at element {index}: got … {got} …, wanted … {want} …',
    '首先在第 {index} 个元素：得到 … {got} …，应为 … {want} …',
  ],
  ['first at element {index}', '首先在第 {index} 个元素'],
  ['spread over all elements', '分布在所有元素上'],
  ['{count} elements are not written', '有 {count} 个元素没有写入'],
] as const satisfies Sentences;
