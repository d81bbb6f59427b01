/** Settings, cells and the tokens that a run is given, in Chinese. More special sentences come first. */
import type { Sentences } from '../../told';

export default [
  [
    '{key} must be a whole number from {least} to {most}, or "{word}"; "{value}" is not',
    '{key} 必须是 {least} 到 {most} 的整数，或 "{word}"；"{value}" 不是',
  ],
  [
    '{key} must be a whole number from {least} to {most}; "{value}" is not',
    '{key} 必须是 {least} 到 {most} 的整数；"{value}" 不是',
  ],
  [
    '{key} must be a number from {least} to {most}; "{value}" is not',
    '{key} 必须是 {least} 到 {most} 的数；"{value}" 不是',
  ],
  ['{key} must be a whole number; "{value}" is not', '{key} 必须是整数；"{value}" 不是'],
  ['{key} must be one of {choices}; "{value}" is not', '{key} 必须是 {choices} 之一；"{value}" 不是'],
  [
    'These settings ask for {count} runs; at most {most} are possible',
    '这些设置要求 {count} 次运行；最多 {most} 次',
  ],
  [
    'The model needs the kernel {kernel}, which has no variant here',
    '模型需要内核 {kernel}，这里没有它的变体',
  ],
  [
    'Several sequences are timed in sweeps only: here sequences must be 1',
    '只有扫描会对多个序列计时：这里的 sequences 必须是 1',
  ],
  [
    'There is no room for {count} more tokens of {sequences} sequences',
    '{sequences} 个序列再解码 {count} 个词元的空间不够',
  ],
  [
    'prefill and decode are at most {most} tokens together; these are {count}',
    'prefill 与 decode 合计最多 {most} 个词元；这里是 {count}',
  ],
  [
    'The settings are {count} characters long; at most {most} are possible',
    '设置有 {count} 个字符；最多 {most} 个',
  ],
  ['"{text}" is not a setting; write key=value', '"{text}" 不是设置；请写成 key=value'],
  [
    'two shaders of this notebook are called {name}; rename one',
    '这个笔记本有两个名为 {name} 的着色器；请改名其中一个',
  ],
  [
    '"{name}" is no name for a variant: letters, digits and _ are possible',
    '"{name}" 不能作变体名：只能用字母、数字和 _',
  ],
  [
    '{kernel} has a variant "{name}" already; it has: {names}. Choose another name',
    '{kernel} 已有变体 "{name}"；现有：{names}。请换一个名字',
  ],
  [
    '{key} is set twice; write its values as one list, {example}=a,b',
    '{key} 设置了两次；请把它的值写成一个列表，{example}=a,b',
  ],
  ['{key} is set twice, once by its former name', '{key} 设置了两次，其中一次用了旧名'],
  ['{key} is set twice', '{key} 设置了两次'],
  ['{key} has no value', '{key} 没有值'],
  ['{key} has an empty value', '{key} 的值为空'],
  [
    '{key} takes one value here; it has {count}: {values}',
    '{key} 在这里只能有一个值；现有 {count} 个：{values}',
  ],
  ['{key} takes one value; it has {count}: {values}', '{key} 只能有一个值；现有 {count} 个：{values}'],
  [
    'Unknown setting "{key}"; known: {names}; one format\'s kernel, such as {example}; and kernel.knob',
    '未知设置 "{key}"；已知：{names}；某种格式的内核，如 {example}；以及 kernel.knob',
  ],
  [
    'Unknown setting "{key}"; known: {names}; and kernel.knob',
    '未知设置 "{key}"；已知：{names}；以及 kernel.knob',
  ],
  ['{kernel} has no variant "{name}"; it has: {names}', '{kernel} 没有变体 "{name}"；现有：{names}'],
  ['model: a name of {count} characters is too long', 'model：名称有 {count} 个字符，太长'],
  ['model: control characters cannot be part of a name', 'model：名称不能含控制字符'],
  [
    'There is no model "{name}"; there are: {names}, rwkv7-g1…, hf:…, a file, a URL',
    '没有模型 "{name}"；现有：{names}、rwkv7-g1…、hf:…、文件、网址',
  ],
  [
    'There is no published model "{name}"; there are: {names}, each with its types, such as {example}; or hf:owner/repository/file, ms:…, an address, or a file',
    '没有已发布的模型 "{name}"；现有：{names}，各有其类型，如 {example}；也可以是 hf:owner/repository/file、ms:…、网址或文件',
  ],
  [
    '"{name}" names no file of a hub; write {hub}:owner/repository/file.gguf, or with @revision behind it',
    '"{name}" 不是模型站中的文件；请写成 {hub}:owner/repository/file.gguf，其后可加 @revision',
  ],
  [
    'reference is a name such as phase-2; "{value}" is not',
    'reference 是像 phase-2 这样的名称；"{value}" 不是',
  ],
  [
    'x is the setting along the chart, such as chunk; "{value}" changes no run',
    'x 是图表横轴上的设置，如 chunk；"{value}" 不改变任何运行',
  ],
  [
    '{key}: the variant chosen ({name}) has no such knob; choose {choices}',
    '{key}：所选变体（{name}）没有这个参数；请选择 {choices}',
  ],
  [
    '{kernel} has no knob "{knob}"; its variant {name} has: {knobs}',
    '{kernel} 没有参数 "{knob}"；它的变体 {name} 有：{knobs}',
  ],
  ['{key} cannot be {value}; its choices: {choices}', '{key} 不能是 {value}；可选：{choices}'],
  [
    '{key} has no meaning here; possible: {names}, variants and knobs',
    '{key} 在这里没有意义；可用：{names}、变体和参数',
  ],
  [
    'A comparison needs two settings: part them by a line ---, or give one setting two values, {example}',
    '比较需要两组设置：用一行 --- 分开，或给一个设置两个值，如 {example}',
  ],
  [
    'A comparison has at most {most} runs; these settings are {count}',
    '一次比较最多 {most} 次运行；这些设置有 {count} 次',
  ],
  [
    'All runs of a comparison have the same {key}; these have {values}. A sweep can vary it',
    '一次比较的所有运行的 {key} 必须相同；这里有 {values}。扫描单元格可以改变它',
  ],
  ['No combination of these settings is possible', '这些设置的任何组合都不可行'],
  ['A roofline cell takes no settings; it was given {key}', 'roofline 单元格没有设置；却给了 {key}'],
  ['There are no tokens; at least one is needed', '没有词元；至少需要一个'],
  [
    'Token {token} is out of range: this model has ids from 0 to {last}',
    '词元 {token} 超出范围：这个模型的编号是 0 到 {last}',
  ],
  [
    'evaluate={count}: with this vocabulary at most {most} tokens can be compared',
    'evaluate={count}：这个词表最多可比较 {most} 个词元',
  ],
  [
    '{name} has no vocabulary: it is synthetic, and takes no text',
    '{name} 没有词表：它是合成模型，不能用文本',
  ],
  [
    '{name} has no vocabulary: it is synthetic. Choose demo, or a GGUF file or address',
    '{name} 没有词表：它是合成模型。请选择 demo，或 GGUF 文件或网址',
  ],
  ['A conversation needs a first turn, after a line ---', '对话需要第一轮，写在一行 --- 之后'],
  [
    'A conversation has at most {most} turns; this one has {count}',
    '一次对话最多 {most} 轮；这里有 {count} 轮',
  ],
  ['A {kind} cell is not run; these are: {kinds}', '{kind} 单元格不能运行；可运行的是：{kinds}'],
  ['{key} must be {choices}; "{value}" is not', '{key} 必须是 {choices}；"{value}" 不是'],
  [
    'Name the kernels to time in the settings, for example matmul_q4_k=tiled',
    '请在设置中写明要计时的内核，例如 matmul_q4_k=tiled',
  ],
  ['{key} takes at most {most} texts; there are {count}', '{key} 最多 {most} 段文本；现有 {count} 段'],
  [
    '{key} takes texts of at most {most} characters; "{text}" has {count}',
    '{key} 的文本最多 {most} 个字符；"{text}" 有 {count} 个',
  ],
  [
    '{key} has "{escape}", which means nothing; possible: {escapes}',
    '{key} 中的 "{escape}" 没有意义；可用：{escapes}',
  ],
  [
    'The text has {count} tokens; with this vocabulary at most {most} can be compared',
    '文本有 {count} 个词元；这个词表最多可比较 {most} 个',
  ],
  [
    'The logits are not finite numbers: the model is broken, or a kernel is',
    'logits 不是有限数：模型或某个内核已损坏',
  ],
  [
    'A chunk has 1 to {most} tokens; {count} was asked for',
    '一个分块有 1 到 {most} 个词元；却要求 {count} 个',
  ],
  [
    'A prompt has at most {most} tokens; this one has {count}',
    '提示词最多 {most} 个词元；这一段有 {count} 个',
  ],
  ['There are no tokens to run; at least one is needed', '没有要运行的词元；至少需要一个'],
  [
    '{before} tokens and {more} more are too many; there is room for {most}',
    '{before} 个词元再加 {more} 个太多；最多容纳 {most} 个',
  ],
  [
    '{kernel} runs where several sequences are decoded; it is timed in sweeps with sequences=2 and more, not in isolation',
    '{kernel} 在同时解码多个序列时运行；它在 sequences 为 2 及以上的扫描中计时，不单独计时',
  ],
  ['{model} does not use {kernel}; it uses: {kernels}', '{model} 不用 {kernel}；它用的是：{kernels}'],
  ['end of text', '文本结束'],
] as const satisfies Sentences;
