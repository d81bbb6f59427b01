// Live mode: which points are known, shown, missing and compiled ahead, and when a sweep measures by itself.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { neighboursOf } from '../../src/lib/lab/cells/neighbours';
import { placeOf } from '../../src/lib/lab/cells/points';
import { REGISTRY } from '../../src/lib/lab/experiment/catalogue';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import type { RunRecord } from '../../src/lib/lab/records/record';
import { Live, type LiveHost } from '../../src/lib/ui/notebook/live.svelte';
import type { Outcome, ResultEvent } from '../../src/lib/ui/notebook/outcome';
import {
  arranged,
  type Bench,
  isQuick,
  knownPoints,
  secondsFor,
  standingOf,
  wantedPoints,
  withPoint,
} from '../../src/lib/ui/notebook/points';

const BENCH: Bench = { adapter: 'a GPU', version: '1.2.3', defaults: {}, catalogue: REGISTRY, own: [] };

function record(settings: string, samples = 10, seconds = 0.05): RunRecord {
  const [{ run }] = wantedPoints(settings, BENCH);
  return {
    settings: run.settings,
    model: run.model,
    prefill: run.prefill,
    chunk: run.chunk,
    decode: 0,
    stepsPerSubmit: 0,
    seed: 1,
    variants: run.variants,
    kernelHash: '0a0b0c0d',
    prefillSeconds: Array<number>(samples).fill(seconds),
    warmupSeconds: [seconds],
    decodeSeconds: [],
    software: false,
    adapter: 'a GPU',
    labVersion: '1.2.3',
    startedAt: `2026-01-01T00:00:00.${settings.length}Z`,
    warnings: [],
  } as unknown as RunRecord;
}
const event = (settings: string, samples?: number): ResultEvent => ({
  type: 'record',
  record: record(settings, samples),
});
const outcome = (events: ResultEvent[], more: Partial<Outcome> = {}): Outcome => ({
  ...{ state: 'done', ran: '', events, planned: 0, previous: [], startedAt: '' },
  ...more,
});
const settingsOf = (events: readonly ResultEvent[]) =>
  events.flatMap((each) => (each.type === 'record' ? [each.record.settings] : []));

