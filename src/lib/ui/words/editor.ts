/** The editor's words: of its own controls, and CodeMirror's phrases, which are their English themselves. */

const en = {
  /** How the keyboard leaves an editor. */
  keys: 'Tab leaves the editor, Escape goes back to the cell, Ctrl or ⌘ with ] and [ indents.',
  revert: 'Put back',
  revertAbout: 'Put this part back as it is in the other text',
  plain: 'The full editor could not be loaded; this plain one works as well.',
  /** Names a table or a listing in prose that may be wider than its column. */
  scrolls: 'Table or listing',
  phrases: {} as Record<string, string>,
};

const zh: typeof en = {
  keys: 'Tab 离开编辑器，Escape 回到单元格，Ctrl 或 ⌘ 加 ] 与 [ 缩进。',
  revert: '还原',
  revertAbout: '把这一部分还原成另一份文本的样子',
  plain: '完整的编辑器无法载入；这个简单的编辑框同样可用。',
  scrolls: '表格或代码',
  phrases: {
    'Control character': '控制字符',
    'Selection deleted': '已删除选区',
    'Go to line': '跳到行',
    'No diagnostics': '没有问题',
    'replace all': '全部替换',
    'replaced $ matches': '已替换 $ 处',
    'replaced match on line $': '已替换第 $ 行的匹配',
    'match case': '区分大小写',
    'by word': '整词',
    'on line': '在行',
    '$ unchanged lines': '$ 行未改动',
    Completions: '补全',
    Diagnostics: '问题',
    Find: '查找',
    Replace: '替换',
    all: '全部',
    close: '关闭',
    'current match': '当前匹配',
    go: '跳转',
    next: '下一个',
    previous: '上一个',
    regexp: '正则',
    replace: '替换',
  },
};

export const editor = { en, zh };
