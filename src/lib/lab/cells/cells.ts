/** Reads and prints cells and finds the shaders that they depend on, through the descriptor of each kind. */
import { kernelOf, membersOf, REGISTRY, type Catalogue } from '../experiment/catalogue';
import { isKernelKey, NUMBERS } from '../experiment/descriptors';
import type { Experiment } from '../experiment/experiment';
import type { Run } from '../experiment/expand';
import { type CellKind, LAB_KINDS, type LabKind } from '../notebook/notebook';
import type { OwnVariant } from '../../shaders/variant';
import { isLabKind, KINDS, type LabCell } from './kinds';
import type { CellNumber, CellWord, Controls, KindDescriptor } from './kinds/kind';

export type { LabCell };

/** The descriptor of a kind, typed for cells of any kind. */
const descriptorOf = (kind: LabKind) => KINDS[kind] as unknown as KindDescriptor<LabKind, LabCell, string>;

/** The numbers that only this kind of cell has; none for cells that cannot be run. */
export const numbersOf = (kind: CellKind): Readonly<Record<string, CellNumber>> =>
  isLabKind(kind) ? descriptorOf(kind).numbers : {};

/** Those of them that are words. */
export const wordsOf = (kind: CellKind): Readonly<Record<string, CellWord>> =>
  (isLabKind(kind) && descriptorOf(kind).words) || {};

/** The controls of a kind of cell; undefined for a kind without controls. */
export const controlsOf = (kind: CellKind): Controls | undefined =>
  isLabKind(kind) ? descriptorOf(kind).controls : undefined;

/** Reads the body of a lab cell. Throws an Error that names what is unknown or impossible, and what was possible. */
export function readCell(kind: CellKind, text: string, catalogue = REGISTRY): LabCell {
  if (!isLabKind(kind)) throw new Error(`A ${kind} cell is not run; these are: ${LAB_KINDS.join(', ')}`);
  return descriptorOf(kind).read(text, catalogue);
}

/** The canonical text of a cell, each setting on its line; readCell reads it back. */
export const printCell = (cell: LabCell, catalogue = REGISTRY): string =>
  descriptorOf(cell.kind).print(cell, catalogue);

/** The runs of a cell; none for kinds without runs. Throws an Error that says why its settings cannot be run. */
export const runsOf = (cell: LabCell, catalogue: Catalogue): Run[] =>
  descriptorOf(cell.kind).runs(cell, catalogue);

/**
 * True if a cell's results depend on a shader of the notebook. A search among all variants depends on the shaders of
 * every kernel that its settings leave open.
 */
export function usesShader(cell: LabCell, { kernel, name }: OwnVariant, catalogue = REGISTRY): boolean {
  const { searches = false, experiments } = descriptorOf(cell.kind);
  const members = membersOf(kernel, catalogue);
  const touches = (key: string) => membersOf(key, catalogue).some((each) => members.includes(each));
  return experiments(cell).some((experiment) => {
    const named = Object.keys(experiment).filter(
      (key) => isKernelKey(key) && !key.includes('.') && touches(kernelOf(key)),
    );
    return named.length === 0 ? searches : named.some((key) => experiment[key].includes(name));
  });
}

/** The target of a cell in tokens per second. */
export const targetOf = (experiment: Experiment) => Number(experiment.target?.[0] ?? NUMBERS.target.default);
