// Results of every kind of cell, frozen: text, notebook, Jupyter and link give back what was found.
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { fromIpynb, toIpynb } from '../../src/lib/lab/notebook/ipynb';
import {
  contentOf,
  LAB_KINDS,
  makeCell,
  parseNotebook,
  printNotebook,
} from '../../src/lib/lab/notebook/notebook';
import { leftOutOf, linkOf, readLink, SHARE_SIZES } from '../../src/lib/lab/notebook/share';
import { KINDS } from '../../src/lib/lab/cells/kinds';
import { readFrozen, shortFrozen, toFrozen } from '../../src/lib/lab/records/frozen';
import { readRuns } from '../../src/lib/lab/records/import';
import { WARNINGS } from '../../src/lib/lab/records/record';
import {
  detailsIn,
  placesIn,
  readResults,
  resultsText,
  shortened,
} from '../../src/lib/lab/records/resultsText';
import { toCsv } from '../../src/lib/lab/records/runsCsv';
import { comparedNames } from '../../src/lib/ui/cells/comparedNames';
import { searchIn } from '../../src/lib/ui/cells/searchIn';
import { cellsOf } from '../../src/lib/ui/notebook/cellList';
import { embeddedOf } from '../../src/lib/ui/notebook/embedded';
import type { ResultEvent } from '../../src/lib/ui/notebook/outcome';
import { textWithResults, unfrozenIn } from '../../src/lib/ui/notebook/withResults';
import { curvePlot, parallelSearches, parallelPlot } from '../../src/lib/ui/results/forms/tune';
import { linkDigits } from '../../src/lib/lab/records/linkDigits';
import { milliseconds } from '../../src/lib/ui/cells/profileTable';
import { figure } from '../../src/lib/ui/kernels/numbers';
import { percent, rounded as rounded3 } from '../../src/lib/ui/words/numbers';
import { chartWords, speak } from '../../src/lib/ui/words/words.svelte';
import { anyRecord } from '../any-record';

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  await speak('en');
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const text = fc.string({ unit: 'grapheme' });
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);
const count = fc.nat();
const time = fc.double({ min: 1e-9, max: 1e3, noNaN: true });
const times = fc.array(time, { maxLength: 8 });
const effects = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 16 });
const settings = fc.record({ model: name, prefill: count, wkv: name }).map(
  (values) =>
    `?${Object.entries(values)
      .map(([key, value]) => `${key}=${value}`)
      .join('&')}`,
);
const startedAt = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((day) => day.toISOString());
const place = fc.record({ adapter: text, software: fc.boolean(), agent: text, startedAt, labVersion: name });
const warnings = fc.subarray([...WARNINGS]);
const leftOut = fc.array(fc.record({ settings, reason: text }), { maxLength: 2 });

const pair = fc.record({
  verdict: fc.constantFrom('faster' as const, 'slower' as const, 'same' as const, 'cannot tell' as const),
  ...{
    ratio: time,
    low: time,
    high: time,
    values: effects,
    more: maybe(count),
    inexact: maybe(fc.boolean()),
  },
});
const checks = fc.record({ shapes: count, seed: count, answerError: maybe(time), seconds: time });
const run = fc.record({
  ...{ settings, tokens: count, sampleSeconds: times, tokensPerSecond: time },
  ...{ kernelHash: name, checks: maybe(checks) },
});
const compared = fc.array(fc.tuple(run, pair), { minLength: 1, maxLength: 4 }).chain((sides) =>
  fc.record({
    runs: fc.constant(sides.map(([side]) => side)),
    against: fc.constant(sides.slice(1).map(([, against]) => against)),
    ...{ leftOut: maybe(leftOut), floor: maybe(time), control: maybe(effects), blocks: maybe(count) },
    ...{ repetitions: maybe(count), seed: maybe(count), sentinelSeconds: maybe(times) },
    ...{ warnings: maybe(warnings), adapter: text, software: fc.boolean(), startedAt, agent: text },
    labVersion: maybe(name),
  }),
);
const trial = fc.record({ variant: name, knobs: text, seconds: maybe(time), reason: maybe(text) });
const best = fc.record({
  ...{ settings, kernel: name, variant: name, knobs: text, beforeSeconds: time, bestSeconds: time },
  ...{ trials: maybe(fc.array(trial, { maxLength: 5 })), resumed: maybe(fc.boolean()) },
});
const tuned = fc.record({
  ...{ settings, before: settings, comparison: maybe(pair), leftOut: maybe(leftOut) },
  candidates: maybe(fc.array(fc.record({ settings, comparison: pair }), { maxLength: 3 })),
  ...{ warnings: maybe(warnings), refused: maybe(text) },
});
const generation = fc.record({
  ...{ settings, prompt: text, turn: maybe(count), opening: maybe(text), contextTokens: maybe(count) },
  ...{ earlier: maybe(fc.boolean()), promptTokens: count, text, ids: fc.array(count, { maxLength: 9 }) },
  ...{ temperature: time, topP: time, seed: count, prefillSeconds: time, decodeSeconds: time },
  tokenSeconds: maybe(times),
  ...{ prefillTokensPerSecond: time, decodeTokensPerSecond: maybe(time) },
  end: fc.constantFrom('length' as const, 'end of text' as const, 'stop' as const, 'stopped' as const),
  ...{ adapter: text, software: fc.boolean(), startedAt, agent: text, labVersion: maybe(name) },
});
const peaks = fc.record({
  ...{ f32: time, f16: maybe(time), dot4: maybe(time), matrix: maybe(time), read: time, dispatch: time },
  pass: fc.constant(0),
});
const failed = fc.record({ type: fc.constant('failed' as const), settings: text, reason: text });

