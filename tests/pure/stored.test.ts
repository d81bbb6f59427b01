// Events stored by earlier versions, read with today's names.
import { expect, test } from 'vitest';
import type { LabEvent } from '../../src/lib/lab/cells/events';
import { upgradeEvent } from '../../src/lib/lab/cells/stored';

const upgraded = (event: object) => upgradeEvent(event as LabEvent);

test('roofs are peaks now', () => {
  const peaks = { f32: 1e12, read: 1e11, dispatch: 1e-6 };
  expect(upgraded({ type: 'roofs', roofs: peaks, adapter: 'A', software: false })).toEqual({
    ...{ type: 'peaks', peaks, adapter: 'A', software: false },
  });
  const row = { kernel: 'wkv', seconds: 2 };
  const old = { rows: [{ ...row, roofSeconds: 1, computeRoof: 3 }], roofs: peaks, tokens: 4 };
  expect(upgraded({ type: 'profiled', profile: old })).toEqual({
    ...{
      type: 'profiled',
      profile: { rows: [{ ...row, secondsAtPeak: 1, computePeak: 3 }], peaks, tokens: 4 },
    },
  });
});

test('an event that has today’s names is left as it is', () => {
  const event = { type: 'profiled', profile: { rows: [], peaks: {}, tokens: 4 } };
  expect(upgraded(event)).toBe(event);
  const text = { type: 'text', text: 'roofs' };
  expect(upgraded(text)).toBe(text);
});

test('a compared run’s seconds are sampleSeconds now', () => {
  const old = { runs: [{ settings: 'chunk=1', seconds: [1, 2] }], against: [], adapter: 'A' };
  expect(upgraded({ type: 'compared', compared: old })).toEqual({
    ...{ type: 'compared', compared: { ...old, runs: [{ settings: 'chunk=1', sampleSeconds: [1, 2] }] } },
  });
});
