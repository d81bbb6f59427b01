// Test helper: tries what a text that got into the page would try.

/** The attempts that the page's policy did not stop, and the directives that stopped the rest; runs in the page. */
export async function tryEverything() {
  const through: string[] = [];
  const stopped = new Set<string>();
  document.addEventListener('securitypolicyviolation', (event) => stopped.add(event.effectiveDirective));
  const elsewhere = 'data:text/javascript,export default 1';
  const ran = () => (window as { ran?: string }).ran;
  const make = <Name extends keyof HTMLElementTagNameMap>(name: Name, put: Record<string, string>) => {
    const element = Object.assign(document.createElement(name), put);
    document.head.append(element);
    return element;
  };
  const attempts: Record<string, () => unknown> = {
    html: () => (document.createElement('div').innerHTML = '<b>x</b>'),
    'script element': () => {
      make('script', { textContent: 'window.ran = "element"' });
      return ran();
    },
    handler: () => {
      const button = document.createElement('button');
      button.setAttribute('onclick', 'window.ran = "handler"');
      button.click();
      return ran();
    },
    'module from elsewhere': () => import(/* @vite-ignore */ elsewhere),
    worker: () => new Worker(elsewhere),
    policy: () =>
      (
        window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): object } }
      ).trustedTypes.createPolicy('mine', { createHTML: (text: string) => text }),
    style: () => {
      make('style', { textContent: ':root { --injected: yes }' });
      return getComputedStyle(document.documentElement).getPropertyValue('--injected');
    },
    base: () => make('base', { href: 'https://example.org/' }) && document.baseURI.includes('example.org'),
    // These only tell by the event.
    picture: () => void make('img', { src: 'https://example.org/picture.png' }),
    frame: () => void make('iframe', { src: 'https://example.org/' }),
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    const done = await Promise.resolve()
      .then(attempt)
      .catch(() => undefined);
    if (done) through.push(name);
  }
  for (let i = 0; i < 100 && !(stopped.has('img-src') && stopped.has('frame-src')); i++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return { through, stopped: [...stopped].sort() };
}

/** The directives that must have stopped something, in every browser. */
export const STOPPING = ['base-uri', 'frame-src', 'img-src', 'require-trusted-types-for', 'style-src-elem'];
