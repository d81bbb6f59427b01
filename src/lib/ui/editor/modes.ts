/** Highlighting modes for prose (Markdown) and for a cell's settings; they recognise only the basic syntax. */
import type { StreamParser } from '@codemirror/language';
import { isRule } from '../../lab/experiment/settings';

interface MarkdownState {
  /** The opening fence, or ''; the closing fence must be at least as long. */
  fence: string;
}

const markdown: StreamParser<MarkdownState> = {
  name: 'markdown',
  startState: () => ({ fence: '' }),
  token(stream, state) {
    if (stream.sol()) {
      const [, fence] = /^ {0,3}(`{3,}|~{3,})/.exec(stream.string) ?? [];
      const closes = fence?.startsWith(state.fence) && /^\s*[`~]+\s*$/.test(stream.string);
      if (fence && (state.fence === '' || closes)) {
        state.fence = state.fence ? '' : fence;
        stream.skipToEnd();
        return 'meta';
      }
    }
    if (state.fence) {
      stream.skipToEnd();
      return 'monospace';
    }
    if (stream.sol() && stream.match(/^ {0,3}#{1,6} .*/)) return 'heading';
    if (stream.sol() && stream.match(/^\s*(?:[-*+]|\d+[.)]|>) /)) return 'punctuation';
    if (stream.match(/^`[^`]+`/)) return 'monospace';
    if (stream.match(/^\*\*[^*]+\*\*/) || stream.match(/^__[^_]+__/)) return 'strong';
    if (stream.match(/^\*[^*\s][^*]*\*/) || stream.match(/^_[^_\s][^_]*_(?!\w)/)) return 'emphasis';
    if (stream.match(/^!?\[[^\]]*\]\([^)\s]*\)/)) return 'link';
    // Consumes whole words, so that an underscore within a word marks nothing.
    if (!stream.match(/^\w+/)) stream.next();
    return null;
  },
};

/**
 * Settings: `key=value,value`, one per line or joined by &. A line `---` separates blocks of compared settings, or
 * settings from a prompt.
 */
const settings: StreamParser<unknown> = {
  name: 'settings',
  token(stream) {
    if (stream.sol() && (stream.match(/^\s*#.*$/) || isRule(stream.string))) {
      stream.skipToEnd();
      return 'comment';
    }
    if (stream.match(/^[\w.@-]+(?==)/)) return 'propertyName';
    if (stream.match(/^[=&,]/)) return 'punctuation';
    if (stream.match(/^-?\d+(\.\d+)?(e[+-]?\d+)?\b/)) return 'number';
    if (!stream.match(/^[\w.:/-]+/)) stream.next();
    return 'string';
  },
};

export const modes = { markdown, settings };
