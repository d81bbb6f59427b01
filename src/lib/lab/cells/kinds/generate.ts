/** A prompt and its continuation by the model. The prompt follows the settings after a line `---`. */
import { NUMBER_NAMES, NUMBERS } from '../../experiment/descriptors';
import { type Experiment, formatExperiment } from '../../experiment/experiment';
import { promptOf, splitAtRule } from '../../experiment/settings';
import type { GenerateRequest } from '../../text/generate';
import { checkSettings } from '../../text/text';
import { type KindDescriptor, printNumbers, readBlock } from './kind';

export interface Generate extends GenerateRequest {
  kind: 'generate';
  experiment: Experiment;
}

const numbers = {
  tokens: { about: 'tokens to add, at most', smallest: 1, largest: 65_536, whole: true, default: 128 },
  temperature: { about: '0: always the likeliest token', smallest: 0, largest: 100, default: 0 },
  top_p: { about: 'only the likeliest tokens that make up so much', smallest: 0, largest: 1, default: 1 },
  seed: { about: 'of the sampling', smallest: 0, largest: 4_294_967_295, whole: true, default: 1 },
};

export const generate: KindDescriptor<'generate', Generate, keyof typeof numbers> = {
  numbers,
  controls: {
    lists: [],
    fields: [],
    folded: NUMBER_NAMES.filter((name) => NUMBERS[name].forTexts && !Object.hasOwn(numbers, name)),
  },
  starter: () => 'tokens=100\ntemperature=0\n---\nIt is a truth universally acknowledged',
  read(text, catalogue) {
    const { own, experiment } = readBlock(numbers, splitAtRule(text).settings, catalogue);
    checkSettings(experiment);
    return { kind: 'generate', experiment, prompt: promptOf(text), ...own };
  },
  print: (cell, catalogue) =>
    printNumbers(numbers, cell) +
    formatExperiment(cell.experiment, 'lines', catalogue) +
    (cell.prompt ? `---\n${cell.prompt}\n` : ''),
  experiments: ({ experiment }) => [experiment],
  runs: () => [],
  results: { text: true, generated: true },
};