describe('points', () => {
  const CHUNKS = 'prefill=64\nchunk=16,32\n';

  test('how often a run is timed, and how it is drawn, makes no other point', () => {
    expect(placeOf('prefill=64&samples=3&chunk=16&warmup=2')).toBe('prefill=64&chunk=16');
    const [few] = wantedPoints('prefill=64\nsamples=3\ntarget=5\n', BENCH);
    expect(few.key).toBe(wantedPoints('prefill=64\nscale=log\n', BENCH)[0].key);
  });

  test('another GPU, another version and another text of an own shader make another point', () => {
    const mine = { kernel: 'argmax', name: 'mine', wgsl: REGISTRY.variants[0].text };
    const keys = [
      BENCH,
      { ...BENCH, adapter: 'another GPU' },
      { ...BENCH, version: '1.2.4' },
      // The shader is not part of a catalogue here, so that only its text tells.
      { ...BENCH, own: [{ ...mine, kernel: 'argmax', name: 'slices', wgsl: 'one' }] },
      { ...BENCH, own: [{ ...mine, kernel: 'argmax', name: 'slices', wgsl: 'two' }] },
      { ...BENCH, own: [{ ...mine, name: 'unused' }] },
    ].map((bench) => wantedPoints('prefill=64', bench)[0].key);
    expect(new Set(keys.slice(0, 5)).size).toBe(5);
    expect(keys[5]).toBe(keys[0]);
  });

  test('a turn shows what is known, keeps what is not asked for, and counts what is missing', () => {
    const first = outcome([event('prefill=64&chunk=16'), event('prefill=64&chunk=32')]);
    const wanted = wantedPoints('prefill=64\nchunk=32,64\n', BENCH);
    const turned = arranged(first, wanted, BENCH);
    expect(settingsOf(turned.events)).toEqual(['prefill=64&chunk=32']);
    expect(settingsOf(turned.kept!)).toEqual(['prefill=64&chunk=16']);
    expect(turned.previous.map(({ chunk }) => chunk)).toEqual([16]);
    expect(standingOf(turned.events, wanted, BENCH).missing.map(({ run }) => run.chunk)).toEqual([64]);
    // Turned back, the point is there again.
    const back = arranged(turned, wantedPoints(CHUNKS, BENCH), BENCH);
    expect(settingsOf(back.events)).toEqual(['prefill=64&chunk=16', 'prefill=64&chunk=32']);
    expect(back.kept).toEqual([]);
    // The points drawn before the turn stay to compare with, until other points go.
    expect(back.previous.map(({ chunk }) => chunk)).toEqual([16]);
  });

  test('a new point stands where its run does, and takes the place of its quick look', () => {
    const wanted = wantedPoints('prefill=64\nchunk=16,32,64\n', BENCH);
    const add = (events: ResultEvent[], settings: string, samples: number) =>
      withPoint(events, { type: 'record', record: record(settings, samples) }, wanted, BENCH);
    let events = add([], 'prefill=64&chunk=32', 3);
    events = add(events, 'prefill=64&chunk=16', 3);
    expect(settingsOf(events)).toEqual(['prefill=64&chunk=16', 'prefill=64&chunk=32']);
    expect(standingOf(events, wanted, BENCH)).toMatchObject({
      missing: [wanted[2]],
      provisional: wanted.slice(0, 2),
    });
    events = add(events, 'prefill=64&chunk=32', 10);
    expect(settingsOf(events)).toHaveLength(2);
    expect(standingOf(events, wanted, BENCH).provisional).toEqual([wanted[0]]);
    events = withPoint(events, { type: 'failed', settings: 'prefill=64', reason: 'no' }, wanted, BENCH);
    expect(standingOf(events, wanted, BENCH)).toMatchObject({ missing: [], failed: [wanted[2]] });

    const places = (effort: 'full' | 'quick' | 'refine') =>
      knownPoints(events, wanted, BENCH, effort).map(({ place }) => place);
    expect(places('quick')).toEqual(['prefill=64&chunk=16', 'prefill=64&chunk=32', 'prefill=64']);
    expect(places('refine')).toEqual(['prefill=64&chunk=32', 'prefill=64']);
    expect(places('full')).toEqual(['prefill=64&chunk=32']);
  });

  test('a record of an unknown version is measured again', () => {
    const old = { ...record('prefill=64'), labVersion: undefined };
    const wanted = wantedPoints('prefill=64', BENCH);
    const events: ResultEvent[] = [{ type: 'record', record: old }];
    expect(standingOf(events, wanted, BENCH).missing).toEqual(wanted);
  });

  test('the time of coming runs is judged by the nearest record of the model', () => {
    const wanted = wantedPoints(CHUNKS, BENCH);
    expect(secondsFor(wanted, [])).toBeUndefined();
    expect(secondsFor([], [])).toBe(0);
    const [short, long] = [record('prefill=64', 10, 0.1), record('prefill=512', 10, 8)];
    // Ten samples and a warm-up of half a second, twice, and checks.
    expect(secondsFor(wanted, [long, short])).toBeCloseTo(2 * (0.5 + 1 + 0.5));
  });

  test('a sweep is live by itself only where points are quick, and never on a CPU', () => {
    const wanted = wantedPoints(CHUNKS, BENCH);
    expect(isQuick(wanted, [])).toBe(false);
    expect(isQuick(wanted, [record('prefill=64')])).toBe(true);
    expect(isQuick(wanted, [record('prefill=64', 10, 0.7)])).toBe(false);
    expect(isQuick(wanted, [{ ...record('prefill=64'), software: true }])).toBe(false);
    // Nothing is loaded unasked, and a longer prompt takes longer.
    expect(isQuick(wantedPoints('model=synthetic-0.1b', BENCH), [record('prefill=64')])).toBe(false);
    expect(isQuick(wantedPoints('prefill=2048', BENCH), [record('prefill=64')])).toBe(false);
  });
});

