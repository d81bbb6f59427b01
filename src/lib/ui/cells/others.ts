/** The components of the cells that few pages begin with: loaded with the first of them. */
import type { Component } from 'svelte';
import type { CellKind } from '../../lab/notebook/notebook';
import type { Notebook, NotebookCell } from '../notebook/notebook.svelte';
import CompareCell from './CompareCell.svelte';
import CsvCell from './CsvCell.svelte';
import GenerateCell from './GenerateCell.svelte';
import ProfileCell from './ProfileCell.svelte';
import RooflineCell from './RooflineCell.svelte';
import TuneCell from './TuneCell.svelte';

/** Every kind but those that a page shows at once. */
type Other = Exclude<CellKind, 'prose' | 'sweep' | 'wgsl'>;

export const OTHERS: Record<Other, Component<{ notebook: Notebook; cell: NotebookCell }>> = {
  compare: CompareCell,
  profile: ProfileCell,
  roofline: RooflineCell,
  tune: TuneCell,
  generate: GenerateCell,
  csv: CsvCell,
};
