/** Profiles as pictures: a roofline, a timeline of the dispatches, and the difference of two profiles. */
import { toLines, writtenSettings } from '../../../lab/experiment/settings';
import type { Peaks, Profile, ProfileRow } from '../../../lab/records/profile';
import { totalOf } from '../../../lab/records/profile';
import { percentOf, rounded } from '../../words/numbers';
import { aside, punctuation, sentences, type ChartWords } from '../../words/words.svelte';
import type { Mark, Plot, PlotSeries } from '../plot';

/** A row's place under the roofs: FLOP per byte, and TFLOPS. Undefined if its work is not known. */
function placeOf({ flop, bytes, uses, seconds }: ProfileRow): { x: number; y: number } | undefined {
  if (!flop || !bytes || !(seconds > 0)) return undefined;
  return { x: flop / bytes, y: (uses * flop) / seconds / 1e12 };
}

/** Kernels of a profile under the roofs of the peaks; undefined if the work of none is known. */
export function rooflinePlot(
  { rows, peaks }: Pick<Profile, 'rows' | 'peaks'>,
  words: ChartWords,
): Plot | undefined {
  const all = totalOf(rows).seconds;
  const placed = rows.flatMap((row) => {
    const place = placeOf(row);
    return place ? [{ row, place }] : [];
  });
  if (placed.length === 0) return undefined;
  const most = placed[0].row.seconds;
  const dots: Mark[] = placed.map(({ row, place }, i) => {
    const { kernel, variant, shape, seconds, computePeak } = row;
    const roof = Math.min(computePeak ?? Infinity, peaks.read * place.x);
    return {
      ...place,
      // A kernel is named once, where it takes the most time.
      label: placed.findIndex(({ row }) => row.kernel === kernel) === i ? kernel : undefined,
      size: 0.5 + 3.5 * (seconds / most),
      details: [
        `${kernel}/${variant}`,
        shape,
        words.reached(rounded(place.y), rounded(place.x)),
        words.ofRoof(percentOf((1e12 * place.y) / roof)),
        words.shareOfTime(percentOf(seconds / all)),
      ],
    };
  });
  const roofs = roofsOf(peaks, dots, words);
  const [{ row, place }] = placed;
  const roof = Math.min(row.computePeak ?? Infinity, peaks.read * place.x);
  const left = rows.filter((each) => !placeOf(each)).map(({ kernel }) => kernel);
  return {
    title: words.roofline,
    x: { label: words.intensity, scale: 'log', ...spanOf(roofs) },
    y: { label: words.tflopsLog, scale: 'log', min: Math.min(...dots.map(({ y }) => y)) / 2 },
    series: [...roofs, { label: words.kernels, form: 'dots', tone: 1, marks: dots }],
    summary: sentences(
      words.rooflineSummary(row.kernel, rounded(place.y), percentOf((1e12 * place.y) / roof)),
      left.length ? words.rooflineLeft([...new Set(left)].join(', ')) : '',
    ),
    table: {
      columns: [words.kernel, words.intensity.split(/[,，]/)[0], 'TFLOPS', '%'],
      rows: placed.map(({ row, place }) => [
        `${row.kernel}/${row.variant}, ${row.shape}`,
        rounded(place.x),
        rounded(place.y),
        percentOf(row.seconds / all),
      ]),
      words: 1,
    },
  };
}

const COMPUTE = ['f32', 'f16', 'dot4', 'matrix'] as const;

