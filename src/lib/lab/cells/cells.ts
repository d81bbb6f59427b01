/** What the text of each kind of lab cell says: settings, and for some kinds a few words of their own. */
import { type Catalogue, kernelOf, membersOf, REGISTRY } from '../experiment/catalogue';
import { isKernelKey, NUMBERS } from '../experiment/descriptors';
import { type Experiment, formatExperiment, readExperiment, requireOne } from '../experiment/experiment';
import { type CellKind, LAB_KINDS, type LabKind } from '../notebook/notebook';
import {
  joinBlocks,
  promptOf,
  readSettings,
  shorten,
  splitAtRule,
  splitBlocks,
} from '../experiment/settings';
import type { OwnVariant } from '../../shaders/variant';
import type { GenerateRequest } from '../text/generate';
import { checkSettings } from '../text/text';

/** What a cell asks for. */
export type LabCell =
  | { kind: 'sweep' | 'profile'; experiment: Experiment }
  /** Several settings against the first, or the runs of one. */
  | { kind: 'compare'; experiments: Experiment[]; budget: number }
  | { kind: 'roofline' }
  | { kind: 'tune'; experiment: Experiment; budget: number; error: number }
  | ({ kind: 'generate' } & GenerateRequest);

interface CellNumber {
  about: string;
  smallest: number;
  largest: number;
  whole?: boolean;
  default: number;
}

const budget = (seconds: number, about: string) => ({
  about,
  smallest: 1,
  largest: 86_400,
  default: seconds,
});

/** Settings that only one kind of cell has, each a single number. */
export const CELL_NUMBERS: Partial<Record<CellKind, Record<string, CellNumber>>> = {
  compare: { budget: budget(20, 'seconds that the rounds may take') },
  tune: {
    budget: budget(180, 'seconds to search in'),
    error: { about: 'largest error a variant may state', smallest: 0, largest: 1, default: 1e-3 },
  },
  generate: {
    tokens: { about: 'tokens to add, at most', smallest: 1, largest: 65_536, whole: true, default: 128 },
    temperature: { about: '0: always the likeliest token', smallest: 0, largest: 100, default: 0 },
    top_p: { about: 'only the likeliest tokens that make up so much', smallest: 0, largest: 1, default: 1 },
    seed: { about: 'of the sampling', smallest: 0, largest: 4_294_967_295, whole: true, default: 1 },
  },
};

/** Reads the body of a lab cell. Throws an Error that names what is unknown or impossible, and what was possible. */
export function readCell(kind: CellKind, text: string, catalogue = REGISTRY): LabCell {
  if (kind === 'sweep' || kind === 'profile') return { kind, experiment: readAll(text, catalogue) };
  if (kind === 'compare') return readCompare(text, catalogue);
  if (kind === 'generate') return readGenerate(text, catalogue);
  if (kind === 'tune') {
    const { own, experiment } = readBlock(kind, text, catalogue);
    return { kind, experiment, budget: own.budget, error: own.error };
  }
  if (kind === 'roofline') {
    const [setting] = readSettings(text);
    if (setting) throw new Error(`A roofline cell takes no settings; it was given ${shorten(setting[0])}`);
    return { kind };
  }
  throw new Error(`A ${kind} cell is not run; these are: ${LAB_KINDS.join(', ')}`);
}

/** The canonical text of a cell, each setting on its line; readCell reads it back. */
export function printCell(cell: LabCell, catalogue = REGISTRY): string {
  switch (cell.kind) {
    case 'sweep':
    case 'profile':
      return formatExperiment(cell.experiment, 'lines', catalogue);
    case 'compare':
      return (
        printNumbers(cell) +
        joinBlocks(cell.experiments.map((each) => formatExperiment(each, 'lines', catalogue)))
      );
    case 'roofline':
      return '';
    case 'tune':
      return printNumbers(cell) + formatExperiment(cell.experiment, 'lines', catalogue);
    case 'generate':
      return (
        printNumbers(cell) +
        formatExperiment(cell.experiment, 'lines', catalogue) +
        (cell.prompt ? `---\n${cell.prompt}\n` : '')
      );
  }
}

