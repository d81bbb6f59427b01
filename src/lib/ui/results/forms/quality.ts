/** Error against speed: each evaluated run as a dot, and the line of those than which none is both faster and more exact. */
import { bitsPerByte, type Evaluated, frontierOf, isEvaluated } from '../../../lab/records/quality';
import { tokensPerSecond } from '../../../lab/records/record';
import { rounded, settled } from '../../words/numbers';
import { type ChartWords, locale, punctuation, t } from '../../words/words.svelte';
import type { Mark, Plot, PlotSeries } from '../plot';
import type { NumberedRecord } from '../series';
import { labelOf, varyingKeys } from '../varying';

/** A logarithmic axis has no zero: what is nearer is drawn here. */
const LEAST = 1e-12;
/** Dots that are named on the picture; more names would cover each other. */
const MOST_NAMED = 12;

type NumberedRun = NumberedRecord & { record: Evaluated };

/** The picture of the runs that were evaluated; undefined if none was. Runs of several models, prompts, texts or GPUs have a frontier each. */
export function qualityPlot(runs: readonly NumberedRecord[], words: ChartWords): Plot | undefined {
  const evaluated = runs.filter((run): run is NumberedRun => isEvaluated(run.record));
  if (evaluated.length === 0) return undefined;
  const varying = varyingKeys(evaluated.map(({ record }) => record));
  const nameOf = (record: Evaluated) => labelOf(record, varying) || record.model;
  const groups = grouped(evaluated);
  const places = groups.map(([place]) => JSON.parse(place) as string[]);
  const bests = groups.map(([, group]) => frontierOf(group.map(({ record }) => record)));
  const markOf = markWith(words, nameOf, evaluated.length <= MOST_NAMED);
  return {
    title: words.quality,
    x: { label: t().cells.perSecond, scale: 'linear', min: 0, soft: true },
    y: { label: words.divergence, scale: 'log', ...decadesAround(evaluated) },
    series: groups.flatMap(([, group], at): PlotSeries[] => {
      const differing = places[at].filter((part, i) => places.some((other) => other[i] !== part));
      const own = (word: string) => [word, ...differing].join(punctuation().comma);
      const onFrontier = group.filter(({ record }) => bests[at].includes(record));
      const line = bests[at].flatMap((record) => onFrontier.filter((run) => run.record === record));
      const dots = group.map(markOf);
      return [
        ...(line.length > 1
          ? [
              {
                label: own(words.frontier),
                form: 'line',
                plain: true,
                tone: 'quiet',
                marks: line.map(markOf).map(unnamed),
              } as const,
            ]
          : []),
        { label: own(words.evaluated), form: 'dots', tone: at, marks: dots },
      ];
    }),
    summary: words.qualitySummary(bests.flat().map(nameOf).join(', ')),
  };
}

/** Whole powers of ten with all divergences inside, at least two of them: between two powers an axis has no number to read. */
function decadesAround(runs: readonly NumberedRun[]): { min: number; max: number } {
  const powers = runs.map(({ record: { quality } }) => Math.log10(Math.max(LEAST, quality.divergence)));
  const [first, last] = [Math.floor(Math.min(...powers)), Math.ceil(Math.max(...powers))];
  return { min: 10 ** (first === last ? first - 1 : first) / 1.3, max: 10 ** last * 1.3 };
}

function grouped(runs: readonly NumberedRun[]): [place: string, runs: NumberedRun[]][] {
  const groups = new Map<string, NumberedRun[]>();
  for (const run of runs) groups.set(placeOf(run), [...(groups.get(placeOf(run)) ?? []), run]);
  return [...groups];
}

/** On what the runs of a picture were evaluated, as a sentence. */
export function qualityNote(runs: readonly NumberedRecord[], words: ChartWords): string {
  const told = runs.flatMap(({ record }) => record.quality ?? []);
  if (new Set(told.map(({ text }) => text)).size > 1) return words.qualityTexts;
  return words.qualityText(told[0].tokens.toLocaleString(locale()), told[0].bytes === 0);
}

/** Runs of one place have a frontier: what decides whether their speeds and errors can be compared. */
const placeOf = ({ record: { model, prefill, adapter, quality } }: NumberedRun): string =>
  JSON.stringify([model, `prefill=${prefill}`, adapter, quality.text.toString(16)]);

const unnamed = (mark: Mark): Mark => ({ ...mark, label: undefined });

const markWith =
  (words: ChartWords, nameOf: (record: Evaluated) => string, named: boolean) =>
  ({ number, record }: NumberedRun): Mark => {
    const { divergence, agreement, maxLogitError } = record.quality;
    const bits = bitsPerByte(record.quality);
    return {
      ...{ x: tokensPerSecond(record), y: Math.max(LEAST, divergence), record: number },
      label: named ? nameOf(record) : undefined,
      details: [
        nameOf(record),
        `${rounded(tokensPerSecond(record))} ${t().cells.perSecond}`,
        words.divergenceOf(divergence.toExponential(1)),
        words.agreementOf(settled(100 * agreement).toFixed(1)),
        words.logitError(maxLogitError.toExponential(1)),
        ...(bits === undefined ? [] : [words.bitsOf(settled(bits).toFixed(4))]),
      ],
    };
  };
