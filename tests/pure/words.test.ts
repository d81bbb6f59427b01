// The page's words: none is left that nothing shows. That both languages have the same is checked by their types.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const WORDS = 'src/lib/ui/words';
/** Not words: their choice, numbers, and explanations that are looked up by a name in the text. */
const OTHERS = ['words.svelte.ts', 'told.ts', 'numbers.ts', 'terms.ts', 'measured.ts', 'en.ts', 'zh.ts'];

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => join('src', path))
  .filter((path) => statSync(path).isFile() && !path.startsWith(WORDS) && /\.(ts|svelte)$/.test(path));
const used = new Set(sources.flatMap((path) => readFileSync(path, 'utf8').match(/\w+/g) ?? []));

test.each(readdirSync(WORDS).filter((name) => name.endsWith('.ts') && !OTHERS.includes(name)))(
  'every word of %s is used',
  (name) => {
    const words = [...readFileSync(join(WORDS, name), 'utf8').matchAll(/^ {2,6}(\w+):/gm)];
    expect(words.length).toBeGreaterThan(0);
    expect(words.map(([, word]) => word).filter((word) => !used.has(word))).toEqual([]);
  },
);

test('the page puts no English punctuation after words, which may be Chinese', () => {
  const markup = (text: string) => text.replace(/<(script|style)[^]*?<\/\1>/g, '');
  const found = sources
    .filter((path) => path.endsWith('.svelte'))
    .flatMap(
      (path) =>
        markup(readFileSync(path, 'utf8')).match(
          /\{[^{}#:]*\b(words|found|more)\.[^{}]*\}(<\/\w+>)?[:;.,](?=\s|<|\{)/g,
        ) ?? [],
    );
  expect(found).toEqual([]);
});

test('Chinese texts have wide punctuation and no English units', () => {
  const folder = join(WORDS, 'zh');
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  const wrong = texts.filter(
    (line) =>
      /[\u4e00-\u9fff][:;,.?!](?=[\s'`])|[\d}] %|[\u4e00-\u9fff`}] ?(tokens|tok)\/s/.test(line) &&
      !/^\s*(\/\/|\*)/.test(line),
  );
  expect(wrong).toEqual([]);
});
