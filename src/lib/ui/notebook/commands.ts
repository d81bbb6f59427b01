/** The commands of the page, called by the menu, the palette and the keyboard. */
import { saveText } from '../parts/download';
import type { Notebook } from './notebook.svelte';
import { loadPreset, PRESETS } from './presets';
import { setTheme, THEMES } from '../parts/theme.svelte';
import { language, type Language, LANGUAGES, speak, t } from '../words/words.svelte';

export type Dialog = 'palette' | 'shortcuts' | 'save' | 'open' | 'history' | 'share';

export interface Command {
  id: string;
  name: string;
  /** The keyboard shortcut, as written on this system. */
  keys?: string;
  disabled?: boolean;
  run(): void;
}

const apple = /Mac|iP(hone|ad|od)/.test(navigator.userAgent);

/** Formats a shortcut such as `Mod+K` for this operating system. */
export const keyName = (keys: string) =>
  apple ? keys.replace('Mod+', '⌘').replace('Shift+', '⇧').replace('Alt+', '⌥') : keys.replace('Mod', 'Ctrl');

/** Actions that only the page component can perform. */
interface Page {
  dialog(which: Dialog): void;
  importFile(): void;
  /** Called after another notebook replaced the current one. */
  opened(): void;
}

/** All commands, named in the current language. */
export function commandsFor(notebook: Notebook, page: Page): Command[] {
  const words = t().page;
  const open = (text: string) => {
    void notebook.save().then(() => {
      notebook.open(text, { trusted: true });
      page.opened();
    });
  };
  const fileName = `${notebook.title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'notebook'}`;
  const { cells } = t();
  return [
    { id: 'run-all', name: words.runAll, run: () => notebook.runAll() },
    {
      id: 'stop',
      name: words.stop,
      keys: keyName('Mod+I'),
      disabled: !notebook.busy,
      run: () => notebook.stop(),
    },
    { id: 'new', name: words.newNotebook, run: () => open('') },
    { id: 'open', name: words.openNotebook, run: () => page.dialog('open') },
    { id: 'save-as', name: words.saveAs, keys: keyName('Mod+S'), run: () => page.dialog('save') },
    { id: 'share', name: words.share, run: () => page.dialog('share') },
    { id: 'import', name: words.importFile, run: () => page.importFile() },
    {
      id: 'download-md',
      name: words.downloadMd,
      run: () => saveText(notebook.text, `${fileName}.md`, 'text/markdown'),
    },
    {
      id: 'download-ipynb',
      name: words.downloadIpynb,
      run: () => void saveIpynb(notebook, `${fileName}.ipynb`),
    },
    {
      id: 'undo',
      name: words.undo,
      keys: keyName('Mod+Z'),
      disabled: !notebook.steps.undo,
      run: () => notebook.undo(),
    },
    {
      id: 'redo',
      name: words.redo,
      keys: keyName('Mod+Shift+Z'),
      disabled: !notebook.steps.redo,
      run: () => notebook.redo(),
    },
    { id: 'history', name: words.history, run: () => page.dialog('history') },
    { id: 'palette', name: words.palette, keys: keyName('Mod+K'), run: () => page.dialog('palette') },
    { id: 'shortcuts', name: words.shortcuts, keys: '?', run: () => page.dialog('shortcuts') },
    ...PRESETS.map((name) => ({
      id: `preset ${name}`,
      name: words.presetTitles[name],
      run: () => void loadPreset(name).then((text) => text !== undefined && open(text)),
    })),
    ...(Object.keys(cells.kinds) as (keyof typeof cells.kinds)[]).map((kind) => ({
      id: `add ${kind}`,
      name: `${words.add}: ${cells.kinds[kind]}`,
      run: () => void notebook.add(kind, notebook.index(notebook.selected) + 1 || notebook.cells.length),
    })),
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`,
      name: `${words.theme}: ${words.themes[theme]}`,
      run: () => setTheme(theme),
    })),
    ...(Object.keys(LANGUAGES) as Language[])
      .filter((each) => each !== language())
      .map((each) => ({ id: `language ${each}`, name: LANGUAGES[each], run: () => speak(each) })),
  ];
}

async function saveIpynb(notebook: Notebook, fileName: string) {
  const [{ toIpynb }, { resultsText }] = await Promise.all([
    import('../../lab/notebook/ipynb'),
    import('../../lab/records/resultsText'),
  ]);
  const results = notebook.cells.map(
    ({ id }, index) => [index, resultsText(notebook.outcomes.get(id)?.events ?? [])] as const,
  );
  saveText(toIpynb(notebook.cells, new Map(results)), fileName, 'application/x-ipynb+json');
}

/** Enabled commands whose names contain all typed words; those that begin with the first word come first. */
export function matching(commands: readonly Command[], typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter(
    ({ name, disabled }) => !disabled && words.every((word) => name.toLowerCase().includes(word)),
  );
  const starts = ({ name }: Command) => Number(words.length > 0 && name.toLowerCase().startsWith(words[0]));
  return found.toSorted((a, b) => starts(b) - starts(a));
}
