/** The seven kinds of HTML block of CommonMark 0.31: how each begins and what ends it. */

export interface HtmlStart {
  begin: RegExp;
  /** Matches the last line of the block; without it, a blank line ends the block. */
  end?: RegExp;
  /** A line that ends the block. */
  closing: string;
  /** True if such a block can begin inside a paragraph. */
  interrupts: boolean;
}

const NAMES = `address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt
fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem
nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul`;

const ATTRIBUTE = `[ \\t]+[a-z_:][\\w:.-]*(?:[ \\t]*=[ \\t]*(?:[^"'=<>\`\\x00-\\x20]+|'[^']*'|"[^"]*"))?`;

export const HTML_STARTS: readonly HtmlStart[] = [
  {
    begin: /^<(?:pre|script|style|textarea)(?:[\s>]|$)/i,
    end: /<\/(?:pre|script|style|textarea)>/i,
    closing: '</pre>',
    interrupts: true,
  },
  { begin: /^<!--/, end: /-->/, closing: '-->', interrupts: true },
  { begin: /^<\?/, end: /\?>/, closing: '?>', interrupts: true },
  { begin: /^<![a-z]/i, end: />/, closing: '>', interrupts: true },
  { begin: /^<!\[CDATA\[/, end: /\]\]>/, closing: ']]>', interrupts: true },
  {
    begin: new RegExp(`^</?(?:${NAMES.replaceAll('\n', '|')})(?:[ \\t]|/?>|$)`, 'i'),
    closing: '',
    interrupts: true,
  },
  {
    begin: new RegExp(
      `^<(?:[a-z][a-z\\d-]*(?:${ATTRIBUTE})*[ \\t]*/?|/[a-z][a-z\\d-]*[ \\t]*)>[ \\t]*$`,
      'i',
    ),
    closing: '',
    interrupts: false,
  },
];
