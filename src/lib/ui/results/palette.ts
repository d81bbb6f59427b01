/** The style sheet's colours for canvases and saved pictures. */
import type { Palette } from './draw/drawing';
import { STYLES } from './plot';

/** The colours of the current theme at an element. */
export function paletteOf(element: HTMLElement): Palette {
  const probe = element.appendChild(document.createElement('span'));
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [ink, quiet, line, panel] = ['ink', 'quiet', 'line', 'panel'].map(colour);
  const series = Array.from({ length: STYLES }, (_, i) => colour(`series-${i + 1}`));
  probe.remove();
  return { ink, quiet, line, panel, series };
}

/** Calls back when the theme changes, by the system, by the user, or for paper. Returns what ends that. */
export function onTheme(changed: () => void): () => void {
  const media = ['(prefers-color-scheme: dark)', 'print'].map((query) => matchMedia(query));
  for (const each of media) each.addEventListener('change', changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    for (const each of media) each.removeEventListener('change', changed);
    observer.disconnect();
  };
}
