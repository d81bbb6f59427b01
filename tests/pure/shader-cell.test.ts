// The column beside a shader's text: what it asks of a GPU, what Safari makes of it, and the curve of its edits.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { MicrobenchmarkRow } from '../../src/lib/lab/shader/shader';
import { findVariant, variants } from '../../src/lib/shaders';
import { turnKnob } from '../../src/lib/shaders/variant';
import { chunkTimes, withEdit, type Edit } from '../../src/lib/ui/kernels/edits';
import { costsIn, factsOf, shippedAs } from '../../src/lib/ui/kernels/facts';
import { shippedVariants } from '../../src/lib/ui/kernels/texts';

describe('the facts of a shader', () => {
  test('say what it asks of a GPU, pass by pass', () => {
    const text = `//! grid: 1\nconst n = 8u; // knob: 8 16\nvar<workgroup> tile: array<f32, n * n>;
@compute @workgroup_size(n, n) fn main() { tile[0] = 1.0; }\n`;
    expect(factsOf('argmax', 'mine', text).passes).toEqual([
      { entryPoint: 'main', threads: 64, workgroupBytes: 256 },
    ]);
    const dot4 = factsOf('matmul_q4_k', 'dot4', findVariant('matmul_q4_k', 'dot4').text);
    expect(dot4.passes.length).toBeGreaterThan(1);
    expect(dot4.buffers).toBeGreaterThan(2);
    expect(Math.max(...dot4.passes.map(({ workgroupBytes }) => workgroupBytes))).toBeGreaterThan(0);
    expect(() => factsOf('argmax', 'mine', 'no grid')).toThrow();
  });

  test('know a shipped text whatever its knobs, and no other', () => {
    const shipped = shippedVariants('matmul_q4_k');
    const tiled = findVariant('matmul_q4_k', 'tiled');
    const [knob, { choices }] = Object.entries(tiled.knobs)[0];
    expect(shippedAs(turnKnob(tiled.text, knob, choices.at(-1)!), shipped)?.name).toBe('tiled');
    expect(shippedAs(`${tiled.text}// mine\n`, shipped)).toBeUndefined();
  });

  test('have Safari’s counts of every shipped variant that its report names', () => {
    const csv = readFileSync('docs/safari-cost.csv', 'utf8');
    const costs = costsIn(csv, 'argmax', 'slices');
    expect(costs.map(({ pass }) => pass)).toEqual(['slice', 'total', 'slice', 'total']);
    for (const { kernel, name } of variants)
      for (const { knobs, pass, note, ...counts } of costsIn(csv, kernel, name)) {
        const place = `${kernel}/${name} ${knobs}`;
        if (!note) expect(pass, place).toMatch(/^\w+$/);
        expect(Object.values(counts).every(Number.isInteger), place).toBe(true);
      }
    const [{ note }] = costsIn(csv, 'matmul_q4_k', 'subgroup_matrix');
    expect(note).toMatch(/^\d+:0: Expected 'f16'$/); // where its text enables it
    expect(costsIn(csv, 'argmax', 'mine')).toEqual([]);
  });
});

describe('the curve of edits', () => {
  const row = (variant: string, tokens: number, shape: string, uses: number, seconds?: number) =>
    ({ kernel: 'wkv', variant, knobs: '', tokens, shape, uses, seconds }) as MicrobenchmarkRow;

  test('adds up the uses of each chunk, beside the shipped variant', () => {
    const rows = [
      ...[row('mine', 64, 'a', 2, 1), row('mine', 64, 'b', 3, 2), row('mine', 512, 'a', 2, 5)],
      ...[row('main', 64, 'a', 2, 2), row('main', 64, 'b', 3, 2), row('main', 512, 'a', 2)],
    ];
    expect(chunkTimes(rows, 'mine')).toEqual([
      { tokens: 64, seconds: 8, shipped: { name: 'main', seconds: 10 } },
      { tokens: 512, seconds: 10 },
    ]);
    // A sum without one of its shapes would flatter.
    expect(chunkTimes([...rows, row('mine', 512, 'b', 1)], 'mine').map(({ tokens }) => tokens)).toEqual([64]);
  });

  test('holds one point for each text, all of the same work', () => {
    const times = (seconds: number, tokens = 512) => [
      { tokens: 64, seconds: 0.1 },
      { tokens, seconds },
    ];
    const seconds = (edits: readonly Edit[]) => edits.map((edit) => edit.seconds);
    let edits = withEdit([], 'one', 'demo', times(3));
    edits = withEdit(edits, 'two', 'demo', times(2));
    edits = withEdit(edits, 'two', 'demo', times(1));
    expect(seconds(edits)).toEqual([3, 1]);
    expect(seconds(withEdit(edits, 'three', 'demo', []))).toEqual([3, 1]);
    expect(seconds(withEdit(edits, 'three', 'demo', times(9, 1024)))).toEqual([9]);
  });
});
