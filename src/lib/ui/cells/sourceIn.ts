/** Finds the sources of the variants that a notebook's cells name. */
import { resolve } from '$app/paths';
import { familyOf } from '$lib/shaders/formats/formats';
import type { Notebook } from '../notebook/notebook.svelte';

/** Finds the source of a variant: the address on its kernel's page, or what shows the cell of this notebook that holds it. */
export const sourceIn =
  (notebook: Notebook) =>
  (kernel: string, variant: string): string | (() => void) => {
    const own = notebook.cells.find(
      ({ kind, name }) =>
        kind === 'wgsl' && (name === `${kernel}/${variant}` || name === `${familyOf(kernel)}/${variant}`),
    );
    if (own) return () => notebook.focus(own.id);
    return `${resolve('/kernels/[kernel]', { kernel })}#${variant}`;
  };
