/** Markdown to HTML that is not yet safe. Runs in a worker: marked takes quadratic time for some texts. */
import { Marked, type Tokens } from 'marked';

/** `top`: level of the highest headings. Throws for text that is nested too deeply for marked. */
export function parseMarkdown(text: string, top: number): string {
  return new Marked<string, string>({
    gfm: true,
    renderer: {
      heading({ depth, tokens }: Tokens.Heading) {
        const level = Math.min(6, depth + top - 1);
        return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      // A checkbox element would need an accessible name; a character does not.
      checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
    },
  }).parse(text, { async: false });
}
