// The renderer of prose without its worker, for a test page.
import { safeFragment } from '../../src/lib/ui/editor/markdown';
import { parseMarkdown } from '../../src/lib/ui/editor/parseMarkdown';

export const renderMarkdown = (text: string, top: number, scrolls: string): DocumentFragment =>
  safeFragment(parseMarkdown(text, top), top, { scrolls, showImage: (about) => about });
