/** Files of results, in Chinese. More special sentences come first. */
import type { Sentences } from '../../told';

export default [
  [
    'These are results of a cell without runs; a notebook shows them as that cell did',
    '这是没有运行的单元格的结果；笔记本会照那个单元格的样子显示它',
  ],
  ['Line {line} of these results is not JSON: {detail}', '这些结果的第 {line} 行不是 JSON：{detail}'],
  ['Line {line} of these results, {field}: {message}', '这些结果的第 {line} 行，{field}：{message}'],
  ['these are no settings', '这不是设置'],
  ['this is no time like {example}', '这不是形如 {example} 的时间'],
  ['each run but the first has a verdict', '除第一个外，每次运行都应有结论'],
  ['"{text}" is no place:begin:seconds', '"{text}" 不是 位置:开始:秒数'],
  ['"{text}" is no pass:dispatches:seconds', '"{text}" 不是 pass:调度数:秒数'],
  [
    'it has lines that are no results, see below: take them out, or send the whole file',
    '其中有不是结果的行，见下：请去掉它们，或发送整个文件',
  ],
  [
    'These are times of kernels (kernels.csv), not runs; a notebook shows them as a profile',
    '这是各内核的时间（kernels.csv），不是运行；笔记本会把它显示为性能分析',
  ],
  [
    'These times of kernels have no column {name}: they are of test-backend-ops, or of version 0.2 of the lab, and do not say what chunk they are of',
    '这些内核时间没有列 {name}：它们来自 test-backend-ops 或 0.2 版实验室，没有写明属于哪个 chunk',
  ],
  ['{count} more of this kind', '还有 {count} 条同类问题'],
  ['the device is not named (gpu_info, x_adapter)', '没有写明设备（gpu_info、x_adapter）'],
  [
    '{seconds} s is no time of a prompt; x_samples_s is in seconds, avg_ns in nanoseconds',
    '{seconds} s 不可能是一段提示词的时间；x_samples_s 以秒计，avg_ns 以纳秒计',
  ],
  ['{count} TFLOPS are beyond every GPU', '{count} TFLOPS 超出任何 GPU'],
  [
    'decoding would read {rate} TB/s of weights, beyond every memory',
    '解码要以 {rate} TB/s 读权重，超出任何显存',
  ],
  [
    'its samples were left out; send the CSV of the table, not that of a link',
    '没有它的样本；请发送表格的 CSV，而不是链接的',
  ],
  ['the hash of its kernels is missing (x_kernel_hash)', '缺少内核的哈希（x_kernel_hash）'],
  ['it says nothing about its checks (x_checks)', '没有写明检查（x_checks）'],
  [
    'its answer was not checked after the timing (answerError in x_checks)',
    '计时之后没有检查它的回答（x_checks 中的 answerError）',
  ],
  [
    '{found} of {count} runs are of a CPU that emulates a GPU: they are listed, and never compared',
    '{count} 次运行中有 {found} 次来自模拟 GPU 的 CPU：只列出，不参与比较',
  ],
  [
    '{found} of {count} runs are from before version 0.2 of the lab, which recorded no checks',
    '{count} 次运行中有 {found} 次来自 0.2 之前的版本，当时不记录检查',
  ],
  [
    '{found} of {count} runs are of llama-bench, which checks no answers',
    '{count} 次运行中有 {found} 次来自 llama-bench，它不检查回答',
  ],
  ['{found} of {count} runs have warnings', '{count} 次运行中有 {found} 次带警告'],
  [
    'Run {run}: {name} is {written}, and its samples come to {computed}',
    '运行 {run}：{name} 写的是 {written}，而由样本算得 {computed}',
  ],
  ['Run {run}: {problemmessage}', '运行 {run}：{problemmessage}'],
  [
    'This CSV has {count} characters; at most {most} are read',
    '这个 CSV 有 {count} 个字符；最多读 {most} 个',
  ],
  ['This CSV is empty; its first line should name the columns', '这个 CSV 是空的；第一行应是列名'],
  ['This CSV has two columns named "{name}"', '这个 CSV 有两列都叫 "{name}"'],
  [
    'Line {line} of the CSV has {count} cells; the first line names {names}',
    'CSV 第 {line} 行有 {count} 格；第一行有 {names} 个列名',
  ],
  [
    'The first line of the CSV names "{separator}" as separator; a comma, semicolon or tab is read',
    'CSV 第一行把 "{separator}" 作分隔符；只能读逗号、分号或制表符',
  ],
  [
    'Line {line} of the CSV has a quote that is not closed, or one in the middle of a cell',
    'CSV 第 {line} 行有未闭合的引号，或引号在格子中间',
  ],
  ['Line {line} of the CSV has text after a closing quote', 'CSV 第 {line} 行在闭引号之后还有文本'],
  [
    'There is nothing in this file; it should hold runs as CSV or JSON',
    '这个文件是空的；应是 CSV 或 JSON 形式的运行',
  ],
  ['This CSV names columns and has no rows', '这个 CSV 只有列名，没有行'],
  [
    "These columns are neither the lab's (x_settings …) nor llama-bench's (n_prompt, n_gen, avg_ns …): {names}",
    '这些列既不是实验室的（x_settings …），也不是 llama-bench 的（n_prompt、n_gen、avg_ns …）：{names}',
  ],
  ['This file has no prompt test (pp). {restmessage}', '这个文件没有提示词测试（pp）。{restmessage}'],
  [
    '{place} times {prompt} prompt tokens and {generated} generated ones together; the lab times them separately',
    '{place} 把 {prompt} 个提示词词元和 {generated} 个生成的词元一起计时；实验室分开计时',
  ],
  ['{place} times nothing: n_prompt and n_gen are 0', '{place} 没有计时任何东西：n_prompt 和 n_gen 都是 0'],
  [
    '{place} times {generated} generated tokens and is left out: {other}, with the same setup, has {count}',
    '{place} 计时 {generated} 个生成的词元，略去：同样设置的 {other} 有 {count} 个',
  ],
  [
    '{place} times {generated} generated tokens, and no prompt test has the same setup',
    '{place} 计时 {generated} 个生成的词元，而没有同样设置的提示词测试',
  ],
  ['{place}: {name} should be a number; it is {value}', '{place}：{name} 应是数；却是 {value}'],
  ['{place}: samples_ns should be times above 0', '{place}：samples_ns 应是大于 0 的时间'],
  ['{place}: avg_ns is 0; a test takes some time', '{place}：avg_ns 是 0；测试总要花时间'],
  ['llama-bench, unknown backend', 'llama-bench，后端未知'],
  [
    '{place} has {count} cells; its first line names {names}',
    '{place} 有 {count} 格；第一行有 {names} 个列名',
  ],
  [
    '{place} should have a test such as pp512 and a speed; it has "{text}"',
    '{place} 应有像 pp512 这样的测试和速度；却是 "{text}"',
  ],
  [
    'This CSV has no column {name}; it was not written by the lab',
    '这个 CSV 没有列 {name}；它不是实验室写的',
  ],
  [
    'This JSON has no field {name}; it was not written by the lab',
    '这个 JSON 没有字段 {name}；它不是实验室写的',
  ],
  ['{place} should be a number, a text or a list; it is {type}', '{place} 应是数、文本或列表；却是 {type}'],
  [
    'Row {row} of the CSV, phase: "{value}" is not one of {phases}',
    'CSV 第 {row} 行，phase："{value}" 不在 {phases} 之中',
  ],
  ['Row {row} of the CSV, {column}: {reasonmessage}', 'CSV 第 {row} 行，{column}：{reasonmessage}'],
  ['This is not JSON: {detail}', '这不是 JSON：{detail}'],
  [
    "Entry {entry} is not an object with llama-bench's fields n_prompt, n_gen, avg_ns …",
    '第 {entry} 项不是带 llama-bench 字段 n_prompt、n_gen、avg_ns … 的对象',
  ],
  ['This JSON is an empty list; it should hold runs', '这个 JSON 是空列表；应有运行'],
  ['One line holds no result and was read past, {linemessage}', '有一行不含结果，已跳过：{linemessage}'],
  [
    '{count} lines hold no result and were read past; the first is {linemessage}',
    '有 {count} 行不含结果，已跳过；第一处是{linemessage}',
  ],
  ['line {line}: "{text}"', '第 {line} 行："{text}"'],
  ['Line {line} of the table', '表格第 {line} 行'],
  ['This profile has no timestamps, so it has no timeline', '这次性能分析没有时间戳，所以没有时间线'],
  ['{text} is not a number of samples and an interval in seconds', '{text} 不是样本数和以秒计的区间'],
  [
    '{word} is neither kernel=variant nor a knob of the variant before',
    '{word} 既不是 kernel=variant，也不是前面变体的参数',
  ],
  ['{word} is not name=number', '{word} 不是 名称=数'],
  ['{word} is not name=text', '{word} 不是 名称=文本'],
  ['{text} has a % that encodes nothing', '{text} 中有不编码任何字符的 %'],
  ['the quality lacks {missing}', '质量缺少 {missing}'],
  [
    'a run needs at least one sample, and every sample some time',
    '一次运行至少要有一个样本，每个样本都要有时间',
  ],
  ['{word} is not a time like 2026-01-31T12:00:00.000Z', '{word} 不是像 2026-01-31T12:00:00.000Z 这样的时间'],
  ['{word} is not a number', '{word} 不是数'],
  ['{word} is not one of {list}', '{word} 不在 {list} 之中'],
  ['{list} lacks {missing}', '{list} 缺少 {missing}'],
  [
    'row {row} needs series, x_key, x and tokens_per_second; it has {value}',
    '第 {row} 行需要 series、x_key、x 和 tokens_per_second；却是 {value}',
  ],
  ['{name} should be {least} or more', '{name} 应不小于 {least}'],
] as const satisfies Sentences;
