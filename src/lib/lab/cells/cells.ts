/** What the text of each kind of lab cell says: settings, and for some kinds a few words of their own. */
import { type Catalogue, kernelOf, membersOf, REGISTRY } from '../experiment/catalogue';
import {
  type Experiment,
  formatExperiment,
  isKernelKey,
  NUMBERS,
  readExperiment,
} from '../experiment/experiment';
import { type CellKind, LAB_KINDS, type LabKind } from '../notebook/notebook';
import { readSettings, shorten } from '../experiment/settings';
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

/** A line that parts settings from each other, or from a prompt. */
const RULE = /^[ \t]*---[ \t]*\r?\n?$/;

/** Reads the body of a lab cell. Throws an Error that names what is unknown or impossible, and what was possible. */
export function readCell(kind: CellKind, text: string, catalogue = REGISTRY): LabCell {
  if (kind === 'sweep' || kind === 'profile') return { kind, experiment: readAll(text, catalogue) };
  if (kind === 'compare') return readCompare(text, catalogue);
  if (kind === 'generate') return readGenerate(text, catalogue);
  if (kind === 'tune') {
    const { own, experiment } = takeNumbers(kind, text, catalogue);
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
      return printSettings(cell.experiment, catalogue);
    case 'compare':
      return (
        printNumbers(cell) + cell.experiments.map((each) => printSettings(each, catalogue)).join('---\n')
      );
    case 'roofline':
      return '';
    case 'tune':
      return printNumbers(cell) + printSettings(cell.experiment, catalogue);
    case 'generate':
      return (
        printNumbers(cell) +
        printSettings(cell.experiment, catalogue) +
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
  const blocks = [''];
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? [])
    if (RULE.test(line)) blocks.push('');
    else blocks[blocks.length - 1] += line;
  const { own, experiment } = takeNumbers('compare', blocks[0], catalogue);
  const others = blocks.slice(1).map((block) => readAll(block, catalogue));
  return { kind: 'compare', experiments: [experiment, ...others], budget: own.budget };
}

function readGenerate(text: string, catalogue: Catalogue): LabCell {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const rule = lines.findIndex((line) => RULE.test(line));
  const settings = rule < 0 ? text : lines.slice(0, rule).join('');
  const prompt = rule < 0 ? '' : lines.slice(rule + 1).join('');
  const { own, experiment } = takeNumbers('generate', settings, catalogue);
  checkSettings(experiment);
  const { tokens, temperature, top_p, seed } = own;
  return {
    kind: 'generate',
    experiment,
    // The line ending before the closing fence is the cell's, and what ends lines in a file is no part of a text.
    prompt: prompt.replaceAll('\r\n', '\n').replace(/\n$/, ''),
    ...{ tokens, temperature, top_p, seed },
  };
}

/** The settings that only this kind of cell has, and the others. */
function takeNumbers(kind: CellKind, text: string, catalogue: Catalogue) {
  const numbers = CELL_NUMBERS[kind] ?? {};
  const settings = readSettings(text);
  const own: Record<string, number> = {};
  for (const [key, values] of settings.filter(([key]) => Object.hasOwn(numbers, key))) {
    if (Object.hasOwn(own, key)) throw new Error(`${key} is set twice`);
    if (values.length > 1)
      throw new Error(`${key} takes one value; it has ${values.length}: ${values.join(', ')}`);
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

/** A line a setting; where a model's name cannot stand on one, all as a query string. */
function printSettings(experiment: Experiment, catalogue: Catalogue): string {
  try {
    return formatExperiment(experiment, 'lines', catalogue);
  } catch {
    return `?${formatExperiment(experiment, 'query', catalogue)}\n`;
  }
}

/** The target of a cell, tokens a second. */
export const targetOf = (experiment: Experiment) => Number(experiment.target?.[0] ?? NUMBERS.target.default);
