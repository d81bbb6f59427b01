/** The axes of a plot as scales of Chart.js. */
import type { ChartOptions } from 'chart.js';
import { type Axis, type Plot, rangeOf } from '../plot';
import { type Drawing, FONT } from './drawing';

export function scalesOf(drawing: Drawing): NonNullable<ChartOptions['scales']> {
  const { plot } = drawing;
  const ranges = rangesOf(plot);
  const cells = plot.series.some(({ form }) => form === 'cells');
  const lanes = plot.y.scale === 'words';
  return {
    x: {
      ...scaleOf(plot.x, drawing, !cells && !plot.columns, ranges.x),
      ...endsOf(plot.x, ranges.x),
    },
    y: {
      ...scaleOf(plot.y, drawing, !lanes, ranges.y),
      ...endsOf(plot.y, ranges.y),
      reverse: lanes && !cells, // the first lane at the top
    },
  } as NonNullable<ChartOptions['scales']>;
}

const endsOf = ({ soft }: Axis, { min, max }: Range) =>
  soft ? { suggestedMin: min, suggestedMax: max } : { min, max };

interface Range {
  min: number;
  max: number;
}

function scaleOf(axis: Axis, { palette, locale }: Drawing, grid: boolean, range: Range) {
  const text = { color: palette.quiet, font: FONT };
  const { values = [] } = axis;
  const words = axis.scale === 'words';
  const places = words ? values.map((_, at) => at) : (axis.ticks ?? stepsIn(axis, range));
  const powers = leastOf(axis, range) < 1e-3;
  return {
    type: axis.scale === 'log' ? 'logarithmic' : 'linear',
    display: !axis.hidden,
    offset: false,
    title: { display: axis.label !== '', text: axis.label, ...text },
    grid: { display: grid, color: palette.line, drawTicks: false },
    border: { color: palette.quiet },
    ticks: {
      ...{ ...text, padding: 8, maxTicksLimit: axis.ticks ? 12 : 8, autoSkip: !words, includeBounds: false },
      ...(words ? {} : { maxRotation: 0 }), // numbers that do not fit are left out, never turned
      callback: (value: string | number) =>
        words ? (values[Number(value)] ?? '') : numberText(Number(value), locale, powers),
    },
    ...(places && {
      afterBuildTicks: (scale: { ticks: { value: number }[] }) =>
        void (scale.ticks = places.map((value) => ({ value }))),
    }),
  };
}

/** Numbers for a logarithmic axis: the powers of ten if there are at least three, else 1, 2 and 5 times them. More would crowd on a phone. */
function stepsIn({ scale }: Axis, { min, max }: Range): number[] | undefined {
  if (scale !== 'log' || !(min > 0)) return undefined;
  const [first, last] = [Math.floor(Math.log10(min)), Math.floor(Math.log10(max))];
  const powers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const inside = (digits: number[]) =>
    powers
      .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
      .filter((at) => at >= min && at <= max);
  const decades = inside([1]);
  const steps = decades.length < 3 ? inside([1, 2, 5]) : decades;
  return steps.length > 1 ? steps : undefined;
}

/** The smallest value on a logarithmic axis; 1 for others, whose numbers are never written as powers. */
const leastOf = ({ scale }: Axis, { min }: Range) => (scale === 'log' ? min : 1);

/** A number as an axis shows it: on one with small numbers, all as powers of ten, such as 10⁻⁷ or 3×10⁻⁴. */
export function numberText(value: number, locale: string, powers: boolean): string {
  if (!powers || value === 0)
    return value.toLocaleString(locale, { maximumSignificantDigits: 6 }).replace(/^-/, '−');
  const [digits, power] = value.toExponential().split('e');
  return `${digits === '1' ? '' : `${digits}×`}10${[...power].map((sign) => RAISED[sign] ?? '').join('')}`;
}

const RAISED: Record<string, string> = {
  ...{ '-': '⁻', '0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴' },
  ...{ '5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹' },
};

/** Ends of both axes. */
export function rangesOf(plot: Plot): { x: Range; y: Range } {
  const marks = plot.series.flatMap(({ marks }) => marks);
  const across = plot.series.some(({ form }) => form === 'spans');
  const ends = marks.flatMap(({ low, high }) => [low, high].filter((end) => end !== undefined));
  const rules = (axis: 'x' | 'y') =>
    (plot.rules ?? []).filter((rule) => rule.axis === axis).map(({ at }) => at);
  const values = {
    x: [...marks.flatMap(({ x, from }) => (from === undefined ? [x] : [x, from])), ...(across ? ends : [])],
    y: [...marks.map(({ y }) => y), ...(across ? [] : ends)],
  };
  const range = (name: 'x' | 'y') => {
    const { scale, min, max, values: lanes = [] } = plot[name];
    const half = plot.columns ? 0.02 : 0.5;
    if (scale === 'words') return { min: -half, max: lanes.length - 1 + half };
    const found = rangeOf([...values[name], ...rules(name)], scale);
    return { min: min ?? found.min, max: max ?? found.max };
  };
  return { x: range('x'), y: range('y') };
}