describe('neighbours', () => {
  const near = (text: string, turned?: string) =>
    neighboursOf(parseExperiment(text), REGISTRY, turned).map(({ settings }) => settings);

  test('the setting that was turned comes first, then knobs, variants and the chunk', () => {
    const found = near('prefill=512\nchunk=128\nmatmul_q4_k=tiled\nmatmul_q4_k.tile_k=16\n', 'chunk');
    expect(found[0]).toContain('chunk=256');
    expect(found[1]).toContain('chunk=64');
    expect(found[2]).toMatch(/chunk=128&matmul_q4_k=tiled.*row_threads=8|token_threads=16|tile_k=32/);
    expect(found.length).toBeLessThanOrEqual(12);
    expect(new Set(found).size).toBe(found.length);
  });

  test('what is asked for already is not among them', () => {
    expect(near('prefill=64\nchunk=16,32,64\n')).toEqual([]);
    expect(near('prefill=64\nchunk=16,32\n')).toEqual(['prefill=64']);
  });
});

describe('live mode', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A notebook with one sweep, whose worker is played by the test. */
  function notebook(text: string) {
    const outcomes = new Map<string, Outcome>([['a', outcome([event('prefill=64&chunk=16')])]]);
    const did: string[] = [];
    const host = {
      text,
      own: [],
      outcomes,
      queue: [],
      running: undefined as string | undefined,
      effort: 'full',
      progress: undefined as { settings: string } | undefined,
      lab: {
        adapter: { software: false },
        unavailable: undefined,
        send: (message: { effort: string }) => did.push(message.effort),
        listen: () => () => undefined,
        calm: () => undefined,
        watch: () => undefined,
        expectAnswer: () => undefined,
      },
      cell: () => ({ id: 'a', kind: 'sweep', body: host.text, open: '', close: '' }),
      wantedOf: () => wantedPoints(host.text, BENCH),
      standingOf: () => {
        const { events, kept = [] } = outcomes.get('a')!;
        return standingOf([...kept, ...events], host.wantedOf(), BENCH);
      },
      arrange: () => {
        if (host.running === undefined)
          outcomes.set('a', arranged(outcomes.get('a')!, host.wantedOf(), BENCH));
      },
      begin: (_: string, effort: string) => {
        did.push(effort);
        [host.running, host.effort] = ['a', effort];
      },
      supersede: () => did.push('supersede'),
      changed: () => undefined,
    };
    const live = new Live(host as unknown as LiveHost);
    const turn = (next: string) => {
      host.text = next;
      live.turned('a');
    };
    /** The worker has measured these settings, or with none has ended the run. */
    const measured = (settings: string, samples: number) => {
      const { events, ...rest } = outcomes.get('a')!;
      const point = { type: 'record' as const, record: record(settings, samples) };
      outcomes.set('a', { ...rest, events: withPoint(events, point, host.wantedOf(), BENCH) });
      live.pointArrived('a');
    };
    const ended = () => {
      host.running = undefined;
      live.next();
      vi.runAllTimers();
    };
    live.opened('a');
    return { live, host, did, turn, measured, ended };
  }

  test('a turn is measured quickly after a pause, then refined, then its neighbours are compiled', () => {
    const { did, turn, measured, ended } = notebook('prefill=64\nchunk=16\n');
    turn('prefill=64\nchunk=32\n');
    turn('prefill=64\nchunk=64\n');
    expect(did).toEqual([]);
    vi.runAllTimers();
    expect(did).toEqual(['quick']);
    measured('prefill=64', 3);
    ended();
    expect(did).toEqual(['quick', 'refine']);
    measured('prefill=64', 10);
    ended();
    expect(did).toEqual(['quick', 'refine', 'ahead']);
    ended();
    expect(did).toHaveLength(3);
    // Turned back, nothing is missing: only the neighbours are new.
    turn('prefill=64\nchunk=16\n');
    vi.runAllTimers();
    expect(did.slice(3)).toEqual(['ahead']);
  });

  test('a newer turn supersedes, but a point that is still wanted comes to its end', () => {
    const { did, host, turn, measured, ended } = notebook('prefill=64\nchunk=16\n');
    turn('prefill=64\nchunk=32\n');
    vi.runAllTimers();
    host.progress = { settings: 'prefill=64&chunk=32' };
    turn('prefill=64\nchunk=32,8\n');
    vi.runAllTimers();
    expect(did).toEqual(['quick']);
    measured('prefill=64&chunk=32', 3);
    expect(did).toEqual(['quick', 'supersede']);
    ended();
    expect(did).toEqual(['quick', 'supersede', 'quick']);
    host.progress = { settings: 'prefill=64&chunk=8' };
    turn('prefill=64\nchunk=4\n');
    vi.runAllTimers();
    expect(did.at(-1)).toBe('supersede');
  });

  test('turned back to a known point while another is refined, that point is shown', () => {
    const { did, host, turn, measured, ended } = notebook('prefill=64\nchunk=16\n');
    turn('prefill=64\nchunk=32\n');
    vi.runAllTimers();
    measured('prefill=64&chunk=32', 3);
    ended();
    expect(did).toEqual(['quick', 'refine']);
    turn('prefill=64\nchunk=16\n');
    vi.runAllTimers();
    expect(did.at(-1)).toBe('supersede');
    ended();
    expect(settingsOf(host.outcomes.get('a')!.events)).toEqual(['prefill=64&chunk=16']);
    expect(did.at(-1)).toBe('ahead');
  });

  test('a full run is not disturbed, and Stop ends live mode until the next turn', () => {
    const { did, live, host, turn, ended } = notebook('prefill=64\nchunk=16\n');
    [host.running, host.effort] = ['a', 'full'];
    turn('prefill=64\nchunk=32\n');
    vi.runAllTimers();
    expect(did).toEqual([]);
    ended();
    expect(did).toEqual(['quick']);
    live.pause();
    ended();
    expect(did).toEqual(['quick']);
    turn('prefill=64\nchunk=8\n');
    vi.runAllTimers();
    expect(did).toEqual(['quick', 'quick']);
  });

  test('switched off, nothing is measured; switched on, what is missing is', () => {
    const { did, live, turn } = notebook('prefill=64\nchunk=16\n');
    expect(live.isOn('a')).toBe(true);
    live.toggle('a');
    turn('prefill=64\nchunk=32\n');
    vi.runAllTimers();
    expect(did).toEqual([]);
    live.toggle('a');
    vi.runAllTimers();
    expect(did).toEqual(['quick']);
  });

  test('switched off, a turn to known points shows these alone', () => {
    const { did, live, host, turn, measured } = notebook('prefill=64\nchunk=16\n');
    const shown = () => settingsOf(host.outcomes.get('a')!.events);
    live.toggle('a');
    turn('prefill=64\nchunk=16,32\n');
    measured('prefill=64&chunk=32', 10);
    turn('prefill=64\nchunk=32\n');
    expect(shown()).toEqual(['prefill=64&chunk=32']);
    turn('prefill=64\nchunk=16,32\n');
    expect(shown()).toEqual(['prefill=64&chunk=16', 'prefill=64&chunk=32']);
    turn('prefill=64\nchunk=16,8\n');
    expect(shown(), 'until one of them is measured').toHaveLength(2);
    vi.runAllTimers();
    expect(did).toEqual([]);
  });

  test('a sweep that was cut goes on by itself, but not for ever', () => {
    const { did, live, host } = notebook('prefill=64\nchunk=16,32\n');
    const cut = (cuts: number) => {
      host.outcomes.set('a', { ...host.outcomes.get('a')!, state: 'cut', cuts });
      live.opened('a');
      vi.runAllTimers();
    };
    cut(3);
    expect(did).toEqual([]);
    cut(1);
    expect(did).toEqual(['quick']);
  });
});
