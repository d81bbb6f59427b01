// The licences of the packages that only workers use, which Vite's own list leaves out, are shipped as the packages have them.
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('each package that a worker imports has its licence in the site', () => {
  const folders = ['src/lib/lab', 'src/lib/models', 'src/lib/engine', 'src/lib/shaders'];
  const sources = folders.flatMap((folder) =>
    readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => read(`${folder}/${file}`)),
  );
  const texts = [
    ...sources,
    read('src/lib/ui/editor/parseMarkdown.ts'),
    read('src/lib/ui/editor/markdownWorker.ts'),
  ];
  const packages = new Set(
    texts.flatMap((text) => [...text.matchAll(/from '([a-z][\w-]*)(?:\/[^']*)?'/g)].map(([, name]) => name)),
  );
  // The page itself uses these too: they are in Vite's list.
  for (const name of ['idb', 'diff', 'chart', 'valibot']) packages.delete(name);
  expect([...packages].sort()).toEqual(['hash-wasm', 'marked']);
  for (const name of packages)
    expect(read('static/licences-workers.md')).toContain(read(`node_modules/${name}/LICENSE`).trim());
});