/** The possible results of each kind of cell, as events; of runs and profiles round-trips.test.ts has more. */
const FOUND = {
  compare: compared.map((one): ResultEvent[] => [
    { type: 'planned', plan: { blocks: 16, findable: 1.01 } },
    { type: 'compared', compared: one },
  ]),
  tune: fc
    .tuple(fc.array(best, { minLength: 1, maxLength: 4 }), maybe(tuned), maybe(place))
    .map(([all, end, at]): ResultEvent[] => [
      ...all.map((each) => ({ type: 'tuning' as const, best: each, place: at })),
      ...(end ? [{ type: 'tuned' as const, tuned: end, place: at }] : []),
    ]),
  generate: fc.array(generation, { minLength: 1, maxLength: 3 }).map((turns): ResultEvent[] =>
    turns.flatMap((turn): ResultEvent[] => [
      { type: 'text', text: turn.text },
      { type: 'generated', generation: turn },
    ]),
  ),
  roofline: fc
    .tuple(peaks, place)
    .map(([one, at]): ResultEvent[] => [
      { type: 'peaks', peaks: one, adapter: at.adapter, software: at.software, place: at },
    ]),
};
const found = fc
  .tuple(fc.oneof(...Object.values(FOUND)), fc.array(failed, { maxLength: 2 }))
  .map(([events, failures]): ResultEvent[] => [...events, ...failures]);

const plain = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;
const resultsIn = (notebook: string) =>
  contentOf(parseNotebook(notebook).find(({ kind }) => kind === 'csv')!);
/** The events as they are frozen: a plan and pieces of a finished text are no results of their own. */
const kept = (events: readonly ResultEvent[]) =>
  events.filter(({ type }) => type !== 'planned' && type !== 'text');
/** Numbers with nine digits. */
const rounded = <T>(value: T) =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'number' && !Number.isInteger(each) ? Number(each.toPrecision(9)) : each,
    ),
  ) as T;

test('every kind of cell freezes: each type of result is in a text that is read back', () => {
  const types = new Set(
    [...Object.values(FOUND), anyRecord.map((record): ResultEvent[] => [{ type: 'record', record }])]
      .flatMap((kind) => fc.sample(kind, 30).flat())
      .map(({ type }) => type as string),
  );
  const results = LAB_KINDS.flatMap((kind) => Object.keys(KINDS[kind].results));
  expect(results.filter((type) => !types.has(type))).toEqual(['profiled']); // in round-trips.test.ts
});

