/** The editor's words: of its own controls, and CodeMirror's phrases, which are their English themselves. */

export const editor = {
  /** How the keyboard leaves an editor. */
  keys: 'Tab leaves the editor, Escape goes back to the cell, Ctrl or ⌘ with ] and [ indents.',
  revert: 'Put back',
  revertAbout: 'Put this part back as it is in the other text',
  plain: 'The full editor could not be loaded; this plain one works as well.',
  /** Names a table or a listing in prose that may be wider than its column. */
  scrolls: 'Table or listing',
  phrases: {} as Record<string, string>,
};
