// Microbenchmarks of kernels: the shapes and arrays they use, and how wrong variants are reported.
import { afterAll, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { readBuffer } from '../../src/lib/engine/buffers';
import { makeOperands, microbenchmark } from '../../src/lib/lab/measure/microbench';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { Session } from '../../src/lib/lab/measure/session';
import { timeNamed, timesToCsv, type TimeRow } from '../../src/lib/lab/measure/time';
import { parseCsv } from '../../src/lib/lab/records/csv';
import { findVariant, kernels as registry, readVariant } from '../../src/lib/shaders';
import type { Arrays } from '../../src/lib/shaders/kernel';

const TINY = 'tests/fixtures/tiny-q4km.gguf';
const session = new Session({ gpu, agent: 'a test', open: (model) => openFile(model) });
const never = new AbortController().signal;
const QUICK = { rotateBytes: 1e6, batchSeconds: 1e-3, batches: 3, warmupSeconds: 0 };

afterAll(() => session.close());

async function times(settings: string, filter: [string, string[]][] = []): Promise<TimeRow[]> {
  const rows: TimeRow[] = [];
  for await (const row of timeNamed(parseExperiment(settings), filter, session, never, QUICK)) rows.push(row);
  return rows;
}

describe('the kernels that settings name', () => {
  test('are timed at each shape that the model has, every combination once', async () => {
    const rows = await times(`model=${TINY}&chunk=5,7&matmul_q4_k=naive&matmul_q4_k.workgroup_size=32,64`);
    expect(new Set(rows.map(({ kernel, variant }) => `${kernel}/${variant}`))).toEqual(
      new Set(['matmul_q4_k/naive']),
    );
    expect(new Set(rows.map(({ sizes }) => sizes.tokens))).toEqual(new Set([5, 7]));
    expect(new Set(rows.map(({ knobs }) => knobs))).toEqual(
      new Set(['workgroup_size=32', 'workgroup_size=64']),
    );
    expect(new Set(rows.map((row) => JSON.stringify([row.sizes, row.knobs]))).size).toBe(rows.length);
    for (const { time, reason } of rows) {
      expect(reason).toBeUndefined();
      expect(time?.samples).toHaveLength(3);
      expect(time?.seconds).toBeGreaterThan(0);
    }
    const cells = parseCsv(timesToCsv(rows));
    expect(cells).toHaveLength(rows.length);
    expect(Number(cells[0].tflops)).toBeGreaterThan(0);
  });

  test('may be narrowed down to some shapes; decoding has its own', async () => {
    const batched = await times(`model=${TINY}&chunk=4&matmul_q4_k=naive`, [['batch', ['3']]]);
    expect(batched.map(({ sizes }) => sizes.batch)).toEqual([3]);
    const decoding = await times(`model=${TINY}&chunk=4&token_shift=fused`);
    expect(decoding.map(({ sizes }) => sizes.tokens)).toEqual([4, 4, 1, 1]); // token shift with six lerps and with one
  });

  test('have to be named', async () => {
    await expect(times(`model=${TINY}`)).rejects.toThrow(/Name the kernels to time/);
  });
});

describe('operands', () => {
  test('of the LoRAs are numbers also where they are longer than the block that other weights repeat', async () => {
    const { device } = await session.open();
    const sizes = { columns: 1024, tokens: 1, decay: 64, learning_rate: 64, value: 32, gate: 128, wide: 5 };
    const { turns, destroy } = makeOperands(device, 'lora_matmul', sizes, QUICK);
    const { weight } = turns[0];
    const read = new Uint32Array(await readBuffer(device, weight));
    // wide: the weights of the decay and the value are f32, the others f16. Half a word of f32 read as f16 may be no number.
    const given = { weight: read, shifted: new Float32Array(6 * 1024).fill(1) };
    const arrays: Arrays = { ...given, inputs: new Float32Array(6 * 1024), gate: new Float32Array(1024) };
    registry.lora_matmul.reference(arrays, sizes);
    expect(read.length).toBeGreaterThan(2 ** 18);
    expect([...arrays.inputs, ...arrays.gate].every(Number.isFinite)).toBe(true);
    destroy();
  });

  test('have as many weights as keep them out of a cache, and the shape’s own lengths', async () => {
    const { device } = await session.open();
    const sizes = { rows: 64, columns: 256, tokens: 3, batch: 1, stride: 64, epilogue: 0 };
    const made = makeOperands(device, 'matmul_q4_k', sizes, { ...QUICK, rotateBytes: 50_000 });
    const { turns, copies, destroy } = made;
    expect(copies.weight).toBe(Math.ceil(50_000 / (64 * 144)));
    expect(new Set(turns.map(({ weight }) => weight)).size).toBe(copies.weight);
    expect(new Set(turns.map(({ x }) => x)).size).toBe(copies.inputs);
    // Every pair of a matrix and an x once, and no use has one in common with the use before.
    expect(
      new Set(
        turns.map(
          ({ weight, x }) =>
            `${made.turns.findIndex((each) => each.weight === weight)} ${made.turns.findIndex((each) => each.x === x)}`,
        ),
      ).size,
    ).toBe(copies.weight * copies.inputs);
    const before = (at: number) => turns.at(at - 1)!;
    expect(turns.every(({ weight, x }, at) => weight !== before(at).weight && x !== before(at).x)).toBe(true);
    expect(new Set(turns.map(({ out }) => out)).size).toBe(1);
    expect(turns[0].out.size).toBe(4 * 3 * 64);
    destroy();
  });

  test('a wrong variant is refused before it is timed', async () => {
    const open = await session.open();
    const { text } = findVariant('argmax', 'slices');
    const wrong = readVariant('argmax', 'wrong', text.replaceAll(/ > /g, ' < '));
    const operands = makeOperands(open.device, 'argmax', { vocabulary: 100, rows: 1 }, QUICK);
    await expect(microbenchmark(wrong, operands, open, never, QUICK)).rejects.toThrow(
      /argmax\/wrong .*wrong in best/,
    );
    operands.destroy();
  });
});
