import { learnMore } from '../../lib/ui/words/words.svelte';

/** Loads the words of kernels before the page is shown. */
export const load = learnMore;
