// Consent belongs to a shader's text: no way through the page runs a stranger's shader before it is allowed.
import { expect, test } from 'vitest';
import { contentOf, parseNotebook } from '../../src/lib/lab/notebook/notebook';
import { linkOf, readLink } from '../../src/lib/lab/notebook/share';
import { loadSources } from '../../src/lib/shaders/loading';
import { Notebook } from '../../src/lib/ui/notebook/notebook.svelte';
import { readNotebook } from '../../src/lib/ui/notebook/stored';
import type { Store, StoredNotebook } from '../../src/lib/ui/notebook/store';
import type { Lab } from '../../src/lib/ui/session/lab.svelte';

const THEIRS = '//! theirs\n//! grid: heads\n@compute @workgroup_size(64) fn main() {}\n';
const TEXT = `# T\n\n\`\`\`wgsl wkv/theirs\n${THEIRS}\`\`\`\n\n\`\`\`lab sweep\nprefill=8\n\`\`\`\n`;

/** A notebook whose store keeps what was saved last. */
function opened(text = TEXT, trusted = false) {
  const kept: StoredNotebook[] = [];
  const store = {
    claim: () => Promise.resolve(true),
    save: (stored: StoredNotebook) => Promise.resolve(void kept.push(structuredClone(stored))),
  };
  const notebook = new Notebook({} as Lab, store as unknown as Store);
  notebook.open(text, { trusted });
  return { notebook, kept };
}

const shaders = ({ cells }: Notebook) => cells.filter(({ kind }) => kind === 'wgsl');

/** True if no shader of the notebook may be compiled, and there is one. */
function allForeign(notebook: Notebook) {
  expect(shaders(notebook).length).toBeGreaterThan(0);
  return shaders(notebook).every((cell) => notebook.isForeign(cell)) && notebook.own.length === 0;
}

const PATHS: Record<string, (notebook: Notebook, id: string) => void> = {
  duplicate: (notebook, id) => notebook.duplicate(id),
  'duplicate of a duplicate': (notebook, id) => {
    notebook.duplicate(id);
    notebook.duplicate(shaders(notebook)[1].id);
  },
  move: (notebook, id) => notebook.move(id, 1),
  'delete and undo': (notebook, id) => {
    notebook.delete(id);
    notebook.undo();
  },
  'duplicate, undo and redo': (notebook, id) => {
    notebook.duplicate(id);
    notebook.undo();
    notebook.redo();
  },
  rename: (notebook, id) => notebook.rename(id, 'matmul/other'),
  'edit, undo and redo': (notebook, id) => {
    notebook.setBody(id, `${THEIRS}// mine`);
    expect(allForeign(notebook), 'as edited').toBe(true);
    notebook.undo();
    notebook.redo();
  },
  'copy as a new cell': (notebook, id) => {
    notebook.add('wgsl', 0, contentOf(notebook.cell(id)!), 'wkv/copy');
  },
  'prose that is split into cells': (notebook) => {
    const prose = notebook.cells[0].id;
    notebook.focus(prose, true);
    notebook.setBody(prose, `# T\n\n\`\`\`wgsl wkv/second\n${THEIRS}\`\`\`\n`);
    notebook.edit(undefined);
    expect(shaders(notebook)).toHaveLength(2);
  },
  'export and import': (notebook) => notebook.open(notebook.text),
};

test.each(Object.entries(PATHS))('%s needs consent still, and none after it was given', (_, path) => {
  const { notebook } = opened();
  expect(allForeign(notebook)).toBe(true);
  path(notebook, shaders(notebook)[0].id);
  expect(allForeign(notebook)).toBe(true);
  for (const { id } of shaders(notebook)) notebook.allow(id);
  expect(notebook.own).toHaveLength(shaders(notebook).length);
});

test('consent is for one text, wherever it occurs', () => {
  const { notebook } = opened(`${TEXT}\n${TEXT.replaceAll('theirs', 'others')}`);
  const [first, second] = shaders(notebook);
  notebook.duplicate(first.id);
  notebook.allow(first.id);
  expect(shaders(notebook).map((cell) => notebook.isForeign(cell))).toEqual([false, false, true]);
  expect(notebook.own.map(({ name }) => name)).not.toContain(second.name.split('/')[1]);
});

test('what was allowed, and then edited here, stays allowed; undo too', () => {
  const { notebook } = opened();
  const [{ id }] = shaders(notebook);
  notebook.allow(id);
  for (const text of ['a', 'b']) notebook.setBody(id, THEIRS + text);
  expect(notebook.own).toHaveLength(1);
  notebook.undo();
  expect(notebook.own).toHaveLength(1);
  notebook.add('wgsl', 0);
  expect(notebook.own, 'a new cell begins with a shipped shader').toHaveLength(2);
});

test('the store keeps which texts are foreign, and a damaged cell is', async () => {
  const { notebook, kept } = opened();
  notebook.duplicate(shaders(notebook)[0].id);
  await notebook.save();
  const again = opened('').notebook;
  await again.restore(readNotebook(kept.at(-1))!);
  expect(allForeign(again)).toBe(true);
  for (const { id } of shaders(notebook)) notebook.allow(id);
  await notebook.save();
  await again.restore(readNotebook(kept.at(-1))!);
  expect(again.own).toHaveLength(2);
  const damaged = kept.at(-1)!.cells.map((cell) => ({ ...cell, kind: 'strange' }));
  const third = opened('').notebook;
  await third.restore(readNotebook({ ...kept.at(-1)!, cells: damaged })!);
  expect(allForeign(third)).toBe(true);
});

test('a link carries no consent; a shipped shader needs none', async () => {
  const { notebook } = opened(TEXT, true);
  expect(notebook.own).toHaveLength(1);
  const shared = await readLink(await linkOf(parseNotebook(notebook.text), 'shaders'));
  expect(allForeign(opened(shared.text).notebook)).toBe(true);
  const { sourceOf } = await loadSources();
  const { findVariant } = await import('../../src/lib/shaders');
  const text = `\`\`\`wgsl wkv/copy\n${sourceOf(findVariant('wkv', 'sequential'))}\`\`\`\n`;
  expect(opened(text).notebook.own).toHaveLength(1);
});
