/** Markdown to HTML that is not yet safe. Runs in a worker: marked takes quadratic time for some texts. */
import { Marked, type RendererObject, type Tokens } from 'marked';

/** `top`: level of the highest headings; `more`: other renderers. Throws for text that is nested too deeply for marked. */
export function parseMarkdown(text: string, top: number, more?: RendererObject<string, string>): string {
  return new Marked<string, string>({
    gfm: true,
    renderer: {
      heading({ depth, tokens }: Tokens.Heading) {
        const level = Math.min(6, depth + top - 1);
        return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      // A checkbox element would need an accessible name; a character does not.
      checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
      ...more,
    },
  }).parse(text, { async: false });
}
