import { error } from '@sveltejs/kit';
import { kernels } from '../../../lib/shaders';
import { learnMore } from '../../../lib/ui/words/words.svelte';
import type { EntryGenerator, PageLoad } from './$types';

/** Prerenders a page for every kernel, for static file servers. */
export const entries: EntryGenerator = () => Object.keys(kernels).map((kernel) => ({ kernel }));

export const load: PageLoad = async ({ params: { kernel } }) => {
  if (!Object.hasOwn(kernels, kernel))
    error(404, `There is no kernel "${kernel}"; there are: ${Object.keys(kernels).join(', ')}`);
  await learnMore();
  return { kernel };
};
