/** The kinds of cells that can be run, by name: the one list besides LAB_KINDS, which the compiler checks it against. */
import type { LabKind } from '../../notebook/notebook';
import { compare } from './compare';
import { evaluate } from './evaluate';
import { generate, words } from './generate';
import { profile } from './profile';
import { roofline } from './roofline';
import { sweep } from './sweep';
import { tune } from './tune';

export const KINDS = { sweep, compare, profile, roofline, tune, evaluate, generate } satisfies Record<
  LabKind,
  object
>;

export const isLabKind = (kind: string): kind is LabKind => Object.hasOwn(KINDS, kind);

/** A parsed cell, plain data: the values of its settings. */
export type CellOf<Kind extends LabKind> = ReturnType<(typeof KINDS)[Kind]['read']>;
export type LabCell = { [Kind in LabKind]: CellOf<Kind> }[LabKind];

/** Names of the settings that only one kind of cell has. */
export type OwnSettingName =
  { [Kind in LabKind]: keyof (typeof KINDS)[Kind]['numbers'] & string }[LabKind] | keyof typeof words;