describe('results that are neither runs nor profiles', () => {
  test('come back whole from a text, a notebook, Jupyter and a whole link', async () => {
    await fc.assert(
      fc.asyncProperty(found, async (events) => {
        const frozen = resultsText(events);
        const cells = [makeCell('compare', 'wkv=a,b\n'), makeCell('prose', '\n'), makeCell('csv', frozen)];
        expect(cells[2].open).toMatch(/^`+json results\n$/);
        const texts = [
          frozen,
          resultsIn(printNotebook(cells)),
          resultsIn(fromIpynb(toIpynb(cells))),
          resultsIn(fromIpynb(toIpynb(cells.slice(0, 1), new Map([[0, frozen]])))),
          resultsIn((await readLink(await linkOf(cells, 'whole'))).text),
        ];
        for (const each of texts) expect(plain(readResults(each).events)).toEqual(plain(kept(events)));
        expect(readFrozen(toFrozen(readFrozen(frozen)))).toEqual(readFrozen(frozen));
      }),
      { numRuns: 60 },
    );
  });

  test('come back from a link with nine digits and without samples, and from its copy unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(found, async (events) => {
        const cells = [makeCell('tune', ''), makeCell('csv', resultsText(events))];
        const opened = await readLink(await linkOf(cells, 'results'));
        const expected = kept(events).map((event) => {
          if (event.type === 'generated')
            return { ...event, generation: { ...event.generation, tokenSeconds: undefined } };
          if (event.type !== 'compared') return event;
          const runs = event.compared.runs.map((side) => ({ ...side, sampleSeconds: [] }));
          const short = { ...event.compared, ...{ control: undefined, sentinelSeconds: undefined }, runs };
          return { ...event, compared: short };
        });
        expect(plain(readResults(resultsIn(opened.text)).events)).toEqual(rounded(expected));
        expect((await readLink(await linkOf(opened.cells, 'results'))).text).toBe(opened.text);
        expect(await leftOutOf(opened.cells, 'results')).toEqual({
          ...{ shaders: 0, results: 0, samples: 0, timelines: 0 },
        });
      }),
      { numRuns: 60 },
    );
  });

  test('show in a link the last digit that they showed before, next to where it changes too', () => {
    const [ratio, low, high] = [1.0314998, 1.0114998, 1.0414998];
    const against = [{ verdict: 'same' as const, ratio, low, high, values: [0.01] }];
    const runs = [3.2149998, 3.2150002].map((tokensPerSecond) => ({
      ...{ settings: '?prefill=8', tokens: 8, sampleSeconds: [], tokensPerSecond, kernelHash: '' },
    }));
    const compared = {
      runs,
      against,
      adapter: '',
      software: false,
      startedAt: new Date(0).toISOString(),
      agent: '',
    };
    const shown = (frozen: string) =>
      readFrozen(frozen).flatMap((event) =>
        event.type === 'compared'
          ? [
              ...event.compared.against.flatMap((each) =>
                [each.ratio, each.low, each.high].map((to) => percent(to - 1)),
              ),
              ...event.compared.runs.map((each) => rounded3(each.tokensPerSecond)),
            ]
          : [],
      );
    const frozen = toFrozen([{ type: 'compared', compared } as ResultEvent]);
    expect(shown(frozen)).toEqual(['+3.1 %', '+1.1 %', '+4.1 %', '3.21', '3.22']);
    expect(shown(shortFrozen(frozen))).toEqual(shown(frozen));
  });

  test('show the same names, pictures and places', async () => {
    const words = await chartWords();
    fc.assert(
      fc.property(found, (events) => {
        const read = readResults(resultsText(events));
        const seen = (all: readonly { type: string }[]) => {
          const search = searchIn(all);
          const bests = search.events.flatMap((event) => (event.type === 'tuning' ? [event.best] : []));
          const comparisons = (all as ResultEvent[]).flatMap((event) =>
            event.type === 'compared' ? [comparedNames(event.compared.runs, 'defaults')] : [],
          );
          const parallel = parallelSearches(bests).map((search) => parallelPlot(search, words));
          return plain({ comparisons, curve: curvePlot(bests, words), parallel, place: search.place });
        };
        expect(seen(read.events)).toEqual(seen(kept(events)));
        for (const each of placesIn(read)) expect(each).toHaveProperty('adapter');
      }),
      { numRuns: 60 },
    );
  });

  test('are offered in a link once, and a search is a chart to embed', () => {
    fc.assert(
      fc.property(found, (events) => {
        const cells = cellsOf('```lab tune\n```\n');
        const left = unfrozenIn(cells, () => events);
        expect(left).toHaveLength(1);
        const whole = textWithResults(cells, left);
        expect(unfrozenIn(cellsOf(whole), () => events).map(({ number }) => number)).not.toContain(1);
        if (searchIn(events).events.some(({ type }) => type === 'tuning'))
          expect(searchIn(embeddedOf(whole, '1').results.events)).toEqual(
            searchIn(readResults(resultsText(events)).events),
          );
        else expect(() => embeddedOf(whole, '2')).toThrow(/has no chart/);
      }),
      { numRuns: 20 },
    );
  });

  test('that only failed are none', () => {
    expect(resultsText([{ type: 'failed', settings: 'a', reason: 'b' }])).toBe('');
  });

  test.each([
    ['{"type":"compared"', /Line 1 of these results is not JSON/],
    ['{"type":"odd"}', /Line 1 of these results, type: /],
    ['\n{"type":"peaks","peaks":{},"adapter":"","software":true}', /Line 2 of these results, peaks\.f32: /],
    [
      '{"type":"compared","compared":{"runs":[],"against":[],"adapter":"","software":true,"startedAt":"2026-01-31T12:00:00.000Z","agent":""}}',
      /compared: each run but the first has a verdict/,
    ],
    [
      '{"type":"tuned","tuned":{"settings":"no settings","before":"wkv=a"}}',
      /tuned\.settings: these are no settings/,
    ],
  ])('are refused in words where they are broken: %s', (broken, message) => {
    expect(() => readResults(broken)).toThrow(message);
    expect(shortened(broken)).toBe(broken);
    expect(detailsIn(broken)).toEqual({ samples: 0, timelines: 0 });
  });

  test('stay apart from runs', () => {
    const frozen = resultsText(fc.sample(FOUND.roofline, 1)[0]);
    expect(() => readRuns(frozen)).toThrow(/results of a cell without runs/);
  });
});

test('a failed run stays among the others, with its reason, in a file, a notebook and a link', async () => {
  const failure = fc.record({
    type: fc.constant('failed' as const),
    settings: text,
    reason: fc.string({ minLength: 1 }),
  });
  const event = fc.oneof(
    anyRecord.map((record) => ({ type: 'record' as const, record })),
    failure,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 5 }), anyRecord, async (some, last) => {
      const events = [...some, { type: 'record' as const, record: last }];
      const frozen = resultsText(events);
      const wanted = events.map((each) =>
        each.type === 'record' ? each.record : { settings: each.settings, reason: each.reason },
      );
      expect(plain(readResults(frozen).runs)).toEqual(plain(wanted));
      const { text: opened } = await readLink(await linkOf([makeCell('csv', frozen)], 'results'));
      const back = readResults(resultsIn(opened)).runs;
      expect(back.map((each) => ('reason' in each ? each : each.startedAt))).toEqual(
        wanted.map((each) => ('reason' in each ? each : each.startedAt)),
      );
      expect(readRuns(frozen).records).toHaveLength(events.filter(({ type }) => type === 'record').length);
    }),
    { numRuns: 40 },
  );
});

test('a link says what it leaves out, in each size, and a whole one leaves nothing', async () => {
  const [record] = fc.sample(anyRecord, { numRuns: 1, seed: 3 });
  const [events] = fc.sample(
    FOUND.compare.filter((each) => JSON.stringify(each).includes('"sampleSeconds":[0.')),
    { numRuns: 1, seed: 3 },
  );
  const cells = [
    makeCell('wgsl', '//! mine\n', 'wkv/mine'),
    makeCell('csv', toCsv([record, record])),
    makeCell('csv', resultsText(events)),
  ];
  const said = Object.fromEntries(
    await Promise.all(SHARE_SIZES.map(async (size) => [size, await leftOutOf(cells, size)])),
  ) as Record<string, unknown>;
  expect(said).toEqual({
    settings: { shaders: 1, results: 2, samples: 0, timelines: 0 },
    shaders: { shaders: 0, results: 2, samples: 0, timelines: 0 },
    results: { shaders: 0, results: 0, samples: 3, timelines: 0 },
    whole: { shaders: 0, results: 0, samples: 0, timelines: 0 },
  });
  expect((await readLink(await linkOf(cells, 'whole'))).text).toBe(printNotebook(cells));
});

test('a notebook that no link can hold is refused before it is sent', async () => {
  const cells = [makeCell('prose', 'a b '.repeat(300_000))];
  await expect(linkOf(cells, 'settings')).rejects.toThrow(/has 1\.2 MB .* at most 1 MB/);
});

test('short results are the same again', () => {
  fc.assert(
    fc.property(found, (events) => {
      const short = shortFrozen(resultsText(events));
      expect(shortFrozen(short)).toBe(short);
    }),
  );
});

test('a time of whole ticks, and its share of another, are shown from a link as they were', () => {
  const time = fc
    .tuple(fc.integer({ min: 1000, max: 50_000 }), fc.integer({ min: 1, max: 16 }))
    .map(([ticks, uses]) => (ticks * 5e-6) / uses);
  const shown = (seconds: number, change: number) => [
    rounded3(1e3 * seconds),
    milliseconds(seconds),
    figure(1e3 * seconds),
    percent(change),
  ];
  fc.assert(
    fc.property(time, time, (one, other) => {
      const sent = shown(one, other / one - 1);
      expect(shown(linkDigits(one), linkDigits(other / one) - 1)).toEqual(sent);
    }),
    { numRuns: 2000 },
  );
  // 5.175 ms, as a median of two samples makes it.
  expect(rounded3(1e3 * linkDigits(0.0051749999999999)).at(-1)).toBe(rounded3(5.1749999999999).at(-1));
});
