/**
 * The page's language: English or Simplified Chinese. Every text that is shown is in `words/<area>.ts` and in
 * `words/zh/<area>.ts`, which does not compile unless it has the same keys. Only the chosen language is loaded.
 */
export type Language = 'en' | 'zh';
export type Words = typeof import('./en').default;
export type BenchWords = typeof import('./bench').default;
type MoreWords = Pick<typeof import('./kernel'), 'kernel'> & Pick<typeof import('./selftest'), 'selftest'>;
export type ShaderWords = typeof import('./shader').default;
export type ChartWords = typeof import('./charts').default;
export type FoundWords = typeof import('./found').default;
export type ResultWords = typeof import('./results').default;

/** Each language's own name, for the menu. */
export const LANGUAGES: Record<Language, string> = { en: 'English', zh: '简体中文' };
const TAGS: Record<Language, string> = { en: 'en', zh: 'zh-Hans' };
const KEY = 'language';

const DICTIONARIES: Record<Language, () => Promise<{ default: Words }>> = {
  en: () => import('./en'),
  zh: () => import('./zh'),
};

const METHODS: Record<Language, () => Promise<typeof import('./measured')>> = {
  en: () => import('./measured'),
  zh: () => import('./zh/measured'),
};

const WARNINGS: Record<Language, () => Promise<typeof import('./warnings')>> = {
  en: () => import('./warnings'),
  zh: () => import('./zh/warnings'),
};

const FOUND: Record<Language, () => Promise<typeof import('./found')>> = {
  en: () => import('./found'),
  zh: () => import('./zh/found'),
};

const CHARTS: Record<Language, () => Promise<typeof import('./charts')>> = {
  en: () => import('./charts'),
  zh: () => import('./zh/charts'),
};

const BENCH: Record<Language, () => Promise<typeof import('./bench')>> = {
  en: () => import('./bench'),
  zh: () => import('./zh/bench'),
};

/** The words of the pages that few open at first: kernels, shaders and the self-test. */
const MORE: Record<Language, () => Promise<MoreWords>> = {
  en: async () => ({ ...(await import('./kernel')), ...(await import('./selftest')) }),
  zh: async () => ({ ...(await import('./zh/kernel')), ...(await import('./zh/selftest')) }),
};

const SHADER: Record<Language, () => Promise<typeof import('./shader')>> = {
  en: () => import('./shader'),
  zh: () => import('./zh/shader'),
};

const SCORE: Record<Language, () => Promise<typeof import('./score')>> = {
  en: () => import('./score'),
  zh: () => import('./zh/score'),
};

const EMBED: Record<Language, () => Promise<typeof import('./embed')>> = {
  en: () => import('./embed'),
  zh: () => import('./zh/embed'),
};

const MODELS: Record<Language, () => Promise<typeof import('./models')>> = {
  en: () => import('./models'),
  zh: () => import('./zh/models'),
};

const RESULTS: Record<Language, () => Promise<typeof import('./results')>> = {
  en: () => import('./results'),
  zh: () => import('./zh/results'),
};

/** Translations of the lab's messages; English needs none. */
const MESSAGES: Partial<Record<Language, () => Promise<(message: string) => string>>> = {
  zh: async () => {
    const [{ teller }, { default: sentences }] = await Promise.all([
      import('./told'),
      import('./zh/messages/index'),
    ]);
    return teller(sentences);
  },
};

let current = $state<Language>('en');
/** Undefined until a shader, a page of kernels or the self-test is about to be shown. */
let more = $state.raw<MoreWords>();
let telling = $state.raw<(message: string) => string>();
let words = $state.raw<Words>();

/** The current dictionary. Reactive. Throws before `learn` has loaded one. */
export function t(): Words {
  if (!words) throw new Error('No language is loaded yet: pages come after the layout, which waits for one');
  return words;
}

/** The words of shaders and kernels. Reactive. Throws before `learnMore` has loaded them. */
export const kernelWords = () => loaded().kernel;

/** The words of the self-test. Reactive. Throws before `learnMore` has loaded them. */
export const selftestWords = () => loaded().selftest;

