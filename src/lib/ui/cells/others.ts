/** The cells that few pages begin with: loaded when one is there. */
import type { Component } from 'svelte';
import type { Notebook, NotebookCell } from '../notebook/notebook.svelte';
import CompareCell from './CompareCell.svelte';
import CsvCell from './CsvCell.svelte';
import GenerateCell from './GenerateCell.svelte';
import ProfileCell from './ProfileCell.svelte';
import RooflineCell from './RooflineCell.svelte';
import TuneCell from './TuneCell.svelte';

type Other = 'compare' | 'profile' | 'roofline' | 'tune' | 'generate' | 'csv';

export const OTHERS: Record<Other, Component<{ notebook: Notebook; cell: NotebookCell }>> = {
  compare: CompareCell,
  profile: ProfileCell,
  roofline: RooflineCell,
  tune: TuneCell,
  generate: GenerateCell,
  csv: CsvCell,
};
