/** What a search found, taken over by other cells: its kernels and knobs, not its model or its prompt. */
import { isKernelKey, parseExperiment } from '../../lab/experiment/experiment';
import type { Notebook } from './notebook.svelte';
import { splitAtRule, withSetting } from './settings.svelte';

/** A sweep below the cell that found them. */
export function useInNewSweep(notebook: Notebook, id: string, settings: string) {
  notebook.add('sweep', notebook.index(id) + 1, settings.replaceAll('&', '\n'));
}

/** Into every cell that runs one prompt after another: sweeps, profiles and prompts to go on with. One step to undo. */
export function useEverywhere(notebook: Notebook, settings: string) {
  const found = Object.entries(parseExperiment(settings, notebook.catalogue));
  const kernels = found.filter(([key]) => isKernelKey(key));
  const bodies: Record<string, string> = {};
  for (const { id, kind, body } of notebook.cells) {
    if (kind !== 'sweep' && kind !== 'profile' && kind !== 'generate') continue;
    const [own, rest] = splitAtRule(body);
    const lines = kernels.reduce((text, [key, values]) => withSetting(text, key, values), own);
    bodies[id] = lines + rest;
  }
  notebook.setBodies(bodies);
}
