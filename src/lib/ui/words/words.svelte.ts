/** The page's language: English or Simplified Chinese. Everything that is shown is said in `words/<area>.ts`. */
import { cells } from './cells';
import { editor } from './editor';
import { kernel } from './kernel';
import { page } from './page';
import { selftest } from './selftest';
import { terms } from './terms';

/** Areas of the page; each has the same words in both languages, or it does not compile. */
const areas = { cells, editor, kernel, page, selftest, terms };

export type Language = 'en' | 'zh';
export type Words = { [Area in keyof typeof areas]: (typeof areas)[Area]['en'] };

/** In their own words, for the menu. */
export const LANGUAGES: Record<Language, string> = { en: 'English', zh: '简体中文' };
const TAGS: Record<Language, string> = { en: 'en', zh: 'zh-Hans' };
const KEY = 'language';

const pick = (language: Language) =>
  Object.fromEntries(Object.entries(areas).map(([area, words]) => [area, words[language]])) as Words;
const dictionaries: Record<Language, Words> = { en: pick('en'), zh: pick('zh') };

const first = remembered() ?? preferred();
let current = $state<Language>(first);
apply(first);

/** The dictionary of the moment. Reactive: read it where it is shown. */
export const t = (): Words => dictionaries[current];

export const language = (): Language => current;

/** Numbers and dates as this language writes them. */
export const locale = (): string => (current === 'zh' ? 'zh-CN' : 'en');

/** Changes the language of everything that is shown, and remembers it. */
export function speak(language: Language) {
  current = language;
  apply(language);
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function apply(language: Language) {
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
