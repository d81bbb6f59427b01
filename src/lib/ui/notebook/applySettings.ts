/** Applies the settings that a tune cell found to other cells: kernels and knobs, but not the model or the prompt. */
import { isKernelKey } from '../../lab/experiment/descriptors';
import { parseExperiment } from '../../lab/experiment/experiment';
import { splitAtRule, toLines, withSetting } from '../../lab/experiment/settings';
import { contentOf } from '../../lab/notebook/notebook';
import type { Notebook } from './notebook.svelte';

/** Adds a sweep with these settings below the cell that found them. */
export function useInNewSweep(notebook: Notebook, id: string, settings: string) {
  notebook.add('sweep', notebook.index(id) + 1, toLines(settings));
}

/** Writes these settings into every sweep, profile and generate cell, as one undo step. */
export function useEverywhere(notebook: Notebook, settings: string) {
  const found = Object.entries(parseExperiment(settings, notebook.catalogue));
  const kernels = found.filter(([key]) => isKernelKey(key));
  const bodies: Record<string, string> = {};
  for (const cell of notebook.cells) {
    const { id, kind } = cell;
    if (kind !== 'sweep' && kind !== 'profile' && kind !== 'generate') continue;
    const { settings: head, rest } = splitAtRule(contentOf(cell));
    bodies[id] = kernels.reduce((text, [key, values]) => withSetting(text, key, values), head) + rest;
  }
  notebook.setBodies(bodies);
}
