/** What a cell tells while it runs, and what it is asked to do. Plain data: posted by workers, stored by pages. */
import type { OwnVariant } from '../../shaders/variant';
import type { Experiment } from '../experiment/experiment';
import type { Comparison } from '../measure/compare';
import type { Peaks } from '../records/profile';
import type { Profile } from '../records/profile';
import type { Progress } from '../measure/progress';
import type { CellKind } from '../notebook/notebook';
import type { RunRecord } from '../records/record';
import type { Generation } from '../text/generate';
import type { BestSoFar, Tuned } from '../tune/tune';
import type { AdapterDescription } from '../../engine/device';

export type { AdapterDescription };

/** What is to be run: a cell of the notebook, with the shaders that the notebook has of its own. */
export interface CellWork {
  kind: CellKind;
  /** The body. */
  text: string;
  variants?: OwnVariant[];
}

export type LabEvent =
  /** `defaults`: what this GPU runs where settings say nothing; `complete` puts them in. */
  | { type: 'adapter'; adapter: AdapterDescription; defaults: Experiment }
  | { type: 'no-adapter'; reason: string }
  | { type: 'progress'; progress: Progress }
  /** Of a sweep: one a run. */
  | { type: 'record'; record: RunRecord }
  /** Of a compare cell, once, at its end. */
  | { type: 'compared'; compared: Comparison }
  /** Of a profile cell: one a run. */
  | { type: 'profiled'; profile: Profile }
  /** Of a roofline cell. */
  | { type: 'peaks'; peaks: Peaks; adapter: string; software: boolean }
  /** Of a tune cell: the best so far, after each kernel. */
  | { type: 'tuning'; best: BestSoFar }
  /** Of a tune cell: one for each chunk. */
  | { type: 'tuned'; tuned: Tuned }
  /** Of a generate cell: the next piece of the text, whole characters. */
  | { type: 'text'; text: string }
  /** Of a generate cell: the whole, when it has ended or was stopped. */
  | { type: 'generated'; generation: Generation }
  /** `settings`: those of the run that failed; the text of the whole cell if it could not be read or no GPU was found. */
  | { type: 'failed'; settings: string; reason: string }
  | { type: 'finished'; stopped: boolean };
