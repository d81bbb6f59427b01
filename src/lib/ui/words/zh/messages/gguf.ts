/** Messages about faults in a model file, in Chinese. More special sentences come first. */
import type { Sentences } from '../../told';

export default [
  [
    'The tensor {tensor} ({name}) has {whatmessage} that is infinite or not a number: the model file is damaged, or was made from a broken model',
    '张量 {tensor}（{name}）{whatmessage}是无穷大或不是数：模型文件已损坏，或由损坏的模型生成',
  ],
  ['a scale', '有一个缩放'],
  ['a weight', '有一个权重'],
  [
    'its metadata does not name an architecture (general.architecture); only "rwkv7" can be run',
    '元数据没有写明架构（general.architecture）；只能运行 "rwkv7"',
  ],
  [
    'the model\'s architecture is "arwkv7": the time mixing of RWKV-7 with the feed-forward layers of Qwen, which this lab does not compute; only "rwkv7" can be run',
    '模型的架构是 "arwkv7"：RWKV-7 的 time mix 加 Qwen 的前馈层，这里不支持；只能运行 "rwkv7"',
  ],
  ['rwkv7.token_shift_count is {count}; only 2 can be run', 'rwkv7.token_shift_count 是 {count}；只能运行 2'],
  [
    'rwkv7.embedding_length is {length}, no multiple of the head size {size}',
    'rwkv7.embedding_length 是 {length}，不是头大小 {size} 的倍数',
  ],
  [
    'rwkv7.attention.layer_norm_epsilon is {value}; possible: more than 0, less than 0.1',
    'rwkv7.attention.layer_norm_epsilon 是 {value}；应大于 0 且小于 0.1',
  ],
  ['token 0 of the vocabulary is not a string', '词表的词元 0 不是字符串'],
  [
    'the vocabulary has {count} tokens, but token_embd.weight has {rows} rows',
    '词表有 {count} 个词元，但 token_embd.weight 有 {rows} 行',
  ],
  [
    'tokenizer.ggml.token_type should be a list of {count} numbers',
    'tokenizer.ggml.token_type 应是 {count} 个数的列表',
  ],
  [
    'token {id} of the vocabulary, {spelling}: {detailmessage}',
    '词表的词元 {id}，{spelling}：{detailmessage}',
  ],
  ['{whatmessage} would have {length} bytes', '{whatmessage}竟有 {length} 字节'],
  ['the name of a metadata key', '一个元数据键的名称'],
  ['the name of a tensor', '一个张量的名称'],
  ['metadata key {key} appears twice', '元数据键 {key} 出现两次'],
  ['its first bytes are {bytes}, not "GGUF"', '它的前几个字节是 {bytes}，不是 "GGUF"'],
  ['it is empty', '它是空的'],
  ['{tensors} tensors and {keys} metadata keys', '{tensors} 个张量和 {keys} 个元数据键'],
  ['metadata key {key} holds lists inside lists, {depth} deep', '元数据键 {key} 是列表套列表，深 {depth} 层'],
  ['the list {key} has {count} elements', '列表 {key} 有 {count} 个元素'],
  ['{key} has {count} elements', '{key} 有 {count} 个元素'],
  ['tensor {name} has {count} dimensions', '张量 {name} 有 {count} 维'],
  [
    'metadata key {key} has type {type}, which GGUF does not have',
    '元数据键 {key} 的类型是 {type}，GGUF 没有这种类型',
  ],
  [
    '{name}: general.alignment is {value}; possible: powers of two up to 2^30',
    '{name}：general.alignment 是 {value}；只能是不超过 2^30 的 2 的幂',
  ],
  ['its header goes on past the end', '文件头超出了文件末尾'],
  [
    '{name} is part {part} of {count} of a model, but its name does not end with {end}: the other parts cannot be found',
    '{name} 是模型 {count} 个部分中的第 {part} 个，但名称不以 {end} 结尾：找不到其余部分',
  ],
  [
    '{name} is part {part} of {count} of a model; open it together with {others}',
    '{name} 是模型 {count} 个部分中的第 {part} 个；请与 {others} 一起打开',
  ],
  [
    '{name} is part {part} of {count} of a model; it needs {others}: {detailmessage}',
    '{name} 是模型 {count} 个部分中的第 {part} 个；还需要 {others}：{detailmessage}',
  ],
  ['{name} is part {part} of {count} of a model', '{name} 是模型 {count} 个部分中的第 {part} 个'],
  [
    '{name}: by its metadata it is part {own} of {all}, by its name part {number} of {count}',
    '{name}：元数据说它是 {all} 个部分中的第 {own} 个，名称说是 {count} 个中的第 {number} 个',
  ],
  [
    '{name}: its {parts} parts have {found} tensors, but there should be {stated}',
    '{name}：{parts} 个部分共有 {found} 个张量，应有 {stated} 个',
  ],
  ['tensor {name} is missing (lerps are stored one by one here)', '缺少张量 {name}（这里的 lerp 逐个存放）'],
  [
    'tensor {name} differs in type or size from {other}; the lerps of a layer should be alike',
    '张量 {name} 的类型或大小与 {other} 不同；一层的 lerp 应该一致',
  ],
  ['number {number}, which GGML does not know', '编号 {number}，GGML 不认识'],
  [
    '{name}, which GGML has removed: the file must be made anew',
    '{name}，GGML 已去掉这种类型：需要重新生成文件',
  ],
  [
    'tensor {name} begins at byte {offset} of the data, no multiple of the alignment {alignment}',
    '张量 {name} 从数据的第 {offset} 字节开始，不是对齐 {alignment} 的倍数',
  ],
  [
    'tensor {name} begins at byte {offset}, but {beforemessage} ends at byte {end}',
    '张量 {name} 从第 {offset} 字节开始，但{beforemessage} 到第 {end} 字节才结束',
  ],
  ['the header', '文件头'],
  ['tensor {name} appears twice', '张量 {name} 出现两次'],
  ['a tensor has the invalid name {name}', '有一个张量的名称 {name} 无效'],
  ['tensor {name} has shape (none), which is impossible', '张量 {name} 没有形状，这不可能'],
  ['tensor {name} has shape {shape}, which is impossible', '张量 {name} 的形状是 {shape}，这不可能'],
  [
    "tensor {name} has {elements} elements, no multiple of {format}'s block of {block}",
    '张量 {name} 有 {elements} 个元素，不是 {format} 块大小 {block} 的倍数',
  ],
  [
    'tensor {name} has {columns} columns; {format} needs a multiple of {step}',
    '张量 {name} 有 {columns} 列；{format} 需要 {step} 的倍数',
  ],
  [
    'rwkv7.block_count is {layers}, but there is a tensor {name}',
    'rwkv7.block_count 是 {layers}，却有张量 {name}',
  ],
  ['(nor are {count} others)', '（另有 {count} 个也是）'],
  ['\\x without two hexadecimal digits', '\\x 之后没有两位十六进制数'],
  ['a backslash with nothing after it', '反斜杠之后没有字符'],
  [
    'the vocabulary has no token for byte {byte}, number {at} of the text',
    '词表没有字节 {byte} 的词元（文本的第 {at} 个字节）',
  ],
  ['there is no token {id}: ids go from 0 to {last}', '没有词元 {id}：编号是 0 到 {last}'],
  ['the vocabulary is too large: {nodes} bytes, at most {most}', '词表太大：{nodes} 字节，最多 {most}'],
  ['{name} has no tensor {tensor}', '{name} 没有张量 {tensor}'],
  [
    '{format}: {bytes} bytes are no whole number of {block}-byte blocks',
    '{format}：{bytes} 字节不是 {block} 字节块的整数倍',
  ],
] as const satisfies Sentences;
