/** Two texts side by side with their differences, both read-only. Loaded when such a pair is shown. */
import { StreamLanguage } from '@codemirror/language';
import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { withPlainLines } from './text';
import { looks } from './theme';
import { wgslMode } from './wgsl';

/** A text with its accessible name. */
export interface Side {
  label: string;
  text: string;
}

/** Shows WGSL texts `a` and `b` within `parent`; returns what removes them. */
export function showPair(parent: HTMLElement, a: Side, b: Side, phrases: Record<string, string>): () => void {
  const side = ({ label, text }: Side) => ({
    doc: withPlainLines(text),
    extensions: [
      EditorState.phrases.of(phrases),
      EditorState.readOnly.of(true),
      EditorView.contentAttributes.of({
        ...{ 'aria-label': label, 'aria-readonly': 'true', spellcheck: 'false', tabindex: '0' },
        inputmode: 'none',
      }),
      StreamLanguage.define<unknown>(wgslMode),
      lineNumbers(),
      looks,
    ],
  });
  const view = new MergeView({
    ...{ a: side(a), b: side(b), parent },
    collapseUnchanged: { margin: 3, minSize: 8 },
  });
  return () => view.destroy();
}