/**
 * Whether what a cell does depends on a shader of the notebook. One that searches among all variants depends on those of
 * every kernel that its settings leave open.
 */
export function usesShader(cell: LabCell, { kernel, name }: OwnVariant, catalogue = REGISTRY): boolean {
  if (cell.kind === 'roofline') return false;
  const members = membersOf(kernel, catalogue);
  const touches = (key: string) => membersOf(key, catalogue).some((each) => members.includes(each));
  const experiments = cell.kind === 'compare' ? cell.experiments : [cell.experiment];
  return experiments.some((experiment) => {
    const named = Object.keys(experiment).filter(
      (key) => isKernelKey(key) && !key.includes('.') && touches(kernelOf(key)),
    );
    if (named.length === 0) return cell.kind === 'tune';
    return named.some((key) => experiment[key].includes(name));
  });
}

function readAll(text: string, catalogue: Catalogue): Experiment {
  return readExperiment(readSettings(text), catalogue);
}

function readCompare(text: string, catalogue: Catalogue): LabCell {
  const [first, ...blocks] = splitBlocks(text);
  const { own, experiment } = readBlock('compare', first, catalogue);
  const others = blocks.map((block) => readAll(block, catalogue));
  return { kind: 'compare', experiments: [experiment, ...others], budget: own.budget };
}

function readGenerate(text: string, catalogue: Catalogue): LabCell {
  const { own, experiment } = readBlock('generate', splitAtRule(text).settings, catalogue);
  checkSettings(experiment);
  const { tokens, temperature, top_p, seed } = own;
  return {
    kind: 'generate',
    experiment,
    prompt: promptOf(text),
    ...{ tokens, temperature, top_p, seed },
  };
}

/** A block of settings: the values of those that only this kind of cell has, defaults filled in, and the experiment. */
export function readBlock(kind: CellKind, text: string, catalogue: Catalogue) {
  const numbers = CELL_NUMBERS[kind] ?? {};
  const settings = readSettings(text);
  const own: Record<string, number> = {};
  for (const [key, values] of settings.filter(([key]) => Object.hasOwn(numbers, key))) {
    if (Object.hasOwn(own, key)) throw new Error(`${key} is set twice`);
    requireOne(key, values);
    own[key] = readNumber(key, values[0], numbers[key]);
  }
  for (const [key, { default: value }] of Object.entries(numbers)) own[key] ??= value;
  try {
    const others = settings.filter(([key]) => !Object.hasOwn(numbers, key));
    return { own, experiment: readExperiment(others, catalogue) };
  } catch (error) {
    const { message } = error as Error;
    const known = `; known: ${Object.keys(numbers).join(', ')}, `;
    throw new Error(message.replace(/^(Unknown setting "[^]*?"); known: /, `$1${known}`), { cause: error });
  }
}

function readNumber(key: string, word: string, { smallest, largest, whole }: CellNumber): number {
  const number = Number(word);
  const written = whole ? /^\d{1,12}$/ : /^\d{1,12}(\.\d{1,12})?(e-?\d{1,2})?$/i;
  if (written.test(word) && number >= smallest && number <= largest) return number;
  throw new Error(
    `${key} must be a ${whole ? 'whole number' : 'number'} from ${smallest} to ${largest}; "${shorten(word)}" is not`,
  );
}

function printNumbers(cell: LabCell): string {
  const values = cell as unknown as Record<string, number>;
  return Object.entries(CELL_NUMBERS[cell.kind as LabKind] ?? {})
    .filter(([key, { default: value }]) => values[key] !== value)
    .map(([key]) => `${key}=${values[key]}\n`)
    .join('');
}

/** The target of a cell, tokens a second. */
export const targetOf = (experiment: Experiment) => Number(experiment.target?.[0] ?? NUMBERS.target.default);
