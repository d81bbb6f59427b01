/** All that shows the results of runs, in one module that is loaded when there are some. */
export { freezeResults } from '../notebook/withResults';
export { default as Fits } from './Fits.svelte';
export { default as Latest } from './Latest.svelte';
export { default as QualityPicture } from './QualityPicture.svelte';
export { default as Runs } from './Runs.svelte';
export { default as RunsChart } from './RunsChart.svelte';
