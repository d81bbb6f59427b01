/** The name that a user gives a notebook in the header. It is written into the text, which is what links, files and frames carry. */
import { titleOf, UNTITLED } from '../../lab/notebook/notebook';
import type { Notebook } from './notebook.svelte';

/** A first-level heading in one line. */
const TOP = /^ {0,3}#[ \t]+\S.*$/m;

/** Names a notebook: its first heading, if that is of the first level, or a new one above everything. */
export function nameNotebook(notebook: Notebook, typed: string) {
  const name = typed.trim();
  const titled = notebook.cells.find((cell) => cell.kind === 'prose' && titleOf([cell]) !== UNTITLED);
  const heading = `# ${name}`;
  if (name && titleOf(notebook.cells) !== name) {
    const first = titled && TOP.exec(titled.body);
    if (first && titleOf([{ ...titled, body: first[0] }]) === titleOf([titled]))
      notebook.setBody(
        titled.id,
        titled.body.replace(first[0], () => heading),
      );
    else notebook.add('prose', 0, `${heading}\n`);
  }
  notebook.name = name;
  notebook.changed();
}
