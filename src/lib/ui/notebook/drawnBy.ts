/** How a sweep's settings ask for its chart to be drawn; results that are frozen below it are drawn the same way. */
import { REGISTRY } from '../../lab/experiment/catalogue';
import { parseExperiment, valuesOf } from '../../lab/experiment/experiment';
import { hasTarget } from '../../lab/experiment/target';
import { type Cell, contentOf } from '../../lab/notebook/notebook';

export interface Drawn {
  /** Names of published series. */
  references: string[];
  /** In tokens per second; undefined where it says nothing about the model. */
  target: number | undefined;
  /** The setting along the axis, if one is asked for. */
  axis: string | undefined;
  /** `linear` or `log`, if one is asked for. */
  scale: string | undefined;
}

/** The settings of a sweep that concern its chart; none for other cells, and for settings that cannot be read here. */
export function drawnBy(cell: Cell | undefined): Drawn {
  try {
    if (cell?.kind !== 'sweep') throw new Error('Only sweeps say how they are drawn');
    const experiment = parseExperiment(contentOf(cell), REGISTRY);
    const target =
      experiment.target || hasTarget(valuesOf(experiment, 'model'))
        ? Number(valuesOf(experiment, 'target')[0])
        : undefined;
    const [axis, scale] = [experiment.x?.[0], experiment.scale?.[0]];
    return { references: experiment.reference ?? [], target, axis, scale };
  } catch {
    return { references: [], target: undefined, axis: undefined, scale: undefined };
  }
}
