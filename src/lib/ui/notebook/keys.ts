/**
 * Keyboard handling with Jupyter's two modes. Single letters work only when a cell's frame has the focus, never in a
 * text field.
 */
import type { Notebook } from './notebook.svelte';

/** Runs a cell, then selects the next cell, stays on it, or adds a cell below. */
function runFrom(notebook: Notebook, id: string, then: 'next' | 'stay' | 'insert') {
  notebook.edit(undefined);
  notebook.run(id);
  const index = notebook.index(id);
  const last = index === notebook.cells.length - 1;
  if (then === 'insert' || (then === 'next' && last)) notebook.add('prose', index + 1);
  else notebook.focus(notebook.cells[then === 'next' ? index + 1 : index].id);
}

/** Keys that work in a cell's editor as on its frame. */
export function frameKeys(notebook: Notebook, id: string): Record<string, () => void> {
  return {
    'Shift-Enter': () => runFrom(notebook, id, 'next'),
    'Mod-Enter': () => runFrom(notebook, id, 'stay'),
    'Alt-Enter': () => runFrom(notebook, id, 'insert'),
  };
}

/** Actions of the page that keys can start. */
export interface PageKeys {
  palette(): void;
  save(): void;
  sheet(): void;
}

let lastD = -Infinity;
const TWICE_MILLISECONDS = 600;

/** Handles a keydown event of the page. */
export function pressed(event: KeyboardEvent, notebook: Notebook, page: PageKeys) {
  // Ignores keys that belong to an input method (composition) or were handled already.
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const target = event.target as HTMLElement;
  if (target.closest?.('dialog, [popover]')) return;
  const action = anywhere(event, notebook, page) ?? inCell(event, target, notebook, page);
  if (!action) return;
  event.preventDefault();
  action();
}

function anywhere(event: KeyboardEvent, notebook: Notebook, page: PageKeys): (() => void) | undefined {
  const { selected } = notebook;
  if (event.key === 'Enter' && selected !== undefined) {
    if (event.shiftKey) return () => runFrom(notebook, selected, 'next');
    if (event.altKey) return () => runFrom(notebook, selected, 'insert');
    if (event.ctrlKey || event.metaKey) return () => runFrom(notebook, selected, 'stay');
  }
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return undefined;
  return { k: page.palette, s: page.save, i: () => notebook.stop() }[event.key.toLowerCase()];
}

function inCell(event: KeyboardEvent, target: HTMLElement, notebook: Notebook, page: PageKeys) {
  const frame = target.closest?.<HTMLElement>('[data-cell]');
  const id = frame?.dataset.id;
  const onFrame = target === frame;
  if (event.key === 'Escape' && frame && id && !onFrame)
    return () => {
      notebook.edit(undefined);
      notebook.focus(id);
    };
  if (!onFrame && target !== document.body) return undefined;
  const undo = undoOf(event, notebook);
  if (undo) return undo;
  if (event.ctrlKey || event.metaKey) return undefined;
  if (event.key === '?') return page.sheet;
  const current = id ?? notebook.selected;
  return current === undefined ? undefined : command(event, current, notebook);
}

function undoOf(event: KeyboardEvent, notebook: Notebook): (() => void) | undefined {
  const key = event.key.toLowerCase();
  const mod = event.ctrlKey || event.metaKey;
  if (key !== 'z' || (mod && event.altKey)) return undefined;
  return event.shiftKey ? () => notebook.redo() : () => notebook.undo();
}

function command(event: KeyboardEvent, id: string, notebook: Notebook): (() => void) | undefined {
  const index = notebook.index(id);
  const { cells } = notebook;
  if (event.altKey) {
    const by = ({ ArrowUp: -1, ArrowDown: 1 } as const)[event.key as 'ArrowUp'];
    return by && (() => notebook.move(id, by));
  }
  const go = (to: number) => () => cells[to] && notebook.focus(cells[to].id);
  const keys: Record<string, () => void> = {
    Enter: () => notebook.focus(id, true),
    a: () => void notebook.add('sweep', index),
    b: () => void notebook.add('sweep', index + 1),
    m: () => void notebook.add('prose', index + 1),
    d: () => twice(event.timeStamp, () => notebook.delete(id)),
    j: go(index + 1),
    ArrowDown: go(index + 1),
    k: go(index - 1),
    ArrowUp: go(index - 1),
  };
  return Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
}

function twice(at: number, action: () => void) {
  if (at - lastD < TWICE_MILLISECONDS) action();
  lastD = at - lastD < TWICE_MILLISECONDS ? -Infinity : at;
}
