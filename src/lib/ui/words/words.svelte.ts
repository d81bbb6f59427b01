/**
 * The page's language: English or Simplified Chinese. Everything that is shown is said in `words/<area>.ts` and, the same
 * words or it does not compile, in `words/zh/<area>.ts`. Only the language that is spoken is loaded.
 */
export type Language = 'en' | 'zh';
export type Words = typeof import('./en').default;

/** In their own words, for the menu. */
export const LANGUAGES: Record<Language, string> = { en: 'English', zh: '简体中文' };
const TAGS: Record<Language, string> = { en: 'en', zh: 'zh-Hans' };
const KEY = 'language';

const DICTIONARIES: Record<Language, () => Promise<{ default: Words }>> = {
  en: () => import('./en'),
  zh: () => import('./zh'),
};

let current = $state<Language>('en');
let words = $state.raw<Words>();

/** The dictionary of the moment. Reactive: read it where it is shown, which is after `learn`. */
export function t(): Words {
  if (!words) throw new Error('No language is loaded yet: pages come after the layout, which waits for one');
  return words;
}

/** Loads the language that was chosen before, else the browser's. Before anything is shown. */
export async function learn(): Promise<void> {
  if (!words) await say(remembered() ?? preferred());
}

export const language = (): Language => current;

/** Numbers and dates as this language writes them. */
export const locale = (): string => (current === 'zh' ? 'zh-CN' : 'en');

/** Changes the language of everything that is shown, and remembers it. Rejects, all as it was, where it cannot be loaded. */
export async function speak(language: Language): Promise<void> {
  await say(language);
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

async function say(language: Language): Promise<void> {
  const { default: loaded } = await DICTIONARIES[language]();
  [current, words] = [language, loaded];
  document.documentElement.lang = TAGS[language];
}

function remembered(): Language | undefined {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'en' || stored === 'zh' ? stored : undefined;
  } catch {
    return undefined;
  }
}

function preferred(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
