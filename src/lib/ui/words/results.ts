/** The words of the page of published results. */
import type { Filter } from '../../lab/records/gallery';

export default {
  title: 'Results',
  intro:
    'Every run that was published here, with its device, its browser and its warnings. Each opens as a notebook that runs the same on your GPU.',
  notLoaded: (why: string) => `The results could not be loaded: ${why}`,
  counts: (runs: string, devices: string, models: string) =>
    `${runs} runs, ${models === '1' ? '1 model' : `${models} models`}, ${devices} devices. Listed, model by model, is the fastest of each device, browser and prompt.`,
  filters: {
    device: 'Device',
    browser: 'Browser or runtime',
    model: 'Model',
    prefill: 'Prompt (tokens)',
  } satisfies Record<Filter, string>,
  any: 'Any',
  allSettings: 'Slower settings too',
  compared: 'Comparison',
  chosen: (count: number) => `${count} chosen`,
  chooseAnother: 'Choose another row to draw both.',
  openChosen: 'Open these as a notebook',
  clear: 'Clear',
  showChosen: 'Show the comparison',
  compare: (name: string) => `Compare ${name}`,
  open: 'Open',
  heading: (models: string, devices: string, files: string) =>
    `# ${models} on ${devices}\n\nPublished results: ${files}.`,
  openRow: (name: string) => `Open ${name} as a notebook`,
  prompt: (tokens: string) => `prompt of ${tokens}`,
  perSecond: 'tokens/s',
  decode: (rate: string) => `decode ${rate} tokens/s`,
  software: 'CPU that emulates a GPU: not comparable',
  none: 'No run has all of these.',
  more: (count: string) => `Show more (${count} left)`,
  otherFiles: (count: number) => `${count} other files: kernels by themselves, profiles`,
  contribute: 'Add your device',
  steps: [
    'Open the notebook Start here, or one of these rows, on your device and press Run all.',
    'Below the table, press Download CSV. Leave warnings and figures as they are.',
    'Check the file here or in the terminal: columns, units, whether the times are possible, and what was checked.',
    'Open an issue with the form Results from my GPU, or a pull request that adds the file to static/results.',
  ],
  checkFile: 'Check a file',
  fit: (name: string, runs: number) =>
    `${name}: ${runs === 1 ? '1 run' : `${runs} runs`}, fit to be published.`,
  notFit: (name: string) => `${name} is not fit to be published:`,
};
