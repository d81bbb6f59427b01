/** The worker that turns Markdown into HTML; markdownHtml.ts asks it. */
import { parseMarkdown } from './parseMarkdown';

export interface Asked {
  text: string;
  top: number;
}

/** The HTML; undefined for a text that cannot be parsed. */
export type Answer = { html: string | undefined };

self.onmessage = ({ data: { text, top } }: MessageEvent<Asked>) => {
  let html: string | undefined;
  try {
    html = parseMarkdown(text, top);
  } catch {
    // Nested too deeply: the page shows the text as it is written.
  }
  self.postMessage({ html } satisfies Answer);
};
self.postMessage({ html: undefined } satisfies Answer); // ready
