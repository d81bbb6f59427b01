/** Converts Markdown to safe HTML; the text may come from an untrusted link. Loaded with the first prose cell. */
import DOMPurify from 'dompurify';
import { Marked, type Tokens } from 'marked';

/** Allowed tags: none that run scripts, load, style or embed. Ids and names are excluded, against DOM clobbering. */
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
 * Renders Markdown as a sanitised document fragment. `top`: level of its highest headings, so that they fit the page's
 * outline. `scrolls`: accessible name of tables and listings, which may scroll sideways.
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
      // A checkbox element would need an accessible name; a character does not.
      checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
    },
  });
}

/** Lowers headings written as HTML to the level that Markdown headings start at. */
function lower(heading: Element, top: number) {
  if (Number(heading.tagName[1]) >= top) return;
  const lowered = document.createElement(`h${top}`);
  lowered.append(...heading.childNodes);
  heading.replaceWith(lowered);
}

/**
 * Keeps links within the page; opens all others in a new tab without access to this page, and removes unsafe addresses.
 */
function guardLink(link: HTMLAnchorElement) {
  const written = link.getAttribute('href');
  if (written === null || written.startsWith('#')) return;
  if (!LINKS.test(addressOf(written)?.protocol ?? '')) return link.removeAttribute('href');
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
}

/**
 * Replaces images of other sites by their alternative text, because loading one would tell its server who reads the
 * notebook and when.
 */
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

/**
 * Wraps a wide element in a focusable group, so that the keyboard can scroll it. It is not a region, as a page would
 * have too many of them.
 */
function makeScrollable(wide: Element, label: string) {
  const group = document.createElement('div');
  group.className = 'wide';
  group.tabIndex = 0;
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', label);
  wide.replaceWith(group);
  group.append(wide);
}
