// Notebooks from the browser's store: valid ones are read back whole; damaged or outdated parts do not affect the rest.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromCsv } from '../../src/lib/lab/records/runsCsv';
import { cellsOf } from '../../src/lib/ui/notebook/cellList';
import { surplusOf } from '../../src/lib/ui/notebook/store';
import {
  damagedCopy,
  damagedIn,
  readNotebook,
  readRun,
  type StoredNotebook,
} from '../../src/lib/ui/notebook/stored';

const [record] = fromCsv(readFileSync('static/results/road-h100.csv', 'utf8'));
const TEXT = '# T\n\n```lab sweep\nprefill=8\n```\n\n```wgsl wkv/mine\n//! x\n```\n';
const cells = cellsOf(TEXT);
const outcome = {
  ...{
    state: 'done' as const,
    ran: 'prefill=8\n',
    planned: 1,
    previous: [record],
    startedAt: '2026-01-31T12:00:00Z',
  },
  events: [
    { type: 'record' as const, record },
    { type: 'failed' as const, settings: 'chunk=3', reason: 'no' },
  ],
};
const whole: StoredNotebook = {
  ...{ id: 'a', name: 'N', title: 'T', cells, outcomes: { [cells[1].id]: outcome } },
  ...{ address: '?x', changedAt: '2026-01-31T12:00:00Z', version: '0.2.0' },
};
const run = {
  ...{ id: 'r', notebook: 'T', kind: 'sweep' as const, body: 'prefill=8\n', outcome },
  ...{ finishedAt: '2026-01-31T12:00:00Z', label: '' },
};

test('what fits is read as it was stored, with or without a version', () => {
  expect(readNotebook(whole)).toEqual(whole);
  const older: StoredNotebook = { ...whole };
  delete older.version;
  expect(readNotebook(older)).toEqual(older);
  expect(readRun(run)).toEqual(run);
});

test('of a cell that does not fit its text is saved; its shader waits to be allowed', () => {
  const broken = cells.map((cell, index) => (index === 0 ? cell : { ...cell, kind: 'unheard-of' }));
  const read = readNotebook({ ...whole, cells: broken })!;
  expect(read.cells.map(({ kind, body }) => [kind, body])).toEqual(
    cells.map(({ kind, body }) => [kind, body]),
  );
  expect(read.cells[2].foreign).toBe(true);
  const swapped = readNotebook({ ...whole, cells: [{ ...cells[1], open: '', close: '' }] })!;
  expect(swapped.cells.map(({ kind, body }) => [kind, body])).toEqual([['prose', 'prefill=8\n']]);
  expect(readNotebook({ ...whole, cells: [7, null, cells[0]] })!.cells).toEqual([cells[0]]);
});

test('results that do not fit are left out, and only they', () => {
  const events = [
    { type: 'record', record: { ...record, prefillSeconds: 'fast' } },
    { type: 'record' },
    5,
    outcome.events[1],
  ];
  const read = readNotebook({
    ...whole,
    outcomes: { x: { ...outcome, events }, y: { state: 'gone' }, z: 3 },
  })!;
  expect(read.outcomes).toEqual({ x: { ...outcome, events: [outcome.events[1]] } });
  expect(read.cells).toEqual(cells);
  expect(readRun({ ...run, outcome: undefined })).toBeUndefined();
  expect(readRun({ ...run, kind: 'unheard-of' })).toBeUndefined();
});

test('anything at all is read or refused, never thrown', () => {
  const any = fc.anything({ withNullPrototype: true });
  fc.assert(
    fc.property(any, any, (one, other) => {
      readNotebook(one);
      readRun(one);
      readNotebook({ ...whole, cells: [one, { ...cells[0], body: other }], outcomes: one });
      readNotebook({
        ...whole,
        outcomes: { a: { ...outcome, events: [one, { type: 'profiled', profile: other }] } },
      });
    }),
  );
  expect(readNotebook(undefined)).toBeUndefined();
  expect(readNotebook({ ...whole, cells: 5 })).toBeUndefined();
});

test('notebooks that were only looked at never push out one that the user wrote', () => {
  const looked = Array.from({ length: 40 }, (_, index) => ({
    ...whole,
    id: `l${index}`,
    name: '',
    written: false,
  }));
  const mine = { ...whole, id: 'mine', name: '', written: true };
  const older = { ...whole, id: 'before 0.3', name: '' };
  const surplus = surplusOf([...looked, mine, older, { ...whole, written: false }]);
  expect(surplus.map(({ id }) => id)).toEqual(looked.slice(20).map(({ id }) => id));
});

test('cells that were stored under one id are told apart', () => {
  const read = readNotebook({ ...whole, cells: [cells[0], { ...cells[1], id: cells[0].id }, cells[0]] })!;
  expect(read.cells.map(({ body }) => body)).toEqual([cells[0].body, cells[1].body, cells[0].body]);
  expect(new Set(read.cells.map(({ id }) => id)).size).toBe(3);
  expect(read.cells[0]).toEqual(cells[0]);
});

test('cells that are no list are read as what they are', () => {
  const kinds = (cells: unknown) =>
    readNotebook({ ...whole, cells })?.cells.map(({ kind, body }) => [kind, body]);
  const all = cells.map(({ kind, body }) => [kind, body]);
  expect(kinds({ ...cells })).toEqual(all);
  expect(kinds(TEXT)).toEqual(all);
});

test('of a notebook that is read in part, and of what is none, the stored value can be had as a text', () => {
  expect(damagedCopy(whole, readNotebook(whole)!)).toBeUndefined();
  const roofs = { ...outcome, events: [{ type: 'roofs', roofs: {}, adapter: 'a' }] };
  const former = { ...whole, outcomes: { x: roofs } };
  expect(damagedCopy(former, readNotebook(former)!)).toBeUndefined();

  const cases = [
    { cells: [...cells, 7] },
    { cells: [{ ...cells[0], kind: 'unheard-of' }, ...cells.slice(1)] },
    { cells: { ...cells } },
    { cells: TEXT },
    { outcomes: 7 },
    { outcomes: { x: { ...outcome, events: [{ type: 'record' }] } } },
  ];
  for (const damage of cases) {
    const stored = { ...whole, ...damage };
    const copy = damagedCopy(stored, readNotebook(stored)!);
    expect(copy, JSON.stringify(damage)).toMatchObject({ id: 'damaged a', stored });
    const [found, ...others] = damagedIn([whole, copy]);
    expect(JSON.parse(found.text)).toEqual(stored);
    expect(others).toEqual([]);
  }
  const round: Record<string, unknown> = { id: 'r', big: 2n, map: new Map([[1, 2]]) };
  round.self = round;
  expect(damagedIn([{ id: 'none' }, round, whole]).map(({ text }) => JSON.parse(text) as unknown)).toEqual([
    { id: 'none' },
    { id: 'r', big: '2', map: [[1, 2]], self: '(as above)' },
  ]);
});
