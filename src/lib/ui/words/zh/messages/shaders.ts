/** Messages about faults in a shader, in Chinese. More special sentences come first. */
import type { Sentences } from '../../told';

export default [
  ['{label} cannot be used: {reasonmessage}', '{label} 不能使用：{reasonmessage}'],
  ['{label} does not compile: {detail}', '{label} 无法编译：{detail}'],
  ['{label} makes no pipeline of {entry}: {detail}', '{label} 的 {entry} 无法建立管线：{detail}'],
  ['{label} binds "{name}"; it was given: {names}', '{label} 绑定了 "{name}"；提供的是：{names}'],
  ['{label} starts no workgroups at {sizes}', '{label} 在 {sizes} 时不启动任何工作组'],
  ['No variant was chosen for {kernel}; there are: {names}', '没有为 {kernel} 选定变体；现有：{names}'],
  ['No variant was given for {kernel}, which {tensor} needs', '没有给出 {tensor} 所需的 {kernel} 的变体'],
  ['This is not read as a knob; write {example}', '这不会被读作参数；请写 {example}'],
  [
    '{name} is {value}, which is none of its choices: {choices}',
    '{name} 是 {value}，不在它的选项之中：{choices}',
  ],
  ['"{key}:" is no known key; known: {keys}', '"{key}:" 不是已知的键；已知：{keys}'],
  ['There is no function {entry} to run', '没有可运行的函数 {entry}'],
  ['{kernel} has no array "{name}"; it has: {known}', '{kernel} 没有数组 "{name}"；现有：{known}'],
  [
    '{kernel} writes its results to "{name}", which is not bound here',
    '{kernel} 把结果写入 "{name}"，这里没有绑定它',
  ],
  ['{array} is wrong a little everywhere', '{array} 处处都有一点偏差'],
  ['no reason given', '没有给出原因'],
  [
    '"{name}" in "{expression}" is no known name; known: {names}',
    '"{expression}" 中的 "{name}" 不是已知名称；已知：{names}',
  ],
  ['"{expression}" goes on after its end: "{rest}"', '"{expression}" 在结尾之后还有："{rest}"'],
  ['"{expression}" divides by zero or is too large', '"{expression}" 除以零或太大'],
  ['"{expression}" has too many brackets within one another', '"{expression}" 的括号嵌套太深'],
  ['"{expression}" cannot be read from "{text}" on', '"{expression}" 从 "{text}" 起无法读取'],
  ['"{expression}" lacks a closing bracket', '"{expression}" 缺少闭括号'],
  ['"{expression}" has "{text}", which is no whole number', '"{expression}" 中的 "{text}" 不是整数'],
  ['There is no kernel "{kernel}"; there are: {names}', '没有内核 "{kernel}"；现有：{names}'],
  ['{variant} is for the format {format}; there are: {names}', '{variant} 针对格式 {format}；现有：{names}'],
  [
    '{variant} says it is for {formats}, so not for {kernel}',
    '{variant} 声明针对 {formats}，因此不适用于 {kernel}',
  ],
  ['{label} has {count} knobs; at most {most} are possible', '{label} 有 {count} 个参数；最多 {most} 个'],
  [
    '{label}: the knob {knob} has {count} choices; at most {most} are possible',
    '{label}：参数 {knob} 有 {count} 个选项；最多 {most} 个',
  ],
  ['{label} has a buffer of its own called {name}, as another', '{label} 自己的缓冲区 {name} 与另一个重名'],
  [
    '{label} binds {name} as read_write; load passes write: {allowed}',
    '{label} 以 read_write 绑定 {name}；加载步骤可写：{allowed}',
  ],
  [
    '{label} binds {name} as read_write; it may write: {allowed}',
    '{label} 以 read_write 绑定 {name}；它可写：{allowed}',
  ],
  [
    '{label} has {count} header lines; at most {most} are possible',
    '{label} 有 {count} 行文件头；最多 {most} 行',
  ],
  [
    '{label} has {count} characters; at most {most} are possible',
    '{label} 有 {count} 个字符；最多 {most} 个',
  ],
  [
    '{label} has no "//! grid:" line, which says how many workgroups run',
    '{label} 没有 "//! grid:" 行，它说明运行多少工作组',
  ],
  ['{label} uses {file}.wgsl; there are: {names}', '{label} 使用 {file}.wgsl；现有：{names}'],
  ['{label} has no knob "{name}"; it has: {names}', '{label} 没有参数 "{name}"；现有：{names}'],
  [
    '{label}: {name} cannot be {value}; its choices: {choices}',
    '{label}：{name} 不能是 {value}；可选：{choices}',
  ],
  ['There is no file of a shader {name}', '没有着色器 {name} 的文件'],
] as const satisfies Sentences;
