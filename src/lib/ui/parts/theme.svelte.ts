/** Light, dark, or the system's choice: kept in localStorage, and read by app.html before the first paint. */

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

let current = $state<Theme>((document.documentElement.dataset.theme as Theme | undefined) ?? 'auto');

export const theme = (): Theme => current;

/** Applies a theme and stores the choice. */
export function setTheme(theme: Theme) {
  current = theme;
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'auto') localStorage.removeItem('theme');
    else localStorage.setItem('theme', theme);
  } catch {
    // Storage may be blocked; the choice then lasts as long as the page.
  }
}
