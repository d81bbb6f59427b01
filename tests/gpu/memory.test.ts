// GPU memory: every buffer is counted and freed, over many loads and after a failure at any buffer; a lost device is replaced.
import { afterEach, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { memoryOf } from '../../src/lib/engine/buffers';
import { measureRoom } from '../../src/lib/engine/room';
import type { LabEvent } from '../../src/lib/lab/cells/events';
import { runCell } from '../../src/lib/lab/cells/run';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { Session } from '../../src/lib/lab/measure/session';
import type { OnGpu } from '../../src/lib/models/onGpu';
import { prepareText } from '../../src/lib/lab/text/text';
import { seeded } from '../../src/lib/shaders/kernel';
import { WAIT_LIMIT } from '../limits';

const TINY = 'tests/fixtures/tiny-q4km.gguf';
const QUICK = `model=${TINY}\nmatmul=naive\nmatvec=naive\nwkv=naive\ntoken_shift=fused\n`;
const CHAT = `${QUICK}tokens=2\nchat=plain\n---\nt1\n---\nt2\n`;
const CYCLES = 50;
/** Buffers that fail, of all those that a cell makes: the first few, and some anywhere. */
const FIRST = 3;
const ANYWHERE = 6;

const never = new AbortController().signal;
let session: Session | undefined;
const opened = () => (session = new Session({ gpu, agent: 'a test', open: openFile }));
afterEach(() => session?.close());

async function run(own: Session, kind: 'generate' | 'sweep', text: string): Promise<LabEvent[]> {
  const events: LabEvent[] = [];
  for await (const event of runCell({ kind, text }, own, never)) events.push(event);
  return events;
}
const reasons = (events: LabEvent[]) =>
  events.flatMap((event) => (event.type === 'failed' ? [event.reason] : []));

/** Makes the buffer of this number on the device one that the GPU has no room for; returns how many were made. */
function failing(device: GPUDevice, number: number): () => number {
  let made = 0;
  const { createBuffer } = Object.getPrototypeOf(device) as GPUDevice;
  device.createBuffer = (descriptor) => {
    const size = ++made === number ? 2 ** 50 : descriptor.size;
    return createBuffer.call(device, { ...descriptor, size });
  };
  return () => made;
}

describe('memory on the GPU', () => {
  test(`is what it was before, after ${CYCLES} models were loaded, prepared, run and freed`, async () => {
    const own = opened();
    const memory = memoryOf((await own.open()).device);
    const start = memory.bytes;
    const experiment = parseExperiment('matmul=naive&matvec=naive&wkv=naive&token_shift=fused');
    let most = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const model = await own.load(TINY, 1, () => undefined, never);
      const { engine, weights } = model;
      const { plans } = await prepareText(model, experiment, 4, await own.context(never), { check: false });
      engine.load(Uint32Array.of(1, 2, 3, 4));
      await engine.prefill(plans, 4);
      engine.keep(await engine.copyAnswer());
      expect(own.memory).toEqual({ model: TINY, bytes: memory.bytes });
      expect(memory.bytes - start).toBeGreaterThanOrEqual(weights.byteLength + engine.memoryBytes);
      if (cycle === 0) most = memory.most;
      own.forget();
      expect(memory.bytes).toBe(start);
    }
    expect(memory.most).toBe(most);
  });

  test('is freed when the GPU has no room for a buffer, whichever it is; the next run has a result', async () => {
    const own = opened();
    const { device, checked } = await own.open();
    const count = failing(device, 0);
    expect(reasons(await run(own, 'generate', CHAT))).toEqual([]);
    const all = count();
    own.forget();
    const start = memoryOf(device).bytes;
    const random = seeded(3);
    const anywhere = Array.from({ length: ANYWHERE }, () => FIRST + Math.floor(random() * (all - FIRST)));
    for (const number of [...Array(FIRST).keys(), ...anywhere].map((each) => each + 1)) {
      failing(device, number);
      checked.clear(); // so that the checks make their buffers again
      const said = reasons(await run(own, 'generate', CHAT));
      expect(said, `buffer ${number} of ${all}`).toHaveLength(1);
      if (said[0].includes('no room')) expect(said[0]).toMatch(/lower the chunk|a smaller model/);
      own.forget();
      // Comparisons that ran beside the one that failed free their buffers when they end.
      const message = `buffer ${number} of ${all}: ${said[0]}`;
      await expect.poll(() => memoryOf(device).bytes, { message, timeout: WAIT_LIMIT }).toBe(start);
    }
    failing(device, 0);
    expect(reasons(await run(own, 'generate', CHAT))).toEqual([]);
  });

  test('is measured by taking it, and given back', async () => {
    const own = opened();
    const { device } = await own.open();
    const start = memoryOf(device).bytes;
    expect(await measureRoom(device, 2_500_000, 2 ** 20)).toEqual({ bytes: 2_500_000, end: 'most' });
    failing(device, 3);
    expect(await measureRoom(device, 2 ** 23, 2 ** 20)).toEqual({ bytes: 2 ** 21, end: 'refused' });
    expect(memoryOf(device).bytes).toBe(start);
    device.destroy();
    expect((await measureRoom(device, 2 ** 23, 2 ** 20)).end).toBe('refused');
  });

  test('a device that is lost while a model loads or answers is told with what to lower, and replaced', async () => {
    const own = opened();
    for (const phase of ['loading', 'generating']) {
      const { device } = await own.open();
      const events: LabEvent[] = [];
      for await (const event of runCell({ kind: 'generate', text: CHAT }, own, never)) {
        events.push(event);
        if (event.type === 'progress' && event.progress.phase === phase) device.destroy();
      }
      expect(reasons(events)).toEqual([
        expect.stringMatching(/^The GPU was lost.*The next run opens the GPU again/),
      ]);
      expect(own.memory).toEqual({ model: undefined, bytes: 0 });
      const again = await run(own, 'generate', CHAT);
      expect(reasons(again)).toEqual([]);
      expect(again.filter(({ type }) => type === 'generated')).toHaveLength(2);
      own.forget();
    }
  });

  test('a device that is lost while nothing runs is told too, and nothing is on the GPU then', async () => {
    const memories: OnGpu[] = [];
    const own = new Session({ gpu, agent: 'a test', open: openFile, lost: () => memories.push(own.memory) });
    expect(reasons(await run(own, 'generate', CHAT))).toEqual([]);
    expect(own.memory.model).toBeDefined();
    (await own.open()).device.destroy();
    await expect.poll(() => memories).toEqual([{ model: undefined, bytes: 0 }]);
    own.forget();
  });
});
