/** Models, their files and downloads, in Chinese. More special sentences come first. */
import type { Sentences } from '../../told';

export default [
  [
    '{model} is not stored here ({size}from {from}); {message}',
    '{model} 没有存放在这里（{size}来自 {from}）；{message}',
  ],
  ['{model} is not stored here; {message}', '{model} 没有存放在这里；{message}'],
  ['{file} is not being downloaded', '{file} 没有在下载'],
  [
    '{name}: the browser shares a file of another SHA-256 under this name, {found} instead of {wanted}; it is not used',
    '{name}：浏览器在此名称下共享的文件 SHA-256 不同，是 {found} 而不是 {wanted}；不使用它',
  ],
  ['it ends at byte {at} of {bytes}', '它在 {bytes} 字节中的第 {at} 字节就结束了'],
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
    '词表中没有词元（元数据键 tokenizer.ggml.tokens）',
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
  ['download it first', '请先下载'],
  [
    'There is no model "{name}" here; open the file again, or give an address that begins with https://',
    '这里没有模型 "{name}"；请重新打开文件，或给出以 https:// 开头的网址',
  ],
  ['There is no model "{name}"; synthetic ones: {names}', '没有模型 "{name}"；合成模型：{names}'],
  ['{name} is not open; choose all parts at once', '{name} 没有打开；请一次选中所有部分'],
  ['The download was ended before the file was whole', '文件还不完整，下载就结束了'],
  [
    'the file on the server changed while it was read; what was loaded is discarded',
    '读取时服务器上的文件变了；已丢弃读入的内容',
  ],
  ['"{name}" cannot be the name of a file', '"{name}" 不能作文件名'],
  ['{messagemessage}; the next try is in {count} s', '{messagemessage}；{count} 秒后再试'],
  ['{messagemessage}; begun again', '{messagemessage}；已重新开始'],
  ['what was stored is of another file', '存放的是另一个文件的内容'],
  [
    '{name} needs {size} more, and there is room for {free}; these could be deleted: {list}. What has arrived is kept',
    '{name} 还需要 {size}，只剩 {free}；可以删除：{list}。已下载的部分会保留',
  ],
  [
    '{name} needs {size} more; the browser or system took no more, although it says that {free} are free; these could be deleted: {list}. What has arrived is kept',
    '{name} 还需要 {size}；浏览器或系统不再接受，虽然它说还有 {free}；可以删除：{list}。已下载的部分会保留',
  ],
  [
    '{name} needs {size} more; these could be deleted: {list}. What has arrived is kept',
    '{name} 还需要 {size}；可以删除：{list}。已下载的部分会保留',
  ],
  [
    '{name} needs {size} more, and there is room for {free}. What has arrived is kept',
    '{name} 还需要 {size}，只剩 {free}。已下载的部分会保留',
  ],
  [
    '{name} needs {size} more; the browser or system took no more, although it says that {free} are free. What has arrived is kept',
    '{name} 还需要 {size}；浏览器或系统不再接受，虽然它说还有 {free}。已下载的部分会保留',
  ],
  ['{name} needs {size} more. What has arrived is kept', '{name} 还需要 {size}。已下载的部分会保留'],
  ['{file} ends at byte {at}', '{file} 到第 {at} 字节就结束了'],
  [
    "{address}: the server's answer ended at byte {at} of {bytes}",
    '{address}：服务器的回答在 {bytes} 字节中的第 {at} 字节就结束了',
  ],
  ['{address}: no byte came for {seconds} seconds', '{address}：{seconds} 秒内没有收到一个字节'],
  ['{address}: an answer without a body', '{address}：回答没有内容'],
  ['the file has no byte {from} any more', '文件不再有第 {from} 字节'],
  ['the file on the server is another one now', '服务器上现在是另一个文件'],
  ['the file has {length} bytes now, not {bytes}', '文件现在有 {length} 字节，而不是 {bytes} 字节'],
  [
    'the server sends the whole file without saying whether it is the same',
    '服务器发来整个文件，却没说是不是同一个',
  ],
  ['{address}: asked for byte {from}, got {first}', '{address}：请求第 {from} 字节，得到第 {first} 字节'],
  [
    '{address}: the server answered {status} (a model that needs an account: the terminal reads its token from HF_TOKEN)',
    '{address}：服务器回答 {status}（这个模型需要账号：终端从 HF_TOKEN 读取令牌）',
  ],
  ['{address}: the server answered {status}', '{address}：服务器回答 {status}'],
  [
    '{address}: needs "Content-Range: bytes first-last/size" in the server\'s answer (status 206), got {gotmessage}',
    '{address}：服务器的回答（状态 206）需要 "Content-Range: bytes first-last/size"，得到的是：{gotmessage}',
  ],
  ['none that this page may see', '这个页面看不到的内容'],
  ['"{name}" is nothing to download', '"{name}" 不可下载'],
  [
    '{name} can no longer be read (was it changed or moved?): {detail}',
    '{name} 无法再读取（被改动或移走了？）：{detail}',
  ],
  ['{name} was closed while it was read', '{name} 在读取时被关闭'],
  ['{url}: the server stopped answering Range requests', '{url}：服务器不再回答 Range 请求'],
  [
    '{url}: the file on the server changed while it was read; load it again',
    '{url}：读取时服务器上的文件变了；请重新加载',
  ],
  [
    '{url}: asked for {length} bytes at {offset}, got {got} at {start}',
    '{url}：请求 {offset} 处的 {length} 字节，得到 {start} 处的 {got} 字节',
  ],
  ['{url} cannot be read: {blamemessage}: {detail}', '无法读取 {url}：{blamemessage}：{detail}'],
  [
    'the network failed, or the server allows no other site to read it (CORS)',
    '网络失败，或服务器不允许其他网站读取它（CORS）',
  ],
  ['{url}: the server did not answer within {seconds} seconds', '{url}：服务器在 {seconds} 秒内没有回答'],
  [
    '{url}: the server must answer Range requests for a file of more than {most} MiB; it sends the whole file (status 200)',
    '{url}：文件超过 {most} MiB 时服务器必须回答 Range 请求；它却发来整个文件（状态 200）',
  ],
  [
    '"{url}" is no address of a file: it should begin with https:// or http://',
    '"{url}" 不是文件的网址：应以 https:// 或 http:// 开头',
  ],
  [
    '{name} has {size} bytes; asked for {length} bytes at {offset}',
    '{name} 有 {size} 字节；却请求 {offset} 处的 {length} 字节',
  ],
  ['{address} has {found} bytes, not {bytes}', '{address} 有 {found} 字节，而不是 {bytes} 字节'],
  ['{written} of {bytes} bytes were written', '{bytes} 字节中只写入了 {written} 字节'],
  ['{first} bytes were written, and the file has {had}', '写入了 {first} 字节，文件却有 {had} 字节'],
  ['Byte {wrong} was read as another than it was written', '第 {wrong} 个字节读出的值与写入的不同'],
  ['{left} bytes are left of a deleted file', '文件删除后还剩 {left} 字节'],
  ['{size} bytes were written in two visits and read', '分两次写入 {size} 字节并读回'],
  ['The hash is {got} instead of {want}', '散列值是 {got}，应为 {want}'],
  ['the right hash, {want}, from a stored state on', '从保存的状态继续，散列值正确：{want}'],
  ['What was read is not what was written', '读出的内容与写入的不同'],
  ['a value was written, read and deleted', '写入、读取并删除了一个值'],
  ['The browser does not say how much room there is', '浏览器没有说明有多少空间'],
  ['{taken} MB used, {left} MB free, and kept', '已用 {taken} MB，剩余 {left} MB，会保留'],
  [
    '{taken} MB used, {left} MB free; the browser may evict it',
    '已用 {taken} MB，剩余 {left} MB；浏览器可能清除',
  ],
  [
    "The logits differ from llama.cpp's by {error} of their deviation",
    'logits 与 llama.cpp 的相差其标准差的 {error}',
  ],
  ['The text is "{said}" instead of "{text}"', '文本是“{said}”，应为“{text}”'],
  [
    'logits within {error} of llama.cpp\'s, and the same text: "…{said}"',
    'logits 与 llama.cpp 相差不超过 {error}，文本相同：“…{said}”',
  ],
  ['The notebook came back as another: {got}', '读回的笔记本不同：{got}'],
  ['a link of {length} characters brings the same notebook back', '{length} 个字符的链接读回了同一笔记本'],
  ['This browser offers no WebGPU to workers', '这个浏览器不在工作线程中提供 WebGPU'],
] as const satisfies Sentences;
