/** Live mode of sweeps: what is turned is measured after a pause, quickly at first, and refined while nothing else is to do. */
import { SvelteMap } from 'svelte/reactivity';
import { placeOf } from '../../lab/cells/points';
import type { Progress } from '../../lab/measure/progress';
import { contentOf } from '../../lab/notebook/notebook';
import { writtenSettings } from '../../lab/experiment/settings';
import type { OwnVariant } from '../../shaders/variant';
import type { Lab } from '../session/lab.svelte';
import type { NotebookCell } from './cellList';
import { type Outcome, recordsIn } from './outcome';
import { type Bench, isQuick, type Standing, type WantedPoint } from './points';
import type { PastRun } from './store';

/** How thoroughly a cell is measured. `quick` and `refine`: by live mode. */
export type Effort = 'full' | 'quick' | 'refine';

/** The part of the notebook that live mode needs. */
export interface LiveHost {
  readonly lab: Lab;
  readonly own: OwnVariant[];
  readonly bench: Bench;
  /** The notebook's. */
  readonly title: string;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly queue: string[];
  readonly running: string | undefined;
  readonly effort: Effort;
  readonly progress: Progress | undefined;
  cell(id: string | undefined): NotebookCell | undefined;
  wantedOf(id: string): WantedPoint[];
  standingOf(id: string): Standing;
  arrange(id: string): void;
  begin(id: string, effort: Effort): void;
  supersede(): void;
  storeRun(run: PastRun): void;
  changed(): void;
}

/** A turn of a control is measured after this time without another one: a newer turn supersedes it anyway. */
const PAUSE_MILLISECONDS = 50;
/** The same for a shader that is being typed, whose half-written texts would only fail. */
const TYPING_MILLISECONDS = 300;
/** Refining, and compiling ahead, begin after this time without a turn. */
const IDLE_MILLISECONDS = 600;
/** A live sweep that was cut so often in succession without a new point does not go on by itself. */
const MOST_CUTS = 2;
/** The worker's name for what is compiled ahead. */
const AHEAD = 'ahead';

export class Live {
  /** The sweeps for which the user has switched live mode on or off, by cell id. */
  readonly switched = new SvelteMap<string, boolean>();
  /** The cell that was turned last; undefined after Stop. */
  #cell: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The text that a cell had at its last turn, to tell which setting was turned. */
  #texts: Readonly<Record<string, string>> = {};
  /** The setting that was turned last. */
  #turned: string | undefined;
  /** True when the neighbours of the present settings have been compiled, or must not be. */
  #ahead = false;
  /** True when the point in progress is still wanted, but the settings have changed. */
  #changed = false;

  constructor(readonly host: LiveHost) {}

  /** True if a sweep measures by itself: as the user has switched, else if a quick look takes less than two seconds. */
  isOn(id: string): boolean {
    const { events = [], kept = [] } = this.host.outcomes.get(id) ?? {};
    return this.switched.get(id) ?? isQuick(this.host.wantedOf(id), recordsIn([...kept, ...events]));
  }

  toggle(id: string) {
    const on = !this.isOn(id);
    this.switched.set(id, on);
    this.host.changed();
    if (on) this.turned(id);
    else if (this.#cell === id) this.pause();
  }

  /** Call it when the settings of a sweep, or the shaders that it uses, have changed. */
  turned(id: string) {
    const text = contentOf(this.host.cell(id)!);
    const before = this.#texts[id];
    this.#turned = changedKey(before ?? '', text) ?? this.#turned;
    this.#texts = { ...this.#texts, [id]: text };
    if (!this.isOn(id)) return this.#showKnown(id);
    this.#cell = id;
    this.#ahead = false;
    this.host.arrange(id);
    if (this.host.running !== undefined && this.host.effort === 'refine') this.host.supersede();
    this.#in(text === before ? TYPING_MILLISECONDS : PAUSE_MILLISECONDS);
  }

  /** Shows what is asked for, where nothing has to be measured for that. */
  #showKnown(id: string) {
    if (this.host.wantedOf(id).length && !this.host.standingOf(id).missing.length) this.host.arrange(id);
  }

