import { learnMore } from '../../lib/ui/words/words.svelte';

/** Loads the words of the self-test before the page is shown. */
export const load = learnMore;
