/** Components of the kinds of cell that few pages show at first; loaded together when the first one is needed. */
import type { Component } from 'svelte';
import type { CellKind } from '../../lab/notebook/notebook';
import type { Notebook, NotebookCell } from '../notebook/notebook.svelte';
import CompareCell from './CompareCell.svelte';
import EvaluateCell from './EvaluateCell.svelte';
import GenerateCell from './GenerateCell.svelte';
import ProfileCell from './ProfileCell.svelte';
import RooflineCell from './RooflineCell.svelte';
import TuneCell from './TuneCell.svelte';

/** All kinds except those with an import of their own in Cell.svelte. */
type Other = Exclude<CellKind, 'prose' | 'sweep' | 'wgsl' | 'csv'>;

export const OTHERS: Record<Other, Component<{ notebook: Notebook; cell: NotebookCell }>> = {
  compare: CompareCell,
  profile: ProfileCell,
  roofline: RooflineCell,
  tune: TuneCell,
  evaluate: EvaluateCell,
  generate: GenerateCell,
};
