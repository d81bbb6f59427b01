/**
 * A prompt and its continuation by the model, or a conversation. The prompt follows the settings after a line `---`; in a
 * conversation further lines `---` separate the user's turns.
 */
import { NUMBER_NAMES, NUMBERS } from '../../experiment/descriptors';
import { type Experiment, formatExperiment } from '../../experiment/experiment';
import { promptOf, splitAtRule } from '../../experiment/settings';
import { CHATS, turnsOf } from '../../text/chat';
import type { GenerateRequest } from '../../text/generate';
import { readStops } from '../../text/stops';
import { checkSettings } from '../../text/settings';
import { type CellWord, choice, type KindDescriptor, printOwn, readBlock } from './kind';

export interface Generate extends GenerateRequest {
  kind: 'generate';
  experiment: Experiment;
}

const numbers = {
  tokens: { about: 'tokens to add, at most', smallest: 1, largest: 65_536, whole: true, default: 128 },
  temperature: { about: '0: always the likeliest token', smallest: 0, largest: 100, default: 0 },
  top_p: { about: 'only the likeliest tokens that make up so much', smallest: 0, largest: 1, default: 1 },
  seed: { about: 'of the sampling', smallest: 0, largest: 4_294_967_295, whole: true, default: 1 },
  presence_penalty: {
    about: 'taken from the logit of each token that the answer has',
    ...{ smallest: 0, largest: 100, default: 0 },
  },
  frequency_penalty: {
    about: 'taken again for each time that it has it',
    ...{ smallest: 0, largest: 100, default: 0 },
  },
  penalty_decay: {
    about: 'what is left of such a time after each token',
    ...{ smallest: 0, largest: 1, default: 0.996 },
  },
};

export const words = {
  chat: choice('off: the prompt is continued as it is', CHATS),
  stop: {
    about: 'texts that end the answer',
    default: '',
    read: readStops,
  } satisfies CellWord as CellWord,
};

export const generate: KindDescriptor<'generate', Generate, keyof typeof numbers> = {
  numbers,
  words,
  controls: {
    lists: [],
    fields: [],
    folded: NUMBER_NAMES.filter((name) => NUMBERS[name].forTexts && !Object.hasOwn(numbers, name)),
  },
  starter: () => 'tokens=100\ntemperature=0\n---\nIt is a truth universally acknowledged',
  read(text, catalogue) {
    const { own, experiment } = readBlock(numbers, splitAtRule(text).settings, catalogue, words);
    checkSettings(experiment);
    const cell = { kind: 'generate', experiment, prompt: promptOf(text), ...own } as const;
    turnsOf(cell);
    return cell;
  },
  print: (cell, catalogue) =>
    printOwn({ ...words, ...numbers }, cell) +
    formatExperiment(cell.experiment, 'lines', catalogue) +
    (cell.prompt ? `---\n${cell.prompt}\n` : ''),
  experiments: ({ experiment }) => [experiment],
  runs: () => [],
  results: { text: true, generated: true },
};