  /** Call it when a sweep is shown first: one that was cut goes on from there. */
  opened(id: string) {
    this.#texts = { ...this.#texts, [id]: contentOf(this.host.cell(id)!) };
    const outcome = this.host.outcomes.get(id);
    if (outcome?.state === 'cut' && (outcome.cuts ?? 0) <= MOST_CUTS && this.isOn(id)) this.turned(id);
  }

  /** Begins what is to be done next, unless something runs; the end of that calls it again. */
  next() {
    const id = this.#cell;
    if (id === undefined || !this.host.cell(id) || !this.isOn(id)) return;
    // The settings may have been turned to known points while this cell ran.
    this.host.arrange(id);
    const effort = this.#effortOf(id);
    if (effort) this.#in(effort === 'quick' ? 0 : IDLE_MILLISECONDS);
  }

  /** Call it at each new point of a running cell. */
  pointArrived(id: string) {
    if (this.#changed && this.host.running === id && this.host.effort !== 'full') this.host.supersede();
    this.#changed = false;
  }

  /** Call it when live mode has measured something of a cell: its session is one run of the history, which grows. */
  keep(id: string) {
    const { bench, outcomes, title: notebook } = this.host;
    const [cell, outcome, wanted] = [this.host.cell(id), outcomes.get(id), this.host.wantedOf(id)];
    if (!cell || !outcome?.session) return;
    const keep = ({ pastRunOfSession }: typeof import('./liveRun')) => {
      const run = pastRunOfSession({ notebook, cell, wanted, outcome, bench });
      if (run) this.host.storeRun(run);
    };
    // Offline, and not loaded before: the points stay in the notebook.
    import('./liveRun').then(keep, () => undefined);
  }

  /** Does nothing by itself until the next turn. */
  pause() {
    clearTimeout(this.#timer);
    this.#cell = undefined;
    this.#changed = false;
  }

  #in(milliseconds: number) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#begin(), milliseconds);
  }

  #begin() {
    const id = this.#cell;
    const { host } = this;
    if (id === undefined || !host.cell(id) || host.lab.unavailable || !this.isOn(id)) return;
    if (host.running !== undefined) return this.#interrupt(id);
    const effort = this.#effortOf(id);
    if (effort === AHEAD) this.#compileAhead(id);
    else if (effort) host.begin(id, effort);
  }

  /** Lets the point in progress come to its end if it is still wanted; else the newer settings supersede it at once. */
  #interrupt(id: string) {
    const { running, effort, progress } = this.host;
    if (effort === 'full') return; // the end of the run calls next()
    const place = progress && placeOf(progress.settings);
    const wanted =
      running === id &&
      effort === 'quick' &&
      this.host.wantedOf(id).some(({ run }) => placeOf(run.settings) === place);
    if (wanted) this.#changed = true;
    else this.host.supersede();
  }

  #effortOf(id: string): Exclude<Effort, 'full'> | typeof AHEAD | undefined {
    const { missing, provisional } = this.host.standingOf(id);
    if (missing.length) return 'quick';
    if (provisional.length) return 'refine';
    return this.#ahead || this.host.lab.adapter?.software ? undefined : AHEAD;
  }

  /** Compiles and checks the neighbours of the present settings; nothing waits for it. */
  #compileAhead(id: string) {
    const { lab, own } = this.host;
    const cell = this.host.cell(id)!;
    this.#ahead = true;
    const ended = () => {
      lab.calm(AHEAD);
      unlisten();
    };
    const unlisten = lab.listen(AHEAD, {
      receive(event) {
        if (event.type === 'progress') lab.watch(AHEAD);
        if (event.type === 'finished') ended();
      },
      lost: ended,
    });
    lab.send({
      type: 'run',
      cell: AHEAD,
      kind: cell.kind,
      text: contentOf(cell),
      variants: $state.snapshot(own) as OwnVariant[],
      effort: AHEAD,
      turned: this.#turned,
      idle: true,
    });
  }
}

/** The key of the first setting in which two texts of a cell differ. */
function changedKey(before: string, after: string): string | undefined {
  const former = new Map(writtenSettings(before).map(({ key, text }) => [key, text]));
  return writtenSettings(after).find(({ key, text }) => former.has(key) && former.get(key) !== text)?.key;
}
