// Names per site: two sites of one origin keep nothing under the same name.
import { expect, test } from 'vitest';
import { ownName, sitePathOf } from '../../src/lib/models/site';

test('a site is named by the path of its root, from a script of the page and from a worker', () => {
  expect(sitePathOf('https://a.org/lab/_app/immutable/chunks/x.js')).toBe('/lab/');
  expect(sitePathOf('https://a.org/lab/_app/immutable/workers/worker-x.js?x')).toBe('/lab/');
  expect(sitePathOf('https://a.org/_app/immutable/entry/app.js')).toBe('/');
  expect(sitePathOf('http://localhost:5173/src/lib/models/site.ts')).toBe('/');
  expect(sitePathOf('file:///home/lab/site.ts')).toBe('/');
  expect(sitePathOf('nothing')).toBe('/');
  expect(ownName('rwkv-lab')).toBe('rwkv-lab /');
});
