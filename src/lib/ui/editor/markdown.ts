/** Makes the HTML of Markdown safe; the text may come from an untrusted link. Loaded with the first prose cell. */
import DOMPurify from 'dompurify';

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

/** Words for what the page adds to prose. */
export interface ProseWords {
  /** Accessible name of tables and listings, which may scroll sideways. */
  scrolls: string;
  /** Label of the button that loads an image. */
  showImage: (about: string) => string;
}

/** A sanitised document fragment of HTML from Markdown. `top`: level of its highest headings, to fit the page's outline. */
export function safeFragment(html: string, top: number, words: ProseWords): DocumentFragment {
  const fragment = purify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll('a')) guardLink(link);
  for (const image of fragment.querySelectorAll('img')) guardImage(image, words);
  for (const heading of fragment.querySelectorAll('h1, h2, h3, h4, h5, h6')) lower(heading, top);
  for (const wide of fragment.querySelectorAll('table, pre')) makeScrollable(wide, words.scrolls);
  return fragment;
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
 * Shows images that are part of the text, and replaces the others: those of this site by a button that loads them, because even
 * that request is the reader's to make; those of other sites by their alternative text, because loading one would tell its
 * server who reads the notebook and when.
 */
function guardImage(image: HTMLImageElement, { showImage }: ProseWords) {
  const written = image.getAttribute('src');
  const source = written ? addressOf(written) : undefined;
  image.alt ||= '';
  if (source && PICTURE.test(source.href)) return void (image.loading = 'lazy');
  if (source?.origin !== location.origin) {
    const words = document.createElement('em');
    words.textContent = image.alt || written;
    return image.replaceWith(words);
  }
  // Without its address, the image that is kept for later is not fetched.
  image.removeAttribute('src');
  const button = document.createElement('button');
  button.className = 'button plain';
  button.dataset.image = '';
  button.textContent = showImage(image.alt || (written ?? ''));
  button.addEventListener('click', () => {
    image.src = source.href;
    button.replaceWith(image);
  });
  image.replaceWith(button);
}

const addressOf = (written: string): URL | undefined =>
  URL.canParse(written, document.baseURI) ? new URL(written, document.baseURI) : undefined;

/**
 * Wraps a wide element in a focusable group, so that the keyboard can scroll it. It is not a region, as a page would
 * have too many of them.
 */
function makeScrollable(wide: Element, label: string) {
  const group = document.createElement('div');
  group.className = 'wide scroll';
  group.tabIndex = 0;
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', label);
  wide.replaceWith(group);
  group.append(wide);
}
