// The built page contains only the headers of shaders: they give the same facts as the complete texts.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { variants } from '../../src/lib/shaders';
import { headOf } from '../../src/lib/shaders/head';
import {
  brokenAssertion,
  constantsOf,
  knobSettings,
  parseVariant,
  type Variant,
} from '../../src/lib/shaders/variant';

const FOLDERS = ['src/lib/shaders/shared', 'src/lib/shaders/formats'];
const sharedHeads = Object.fromEntries(
  FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.wgsl'))
      .map((file) => {
        const path = `${folder}/${file}`.replace('src/lib/shaders/', '');
        return [file.replace('.wgsl', ''), { path, text: headOf(readFileSync(`${folder}/${file}`, 'utf8')) }];
      }),
  ),
);
const plain = (variant: Variant) => ({
  ...variant,
  text: '',
  wgsl: '',
  bindings: [],
  loadBindings: [],
  lets: [],
  scratch: [],
  resident: [],
  reads: undefined,
  passes: variant.passes.map(({ entryPoint }) => entryPoint),
  loads: variant.loads.map(({ entryPoint }) => entryPoint),
  appended: variant.appended.map(({ path }) => path),
});

test.each(variants.map((variant) => [`${variant.kernel}/${variant.name}`, variant] as const))(
  'the head of %s says the same',
  (_, variant) => {
    const { kernel, name, text, format } = variant;
    const read = parseVariant(kernel, name, headOf(text), sharedHeads, format);
    expect(plain(read)).toEqual(plain(variant));
    expect(constantsOf(read)).toEqual(constantsOf(variant));
    expect(brokenAssertion(read)).toBe(brokenAssertion(variant));
    expect([...knobSettings(read)]).toEqual([...knobSettings(variant)]);
    expect(headOf(headOf(text))).toBe(headOf(text));
  },
);

test('heads are small: the page begins with them', () => {
  const length = (texts: string[]) => texts.reduce((sum, text) => sum + text.length, 0);
  const whole = variants.map(({ text }) => text);
  expect(length(whole.map(headOf))).toBeLessThan(length(whole) / 3);
});

test('the whole texts can be loaded for each, and only then is a text known to be shipped', async () => {
  const [first] = variants;
  vi.resetModules(); // other tests have loaded the texts
  const { knownToBeShipped, loadSources } = await import('../../src/lib/shaders/loading');
  expect(knownToBeShipped(first.text)).toBe(false);
  const { sourceOf } = await loadSources();
  for (const variant of variants) expect(sourceOf(variant)).toBe(variant.text);
  expect(knownToBeShipped(first.text)).toBe(true);
  expect(knownToBeShipped(`${first.text} `)).toBe(false);
  expect(() => sourceOf({ kernel: 'wkv', name: 'none' })).toThrow('no file of a shader wkv/none');
});
