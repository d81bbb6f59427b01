/** Words of the editor: its own controls, and CodeMirror's phrases. */

/** CodeMirror's phrases that other languages translate; the phrase itself is the English. */
type Phrase =
  | 'Control character'
  | 'Selection deleted'
  | 'Go to line'
  | 'No diagnostics'
  | 'replace all'
  | 'replaced $ matches'
  | 'replaced match on line $'
  | 'match case'
  | 'by word'
  | 'on line'
  | '$ unchanged lines'
  | 'Completions'
  | 'Diagnostics'
  | 'Find'
  | 'Replace'
  | 'all'
  | 'close'
  | 'current match'
  | 'go'
  | 'next'
  | 'previous'
  | 'regexp'
  | 'replace';
export type Phrases = Record<Phrase, string>;

export const editor = {
  /** Tells keyboard users how to leave an editor. */
  keys: 'Tab leaves the editor, Escape goes back to the cell, Ctrl or ⌘ with ] or [ indents.',
  revert: 'Revert',
  revertAbout: 'Restore this part from the other text',
  plain: 'The full editor could not be loaded; this plain one works as well.',
  /** Label of a table or listing that scrolls sideways. */
  scrolls: 'Table or listing',
  showImage: (about: string) => `Show the image: ${about}`,
  phrases: {} as Phrases | Record<never, string>,
};
