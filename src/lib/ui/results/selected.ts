/** Views of the selected run, loaded when one is selected. */
export { default as Chosen } from './Chosen.svelte';
export { default as Samples } from './Samples.svelte';
