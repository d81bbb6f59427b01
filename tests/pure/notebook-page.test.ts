// The open notebook of the page, without a browser: what it gives the worker is what the terminal would run.
import { expect, test } from 'vitest';
import { contentOf, parseNotebook, shadersOf } from '../../src/lib/lab/notebook/notebook';
import { Notebook } from '../../src/lib/ui/notebook/notebook.svelte';
import type { Store } from '../../src/lib/ui/notebook/store';
import type { Lab } from '../../src/lib/ui/session/lab.svelte';

/** A notebook that nothing is kept of and that nothing runs. */
function opened(text: string, foreign = false): Notebook {
  const store = { claim: () => Promise.resolve(true), save: () => Promise.resolve() };
  const notebook = new Notebook({} as Lab, store as unknown as Store);
  notebook.open(text, { foreign });
  return notebook;
}

const INDENTED = '# T\n\n  ~~~wgsl wkv/mine\r\n  //! x\r\n    y\r\n z\r\n  ~~~\r\n';

test.each([INDENTED, INDENTED.replace('# T\n\n', '\uFEFF'), INDENTED.replaceAll('\r', '')])(
  'a shader is the same text on the page and in the terminal, indented fences included',
  (text) => {
    const notebook = opened(text);
    expect(notebook.own).toEqual([{ kernel: 'wkv', name: 'mine', wgsl: '//! x\n  y\nz\n' }]);
    expect(notebook.own).toEqual(shadersOf(parseNotebook(text)));
  },
);

test('an indented cell that is edited says exactly what was typed', () => {
  const notebook = opened(INDENTED);
  const { id } = notebook.cells[1];
  notebook.setBody(id, '//! x\n  y\nz\n');
  expect(notebook.text, 'nothing was typed').toBe(INDENTED);
  notebook.setBody(id, '    deep\n');
  expect(contentOf(notebook.cells[1])).toBe('    deep\n');
  expect(notebook.text).toBe('# T\n\n~~~wgsl wkv/mine\r\n    deep\n~~~\r\n');
  expect(shadersOf(parseNotebook(notebook.text))).toEqual(notebook.own);
});

test('a shader from a link is not run before it is allowed', () => {
  const notebook = opened(INDENTED, true);
  expect(notebook.own).toEqual([]);
  notebook.allow(notebook.cells[1].id);
  expect(notebook.own).toHaveLength(1);
});
