/** The events of a cell that runs, and the request to run it. Plain data: posted by workers, stored by pages. */
import type { OwnVariant } from '../../shaders/variant';
import type { Experiment } from '../experiment/experiment';
import type { Comparison, ComparisonPlan } from '../records/comparison';
import type { Peaks } from '../records/profile';
import type { Profile } from '../records/profile';
import type { Progress } from '../measure/progress';
import type { CellKind, LabKind } from '../notebook/notebook';
import type { Place, RunRecord } from '../records/record';
import type { Generation } from '../text/generate';
import type { Tuned } from '../tune/adopt';
import type { BestSoFar } from '../tune/tune';
import type { AdapterDescription } from '../../engine/device';
import type { Effort, KnownPoint } from './points';

export type { AdapterDescription };

/** A request to run a cell of a notebook, with the notebook's own shaders. */
export interface CellWork {
  kind: CellKind;
  /** The body of the cell. */
  text: string;
  variants?: OwnVariant[];
  /** A sweep's points that need not be measured again. */
  known?: KnownPoint[];
  /** The turns of a conversation that were answered before, in order. */
  said?: Generation[];
  /** How thoroughly a sweep is measured; undefined: `full`. */
  effort?: Effort;
  /** The setting that was turned last, for the effort `ahead`. */
  turned?: string;
}

/** The results of each kind of cell, as events. A `place` is absent in results of version 0.2 and older. */
export interface ResultsOf {
  /** One for each run. */
  sweep: { type: 'record'; record: RunRecord };
  compare:
    | /** Early: what the budget can find. */
      { type: 'planned'; plan: ComparisonPlan }
      /** One, at the end. */
    | { type: 'compared'; compared: Comparison };
  /** One for each run. */
  profile: { type: 'profiled'; profile: Profile };
  roofline: { type: 'peaks'; peaks: Peaks; adapter: string; software: boolean; place?: Place };
  tune:
    | /** The best so far, after each kernel. */
      { type: 'tuning'; best: BestSoFar; place?: Place }
      /** One for each chunk. */
    | { type: 'tuned'; tuned: Tuned; place?: Place };
  /** One for each run. */
  evaluate: { type: 'record'; record: RunRecord };
  generate:
    | /** The next piece of the text, whole characters. */
      { type: 'text'; text: string }
      /** The whole, or a whole turn of a conversation, when it has ended or was stopped. */
    | { type: 'generated'; generation: Generation };
}

export type LabEvent =
  /** `defaults`: the variants of this GPU for kernels that settings leave open; `complete` puts them in. */
  /** `tuned`: the settings that were found on this GPU and are among its defaults. */
  | { type: 'adapter'; adapter: AdapterDescription; defaults: Experiment; tuned?: string }
  | { type: 'no-adapter'; reason: string }
  | { type: 'progress'; progress: Progress }
  | ResultsOf[LabKind]
  /** `settings`: those of the run that failed; the text of the whole cell if it could not be read or no GPU was found. */
  | { type: 'failed'; settings: string; reason: string }
  | { type: 'finished'; stopped: boolean };
