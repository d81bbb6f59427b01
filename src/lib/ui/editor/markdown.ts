/** Markdown as safe HTML. What it is given may come from anybody's link. Loaded when the first prose is seen. */
import DOMPurify from 'dompurify';
import { Marked, type Tokens } from 'marked';

/** Nothing that runs, asks, styles or embeds; no names that the page's scripts could take for their own. */
const ALLOWED_TAGS =
  `a abbr b blockquote br code del details dd div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark
  ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var`.split(/\s+/);
const ALLOWED_ATTR = 'href title src alt width height align colspan rowspan start open scope lang dir'.split(
  ' ',
);
const LINKS = /^(https?|mailto):$/;
const PICTURE = /^data:image\/(png|jpeg|gif|webp|avif|svg\+xml)[;,]/;

const purify = DOMPurify(window);

/**
 * The text as a fragment of the page. `top` is the level of its first heading: a page has an order of headings, and no
 * text may break it. `scrolls` names a table or listing that may be wider than its column.
 */
export function renderMarkdown(text: string, top: number, scrolls: string): DocumentFragment {
  const html = parser(top).parse(text, { async: false });
  const fragment = purify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll('a')) guardLink(link);
  for (const image of fragment.querySelectorAll('img')) guardImage(image);
  for (const heading of fragment.querySelectorAll('h1, h2, h3, h4, h5, h6')) lower(heading, top);
  for (const wide of fragment.querySelectorAll('table, pre')) makeScrollable(wide, scrolls);
  return fragment;
}

function parser(top: number): Marked {
  return new Marked<string, string>({
    gfm: true,
    renderer: {
      heading({ depth, tokens }: Tokens.Heading) {
        const level = Math.min(6, depth + top - 1);
        return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      // A form's control would have to be named; a sign needs no name.
      checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
    },
  });
}

/** Headings that were written as HTML are no higher than those of Markdown. */
function lower(heading: Element, top: number) {
  if (Number(heading.tagName[1]) >= top) return;
  const lowered = document.createElement(`h${top}`);
  lowered.append(...heading.childNodes);
  heading.replaceWith(lowered);
}

/** A place in the page stays in it; all other links open beside it, and cannot reach back. */
function guardLink(link: HTMLAnchorElement) {
  const written = link.getAttribute('href');
  if (written === null || written.startsWith('#')) return;
  if (!LINKS.test(addressOf(written)?.protocol ?? '')) return link.removeAttribute('href');
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
}

/** A picture from elsewhere would tell its server who reads the notebook, and when: its words stand in for it. */
function guardImage(image: HTMLImageElement) {
  const written = image.getAttribute('src');
  const source = written ? addressOf(written) : undefined;
  image.alt ||= '';
  if (source && (source.origin === location.origin || PICTURE.test(source.href)))
    return void (image.loading = 'lazy');
  const words = document.createElement('em');
  words.textContent = image.alt || written;
  image.replaceWith(words);
}

const addressOf = (written: string): URL | undefined =>
  URL.canParse(written, document.baseURI) ? new URL(written, document.baseURI) : undefined;

/** What scrolls has to be reached with the keyboard. No region: a page would have too many of them. */
function makeScrollable(wide: Element, label: string) {
  const group = document.createElement('div');
  group.className = 'wide';
  group.tabIndex = 0;
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', label);
  wide.replaceWith(group);
  group.append(wide);
}