/** One line for the memory's roof, up to the highest arithmetic, and one for each peak of arithmetic from there. */
function roofsOf(peaks: Peaks, dots: readonly Mark[], words: ChartWords): PlotSeries[] {
  const known = COMPUTE.flatMap((name) => (peaks[name] ? [{ name, peak: peaks[name] }] : []));
  const highest = Math.max(...known.map(({ peak }) => peak));
  const ridge = highest / peaks.read;
  const from = Math.min(...dots.map(({ x }) => x), ridge) / 3;
  const to = Math.max(...dots.map(({ x }) => x), ridge) * 4;
  const mark = (x: number, rate: number, title: string, label?: string): Mark => ({
    ...{ x, y: rate / 1e12, label, details: [title] },
  });
  const memory = words.roofOf(words.memoryRoof, `${rounded(peaks.read / 1e9)} GB/s`);
  const middle = Math.sqrt(from * ridge);
  return [
    {
      ...{ label: memory, form: 'line', tone: 'quiet', plain: true },
      marks: [
        mark(from, peaks.read * from, memory),
        mark(middle, peaks.read * middle, memory, memory),
        mark(ridge, highest, memory),
      ],
    },
    ...known.map(({ name, peak }): PlotSeries => {
      const unit = name === 'dot4' ? 'TOPS' : 'TFLOPS';
      const label = words.roofOf(words.roofs[name], `${rounded(peak / 1e12)} ${unit}`);
      return {
        ...{ label, form: 'line', tone: 'quiet', plain: true, ends: true },
        marks: [mark(peak / peaks.read, peak, label), mark(to, peak, label)],
      };
    }),
  ];
}

const spanOf = (roofs: readonly PlotSeries[]) => {
  const xs = roofs.flatMap(({ marks }) => marks.map(({ x }) => x));
  return { min: Math.min(...xs), max: Math.max(...xs) };
};

/** Lanes of a timeline: the kernels that take most of the time; the others share one. */
const LANES = 9;

/** The dispatches of a chunk along the time, a lane for each kernel. `layer`: only the middle layer. Undefined without times. */
export function timelinePlot(
  { rows, timeline }: Pick<Profile, 'rows' | 'timeline'>,
  layer: boolean,
  words: ChartWords,
): Plot | undefined {
  if (!timeline?.length) return undefined;
  const steps = layer ? middleLayer(rows, timeline) : timeline;
  const used = new Set(steps.map(({ row }) => row));
  const kernels = [...new Set(rows.filter((_, at) => used.has(at)).map(({ kernel }) => kernel))];
  const lanes = kernels.length > LANES ? [...kernels.slice(0, LANES - 1), words.otherKernels] : kernels;
  const start = steps[0].begin;
  const marks = steps.map(({ row, begin, seconds }): Mark => {
    const { kernel, variant, shape } = rows[row];
    const lane = lanes.indexOf(kernel);
    const from = 1e3 * (begin - start);
    return {
      ...{ from, x: from + 1e3 * seconds, y: lane < 0 ? lanes.length - 1 : lane },
      details: [
        `${kernel}/${variant}`,
        shape,
        words.from(rounded(from)),
        words.lasts(rounded(1e6 * seconds)),
      ],
    };
  });
  const end = Math.max(...steps.map(({ begin, seconds }) => begin + seconds));
  const busy = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  const gaps = Math.max(0, end - start - busy);
  return {
    title: words.timeline,
    x: { label: words.sinceStart, scale: 'linear', min: 0, max: 1e3 * (end - start) },
    y: { label: '', scale: 'words', values: lanes },
    series: [{ label: words.kernels, form: 'spans', tone: 0, marks }],
    summary: words.timelineSummary(
      steps.length,
      rounded(1e3 * busy),
      rounded(1e3 * gaps),
      percentOf(end > start ? gaps / (end - start) : 0),
    ),
    table: {
      columns: [words.kernel, words.sinceStart, words.microseconds],
      rows: marks.map(({ details: [name], from = 0, x }) => [name, rounded(from), rounded(1e3 * (x - from))]),
      words: 1,
    },
  };
}

type Step = NonNullable<Profile['timeline']>[number];

