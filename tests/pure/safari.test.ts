// Safari 26.0 lacks no interface, method or CSS property that the page uses: the lint rule that looks at the code finds what
// it should, and every declaration of the style sheets is known there.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import { expect, test } from 'vitest';
import type { CompatData, Identifier } from '@mdn/browser-compat-data';
import safari from '../../scripts/lint/safari.js';

const { css } = createRequire(import.meta.url)('@mdn/browser-compat-data') as CompatData;
const SAFARI = 26;

/** The messages of the rule about a script without types. */
function complaints(code: string, languageOptions = {}): string[] {
  const config = [{ plugins: { safari }, rules: { 'safari/surface': 'error' as const }, languageOptions }];
  return new Linter().verify(code, config as Linter.Config[]).map(({ message }) => message);
}

test.each([
  'requestIdleCallback(work);',
  'navigator.getBattery().then(use);',
  'const { getBattery } = navigator;',
  'new CloseWatcher();',
])('the rule refuses %s', (code) => {
  const refusal = [expect.stringMatching(/^Safari 26\.0 has no /)];
  expect(complaints(code)).toEqual(refusal);
  expect(complaints(code, { parser })).toEqual(refusal);
});

test.each([
  'navigator.getBattery?.();',
  'if ("requestIdleCallback" in self) use();',
  'typeof requestIdleCallback;',
  'Promise.withResolvers(); Array.fromAsync([]); new Set().union(other); navigator.storage.persist();',
  'const getBattery = 1; use(getBattery);',
])('the rule accepts %s', (code) => {
  expect(complaints(code)).toEqual([]);
  expect(complaints(code, { parser })).toEqual([]);
});

/** Whether Safari 26 knows a feature of CSS. */
function known(feature: Identifier | undefined): boolean {
  const support = feature?.__compat?.support.safari;
  return [support ?? []]
    .flat()
    .some(
      ({ version_added: added, flags }) => typeof added === 'string' && parseFloat(added) <= SAFARI && !flags,
    );
}

/** Unknown to Safari and no loss there: for colours that Windows forces, for Firefox, and beside -webkit-text-size-adjust. */
const NO_LOSS = ['forced-color-adjust', ':-moz-progress-bar', 'text-size-adjust'];

/** The style sheets in src: files, and the style elements of components, without comments. */
function styleSheets(): { path: string; text: string }[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /\.(css|svelte)$/.test(file))
    .map((file) => ({ path: file, text: readFileSync(join('src', file), 'utf8') }))
    .map(({ path, text }) => ({
      path,
      text: (path.endsWith('.css') ? text : (/<style[^>]*>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '')).replace(
        /\/\*[\s\S]*?\*\//g,
        '',
      ),
    }));
}

test('Safari knows every CSS property, at-rule and pseudo-class of the page', () => {
  const unknown = styleSheets().flatMap(({ path, text: whole }) => {
    const registered = /@property [^{]*\{([^}]*)\}/g;
    const descriptors = [...whole.matchAll(registered)].flatMap(([, block]) =>
      [...block.matchAll(/([a-z-]+):/g)].map(([, name]) => name),
    );
    const text = whole.replace(registered, '@property {}');
    const properties = [...text.matchAll(/(?:^|[;{])\s*([a-z][a-z-]*)\s*:(?!:)[^;{}]*(?=[;}])/g)].map(
      ([, name]) => name,
    );
    const atRules = [...text.matchAll(/@([a-z-]+)/g)].map(([, name]) => name);
    const selectors = [...text.matchAll(/::?([a-z-]+)(?=[^;{}]*\{)/g)].map(([, name]) => name);
    return [
      ...descriptors
        .filter((name) => !known(css['at-rules'].property[name]))
        .map((name) => `@property ${name}`),
      ...properties.filter((name) => !known(css.properties[name])),
      ...atRules.filter((name) => !known(css['at-rules'][name])).map((name) => `@${name}`),
      ...selectors
        .filter((name) => css.selectors[name] && !known(css.selectors[name]))
        .map((name) => `:${name}`),
    ].map((name) => `${path}: ${name}`);
  });
  expect([...new Set(unknown)].filter((each) => !NO_LOSS.includes(each.split(': ')[1]))).toEqual([]);
});
