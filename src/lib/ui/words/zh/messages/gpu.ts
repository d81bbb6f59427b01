/** Memory, limits and loss of a GPU, in Chinese. More special sentences come first. */
import type { Sentences } from '../../told';

export default [
  [
    'On it were {weights} of weights of {model}, {layouts} of the same in layouts that variants keep and {besides} of state and activations: {advicemessage}',
    '当时它上面有：{model} 的权重 {weights}，变体另存布局的权重 {layouts}，状态与激活 {besides}：{advicemessage}',
  ],
  [
    'On it were {weights} of weights of {model} and {besides} of state and activations: {advicemessage}',
    '当时它上面有：{model} 的权重 {weights}，状态与激活 {besides}：{advicemessage}',
  ],
  ['On it were {parts}: {advicemessage}', '当时它上面有 {parts}：{advicemessage}'],
  [
    'lower the chunk, choose variants without a layout of their own, lower steps_per_submit, if one submit takes the GPU seconds, or {modelmessage}',
    '可减小 chunk，选不另存布局的变体，若一次提交要占用 GPU 数秒则减小 steps_per_submit，或{modelmessage}',
  ],
  [
    'lower the chunk, choose variants without a layout of their own, or {modelmessage}',
    '可减小 chunk，选不另存布局的变体，或{modelmessage}',
  ],
  [
    'lower the chunk, lower steps_per_submit, if one submit takes the GPU seconds, or {modelmessage}',
    '可减小 chunk，若一次提交要占用 GPU 数秒则减小 steps_per_submit，或{modelmessage}',
  ],
  ['lower the chunk, or {modelmessage}', '可减小 chunk，或{modelmessage}'],
  ['choose a smaller model, or one with fewer bits a weight', '选更小的模型或每权重位数更少的模型'],
  [
    'Choose a smaller model, or one with fewer bits a weight, or close what else uses the GPU',
    '请选更小的模型或每权重位数更少的模型，或关闭占用 GPU 的其他程序',
  ],
  ['The next run opens the GPU again', '下一次运行会重新打开 GPU'],
  [
    'The GPU was lost while weights were loaded (at {at}): {detail}',
    '加载权重时失去了 GPU（在 {at}）：{detail}',
  ],
  [
    'The GPU was lost while random weights were made (at {at}): {detail}',
    '生成随机权重时失去了 GPU（在 {at}）：{detail}',
  ],
  ['The GPU was lost ({detail})', '失去了 GPU（{detail}）'],
  ['The GPU was lost', '失去了 GPU'],
  ['The GPU device was lost at {variant}: {detail}', '在 {variant} 失去了 GPU 设备：{detail}'],
  ['Random weights up to {label} could not be made: {detail}', '无法生成到 {label} 为止的随机权重：{detail}'],
  ['Random weights cannot be made as {format}', '无法生成 {format} 格式的随机权重'],
  ['There is no room on this GPU for {whatmessage}: {detail}', '这块 GPU 放不下{whatmessage}：{detail}'],
  ['a chunk of {count} tokens; lower the chunk', ' {count} 个词元的分块（请减小 chunk）'],
  [
    'There is no room beside the model to check {label}, which takes {size} and more; lower the chunk: {detail}',
    '模型之外没有空间检查 {label}，它至少需要 {size}；请减小 chunk：{detail}',
  ],
  [
    '{name} is too large for this GPU: no room for {part} ({size}) after {before} of {whole}; a single buffer may have {most}. {detail}',
    '{name} 对这块 GPU 太大：在 {whole} 中的 {before} 之后放不下 {part}（{size}）；单个缓冲区最大 {most}。{detail}',
  ],
  [
    '{name} is too large for this GPU: {step} of its {rows} rows have {size}, and the GPU binds {most} at most',
    '{name} 对这块 GPU 太大：{rows} 行中的 {step} 行就有 {size}，而 GPU 最多绑定 {most}',
  ],
  [
    '{name} is too large for this GPU: {size}; it binds {most} at most',
    '{name} 对这块 GPU 太大：{size}；最多绑定 {most}',
  ],
  [
    '{label} needs a buffer of {size}; this GPU allows {most}',
    '{label} 需要 {size} 的缓冲区；这块 GPU 最多 {most}',
  ],
  [
    '{label} keeps a matrix as {names}: no room for {size} after {before} of the same. {detailmessage}',
    '{label} 把矩阵另存为 {names}：在已有的 {before} 之后放不下 {size}。{detailmessage}',
  ],
  ['This GPU binds {most} at most', '这块 GPU 最多绑定 {most}'],
  [
    '{label} binds {size} as {name}; this GPU allows {most}: lower the chunk',
    '{label} 把 {size} 绑定为 {name}；这块 GPU 最多 {most}：请减小 chunk',
  ],
  [
    '{label} asks for {x} × {y} × {z} workgroups; this GPU allows {most} a dimension',
    '{label} 要求 {x} × {y} × {z} 个工作组；这块 GPU 每维最多 {most}',
  ],
  [
    'The shared activations have no room for a chunk of {count} tokens',
    '共用的激活放不下 {count} 个词元的分块',
  ],
  ['This machine offers no WebGPU adapter', '这台机器没有 WebGPU 适配器'],
  [
    "needs subgroups of {count} threads; this GPU's may have {least}",
    '需要 {count} 线程的子组；这块 GPU 的可能只有 {least}',
  ],
  ['its knobs break its own rule "{rule}"', '它的参数违反了它自己的规则 "{rule}"'],
  [
    'needs {count} threads a workgroup; this GPU allows {most}',
    '每个工作组需要 {count} 个线程；这块 GPU 最多 {most}',
  ],
  [
    'needs {count} bytes of workgroup memory; this GPU allows {most}',
    '需要 {count} 字节的工作组内存；这块 GPU 最多 {most}',
  ],
  [
    'needs {count} storage buffers; this GPU allows {most}',
    '需要 {count} 个存储缓冲区；这块 GPU 最多 {most}',
  ],
] as const satisfies Sentences;
