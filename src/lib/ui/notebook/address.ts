/**
 * Chooses the notebook that an address shows: a link, a preset, settings, or the last stored notebook. An address that
 * cannot be read gives the reason, never another notebook.
 */
import { formatExperiment, parseExperiment } from '../../lab/experiment/experiment';
import { toLinesUnchecked, withoutTracking } from '../../lab/experiment/settings';
import { makeCell, parseNotebook, printNotebook } from '../../lab/notebook/notebook';
import type { Notebook } from './notebook.svelte';
import type { Origin } from './origins';
import { loadPreset } from './presets';
import type { Store, StoredNotebook } from './store';
import { t } from '../words/words.svelte';

export type Opened =
  | { kind: 'text'; text: string; trusted: boolean; address: string; origin?: Origin }
  | { kind: 'stored'; stored: StoredNotebook }
  /** The address cannot be opened: the page shows the reason and opens no other notebook unasked. */
  | { kind: 'broken'; reason: string };

/** Opens the page's address. `search` and `hash` include `?` and `#`. Never rejects: errors come back as `broken`. */
export async function openAddress(search: string, hash: string, store: Store): Promise<Opened> {
  const address = search + hash;
  const before = await store.atAddress(address).catch(() => undefined);
  if (before) return { kind: 'stored', stored: before };
  try {
    return await openAnew(search, hash, store);
  } catch (reason) {
    return { kind: 'broken', reason: (reason as Error).message };
  }
}

/** The notebook of an address without the browser's store; the first preset for none. Rejects with an Error that says what is wrong. */
export async function textAt(search: string, hash: string): Promise<Extract<Opened, { kind: 'text' }>> {
  const opened = await openAnew(search, hash, { last: () => Promise.resolve(undefined) });
  if (opened.kind === 'text') return opened;
  throw new Error(opened.kind === 'broken' ? opened.reason : 'There is no notebook here');
}

async function openAnew(visited: string, hash: string, store: Pick<Store, 'last'>): Promise<Opened> {
  const search = withoutTracking(visited);
  // The link reader is loaded only for addresses that need it.
  const asked =
    search || hash
      ? await (await import('../../lab/notebook/share')).readAddress(search, hash)
      : { kind: 'none' as const };
  const address = visited + hash;
  switch (asked.kind) {
    case 'broken':
      return asked;
    case 'link':
      return { kind: 'text', text: asked.text, trusted: false, address, origin: 'link' };
    case 'preset':
      return { kind: 'text', text: await presetText(asked.name), trusted: true, address };
    case 'settings':
      return { kind: 'text', text: sweepOf(search), trusted: true, address };
    case 'none': {
      const last = await store.last().catch(() => undefined);
      if (last) return { kind: 'stored', stored: last };
      return { kind: 'text', text: await presetText('start'), trusted: true, address };
    }
  }
}

/**
 * Address (query and hash) that reproduces the notebook; undefined if it is unchanged since its address opened it, ''
 * if a link would be too long for chat programs.
 */
export async function addressOf(notebook: Notebook): Promise<string | undefined> {
  if (!notebook.touched) return undefined;
  const { LINK_LENGTHS, linkOf } = await import('../../lab/notebook/share');
  const cells = parseNotebook(notebook.text);
  for (const size of ['results', 'shaders'] as const) {
    const link = await linkOf(cells, size);
    if (location.origin.length + location.pathname.length + link.length <= LINK_LENGTHS.safe) return link;
  }
  return '';
}

async function presetText(name: string): Promise<string> {
  const text = await loadPreset(name);
  if (text === undefined) throw new Error(t().page.brokenPreset(name));
  return text;
}

/**
 * A notebook with one sweep cell made from the settings in an address. Settings that cannot be read are kept as text,
 * for the user to correct.
 */
function sweepOf(search: string): string {
  return printNotebook([makeCell('sweep', settingsText(search))]);
}

function settingsText(search: string): string {
  try {
    return formatExperiment(parseExperiment(search), 'lines') || 'model=demo\n';
  } catch {
    return toLinesUnchecked(search);
  }
}