function loaded(): MoreWords {
  if (!more) throw new Error('These words are not loaded yet: what shows them waits for `learnMore`');
  return more;
}

/** Loads the words of kernels, shaders and the self-test. Call it before anything of them is shown. */
export async function learnMore(): Promise<void> {
  await learn();
  more ??= await MORE[current]();
}

/** How speeds are measured, in the current language; loaded by the first call. Reactive. */
export const method = async () => (await METHODS[current]()).default;

/** The meaning of each warning, in the current language; loaded by the first call. Reactive. */
export const warningTexts = async () => (await WARNINGS[current]()).default;

/** The words for what comparisons, peaks and tuning found, in the current language; loaded by the first call. Reactive. */
export const foundWords = async () => (await FOUND[current]()).default;

/** The words of charts beyond those of the sweep, in the current language; loaded by the first call. Reactive. */
export const chartWords = async () => (await CHARTS[current]()).default;

/** The words of speeds and costs on the kernel pages, in the current language; loaded by the first call. Reactive. */
export const benchWords = async () => (await BENCH[current]()).default;

/** The words beside a shader's text, in the current language; loaded by the first call. Reactive. */
export const shaderWords = async () => (await SHADER[current]()).default;

/** The words of the first page's measurement, in the current language; loaded by the first call. Reactive. */
export const scoreWords = async () => (await SCORE[current]()).default;

/** The words of an embedded chart, in the current language; loaded by the first call. Reactive. */
export const embedWords = async () => (await EMBED[current]()).default;

/** The words of the models page, in the current language; loaded by the first call. Reactive. */
export const modelWords = async () => (await MODELS[current]()).default;

/** The words of the page of published results, in the current language; loaded by the first call. Reactive. */
export const resultWords = async () => (await RESULTS[current]()).default;

/** A message of the lab, which is English, in the current language, if it has a translation. Reactive. */
export const told = (message: string): string => telling?.(message) ?? message;

/** Loads the language chosen before, else the browser's. Call it before anything is shown. */
export async function learn(): Promise<void> {
  if (!words) await say(remembered() ?? preferred());
}

/** The word for a key that may come from a stored record or a link; undefined when the dictionary has none. */
export function wordOf<Key extends string>(
  dictionary: Readonly<Record<Key, string>>,
  key: string,
): string | undefined {
  return Object.hasOwn(dictionary, key) ? dictionary[key as Key] : undefined;
}

export const language = (): Language => current;

/** Marks between the parts of a text that the page puts together: Chinese has wide ones, without a space after them. */
const MARKS: Record<
  Language,
  Record<'colon' | 'comma' | 'list' | 'semicolon' | 'stop' | 'percent', string>
> = {
  en: { colon: ': ', comma: ', ', list: ', ', semicolon: '; ', stop: '.', percent: ' %' },
  zh: { colon: '：', comma: '，', list: '、', semicolon: '；', stop: '。', percent: '%' },
};

export const punctuation = () => MARKS[current];

/** A remark in brackets, with the space before it. */
export const aside = (text: string): string => (current === 'zh' ? `（${text}）` : ` (${text})`);

/** Sentences one after another; Chinese has no space between them. Empty ones are left out. */
export const sentences = (...each: string[]): string =>
  each.filter(Boolean).join(current === 'zh' ? '' : ' ');

/** Locale for numbers and dates. */
export const locale = (): string => (current === 'zh' ? 'zh-CN' : 'en');

/** Switches the page to a language and remembers the choice. Rejects, with nothing changed, when it cannot be loaded. */
export async function speak(language: Language): Promise<void> {
  await say(language);
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Storage may be blocked; the choice then lasts as long as the page.
  }
}

async function say(language: Language): Promise<void> {
  const [first, others] = await Promise.all([DICTIONARIES[language](), more && MORE[language]()]);
  [current, words, telling, more] = [language, first.default, undefined, others];
  void MESSAGES[language]?.().then(
    (tell) => current === language && (telling = tell),
    () => undefined, // Offline: messages stay English.
  );
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
