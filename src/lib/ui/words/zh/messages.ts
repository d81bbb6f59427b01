/** What the lab says in English, in Chinese. A test holds the English against the sources. More special sentences come first. */
import type { Sentences } from '../told';

export default [
  // Settings
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
    'prefill and decode are at most {most} tokens together; these are {count}',
    'prefill 与 decode 合计最多 {most} 个 token；这里是 {count}',
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
  // Texts
  ['There are no tokens; at least one is needed', '没有 token；至少需要一个'],
  [
    'Token {token} is out of range: this model has ids from 0 to {last}',
    'token {token} 超出范围：这个模型的编号是 0 到 {last}',
  ],
  [
    'evaluate={count}: with this vocabulary at most {most} tokens can be compared',
    'evaluate={count}：这个词表最多可比较 {most} 个 token',
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
  // Models
  [
    '{model} is not stored here ({size}from {from}); {message}',
    '{model} 没有存放在这里（{size}来自 {from}）；{message}',
  ],
  ['{name} did not arrive whole: {message}', '{name} 没有完整到达：{message}'],
  [
    'The network failed, or the server allows no other site to read the file (CORS): {detail}',
    '网络失败，或服务器不允许其他网站读取该文件（CORS）：{detail}',
  ],
  [
    '{address}: the server tells no size, so that it cannot be known when the file is whole',
    '{address}：服务器没有给出大小，无法知道文件何时完整',
  ],
  [
    '{address} is a web page (status {status}), not a model file',
    '{address} 是网页（状态 {status}），不是模型文件',
  ],
  [
    '{address}: its SHA-256 is {found}, but {name} should have {wanted}; the server has another file, or the bytes were damaged on their way. They were deleted',
    '{address}：其 SHA-256 是 {found}，而 {name} 应为 {wanted}；服务器上是另一个文件，或字节在途中损坏。它们已被删除',
  ],
  [
    'This browser keeps no files for this page (a private window?): {detail}',
    '这个浏览器不为此页面保存文件（无痕窗口？）：{detail}',
  ],
  ['{name} is not a GGUF file: {message}', '{name} 不是 GGUF 文件：{message}'],
  [
    '{name} is a big-endian GGUF file; only little-endian ones can be read',
    '{name} 是大端 GGUF 文件；只能读小端文件',
  ],
  [
    '{name} is a GGUF file of version {version}; versions 2 and 3 can be read',
    '{name} 是第 {version} 版 GGUF 文件；只能读第 2 和第 3 版',
  ],
  [
    '{name} is damaged or cut short: {claim} do not fit in its {size} bytes',
    '{name} 已损坏或被截断：{claim} 放不进它的 {size} 字节',
  ],
  [
    '{name} is cut short: {detail} (the file has {size} bytes)',
    '{name} 被截断：{detail}（文件有 {size} 字节）',
  ],
  [
    '{name}: the header is damaged near byte {at}: {detail}',
    '{name}：文件头在第 {at} 字节附近损坏：{detail}',
  ],
  ['metadata key {key} is missing', '缺少元数据键 {key}'],
  [
    'metadata key {key} is {value}; possible: a whole number from {least} to {most}',
    '元数据键 {key} 是 {value}；可以是 {least} 到 {most} 的整数',
  ],
  ['the model\'s architecture is {value}; only "rwkv7" can be run', '模型的架构是 {value}；只能运行 "rwkv7"'],
  ["the model's head size is {size}; only 64 can be run", '模型的头大小是 {size}；只能运行 64'],
  ['the tokenizer is of kind {kind}; only "rwkv" can be used', '分词器的种类是 {kind}；只能使用 "rwkv"'],
  [
    'the vocabulary has no tokens (metadata key tokenizer.ggml.tokens)',
    '词表中没有 token（元数据键 tokenizer.ggml.tokens）',
  ],
  ['tensor {name} has type {type}; possible: {types}', '张量 {name} 的类型是 {type}；可用：{types}'],
  [
    'tensor {name} has shape {shape}; it should have {wanted} (columns × rows)',
    '张量 {name} 的形状是 {shape}；应为 {wanted}（列 × 行）',
  ],
  ['tensor {name} is missing (there are {count} others)', '缺少张量 {name}（另有 {count} 个）'],
  [
    'tensor {name} is not part of an RWKV-7 model{more}: results without it would be wrong',
    '张量 {name} 不属于 RWKV-7 模型{more}：略去它结果就是错的',
  ],
  [
    'the file is cut short: {missing} of {bytes} bytes of tensor {name} are missing (it has {has} bytes and should have {wanted})',
    '文件被截断：张量 {name} 的 {bytes} 字节中缺少 {missing} 字节（现有 {has} 字节，应有 {wanted} 字节）',
  ],
  ['The GPU did not take the weights (up to {at}): {detail}', 'GPU 没有接受权重（到 {at} 为止）：{detail}'],
  ['The GPU refused something: {detail}', 'GPU 拒绝了某个操作：{detail}'],
  // Checks
  [
    '{label} is wrong in {array} when it runs again: error {error}, in its worst part {worst}, allowed {allowed} and {most}; {where}',
    '{label} 再次运行时 {array} 出错：误差 {error}，最差部分 {worst}，允许 {allowed} 和 {most}；{where}',
  ],
  [
    '{label} is wrong in {array} after it was timed: error {error}, in its worst part {worst}, allowed {allowed} and {most}; {where}',
    '{label} 计时之后 {array} 出错：误差 {error}，最差部分 {worst}，允许 {allowed} 和 {most}；{where}',
  ],
  [
    '{label} is wrong in {array}: error {error}, in its worst part {worst}, allowed {allowed} and {most}; {where}',
    '{label} 的 {array} 出错：误差 {error}，最差部分 {worst}，允许 {allowed} 和 {most}；{where}',
  ],
  [
    '{label}: {array} has {count} non-finite numbers, {where}',
    '{label}：{array} 有 {count} 个非有限数，{where}',
  ],
  [
    'The logits of the exact kernels are not finite numbers: the model is broken, and what it computes has no speed',
    '精确内核的 logits 不是有限数：模型已损坏，它的计算没有速度可言',
  ],
  [
    '{what} was timed, but its answer to another prompt of {tokens} tokens is wrong: error {error} against the exact kernels, allowed {allowed}',
    '{what} 已计时，但它对另一段 {tokens} token 提示词的回答是错的：与精确内核的误差 {error}，允许 {allowed}',
  ],
  [
    '{what} was timed, but what a timed sample left is wrong: error {error} against the exact kernels, allowed {allowed}',
    '{what} 已计时，但一个计时样本留下的结果是错的：与精确内核的误差 {error}，允许 {allowed}',
  ],
  [
    '{what} was timed, but is wrong after {tokens} decoded tokens: error {error} against the exact kernels, allowed {allowed}',
    '{what} 已计时，但解码 {tokens} 个 token 之后的结果是错的：与精确内核的误差 {error}，允许 {allowed}',
  ],
  [
    '{what} was timed, but says token {token}, where its own largest logit is that of token {largest}',
    '{what} 已计时，但给出的 token 是 {token}，而它自己最大的 logit 属于 token {largest}',
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
] as const satisfies Sentences;