/** The steps from one use of the recurrence to the next, in the middle of the chunk; all steps if it is used once. */
function middleLayer(rows: readonly ProfileRow[], timeline: readonly Step[]): readonly Step[] {
  const starts = timeline.flatMap(({ row }, i) => {
    const again = i > 0 && timeline[i - 1].row === row; // another pass of the same use
    return /^wkv(_token)?$/.test(rows[row].kernel) && !again ? [i] : [];
  });
  const at = (starts.length - 1) >> 1;
  return starts.length < 2 ? timeline : timeline.slice(starts[at], starts[at + 1]);
}

/** Milliseconds by kernel of two profiles. */
export interface KernelDifference {
  kernel: string;
  before: number;
  after: number;
}

/** Times of both profiles by kernel, largest change first. */
export function differencesOf(before: Profile, after: Profile): KernelDifference[] {
  const sums = ({ rows }: Profile) => {
    const found = new Map<string, number>();
    for (const { kernel, seconds } of rows) found.set(kernel, (found.get(kernel) ?? 0) + 1e3 * seconds);
    return found;
  };
  const [one, other] = [sums(before), sums(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .map((kernel) => ({ kernel, before: one.get(kernel) ?? 0, after: other.get(kernel) ?? 0 }))
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
}

/** Both profiles' settings in which they differ, for names; first and second where one has none of its own. */
function namesOf(before: Profile, after: Profile, words: ChartWords): [string, string] {
  const [one, other] = [before, after].map(({ settings }) =>
    writtenSettings(toLines(settings)).map(({ text }) => text),
  );
  const own = (parts: string[], others: string[]) => parts.filter((part) => !others.includes(part)).join(' ');
  return [own(one, other) || words.first, own(other, one) || words.second];
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${rounded(Math.abs(value))}`;

/** A kernel that changes by less than this share of the whole is not drawn; the table has all. */
const LEAST_CHANGE = 0.001;

/** How much longer or shorter each kernel takes in the second profile. */
export function differencePlot(before: Profile, after: Profile, words: ChartWords): Plot {
  const names = namesOf(before, after, words);
  const all = differencesOf(before, after);
  const sum = all.reduce((total, { before }) => total + before, 0);
  const drawn = all
    .filter(({ before, after }) => Math.abs(after - before) > LEAST_CHANGE * sum)
    .slice(0, LANES);
  const differences = drawn.length ? drawn : all.slice(0, 1);
  const marks = differences.map(({ kernel, before, after }, y): Mark => {
    const change = after - before;
    const text = `${rounded(before)} → ${rounded(after)} ${words.milliseconds}`;
    const details = [kernel, text, `${signed(change)} ${words.milliseconds}`];
    return { from: 0, x: change, y, label: signed(change), details };
  });
  /** Beyond the longest bar of a side there is room for its number; a side without bars needs none. */
  const extent = (sign: 1 | -1) => 1.35 * sign * Math.max(0, ...marks.map(({ x }) => sign * x));
  const total = all.reduce((sum, { before, after }) => sum + after - before, 0);
  const [largest] = differences;
  const side = (slower: boolean) => marks.filter(({ x }) => x > 0 === slower);
  const series: PlotSeries[] = [
    { label: words.faster, form: 'spans', tone: 0, marks: side(false) },
    { label: words.slower, form: 'spans', tone: 1, marks: side(true) },
  ];
  return {
    title: words.difference,
    x: { label: words.differenceAxis, scale: 'linear', min: extent(-1), max: extent(1) || 1e-9, soft: true },
    y: { label: '', scale: 'words', values: differences.map(({ kernel }) => kernel) },
    series: series.filter(({ marks }) => marks.length > 0),
    summary: `${words.differenceOf(names[1], names[0])}${punctuation().stop} ${words.differenceSummary(signed(total), largest.kernel, signed(largest.after - largest.before))}`,
    table: {
      columns: [words.kernel, ...names.map((name) => name + aside(words.milliseconds)), words.differenceAxis],
      rows: all.map(({ kernel, before, after }) => [
        kernel,
        rounded(before),
        rounded(after),
        signed(after - before),
      ]),
      words: 1,
    },
  };
}
