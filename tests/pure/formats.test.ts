// The weight formats: against blocks that ggml dequantised, and against their declared properties.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernels, variantsFor } from '../../src/lib/shaders';
import { seeded } from '../../src/lib/shaders/kernel';
import {
  bf16ToNumber,
  dequantise,
  f16ToNumber,
  formatOfGgmlType,
  formats,
  numberToBf16,
  numberToF16,
  numberToF32,
  repack,
} from '../../src/lib/shaders/formats/formats';

interface Vectors {
  block_bytes: number;
  elements: number;
  vectors: { hex: string; expected_f32: number[] }[];
}
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/quant-blocks.json', import.meta.url), 'utf8'),
) as Record<string, Vectors>;

describe('quantised blocks', () => {
  for (const [name, { block_bytes, elements, vectors }] of Object.entries(fixture)) {
    const format = formats[name.toLowerCase()];
    it(`${format.name} gives ggml's numbers exactly`, () => {
      expect([format.fileBytes, format.elements]).toEqual([block_bytes, elements]);
      const all = vectors.map(({ hex }) => hex).join('');
      const weights = dequantise(format, repack(format, new Uint8Array(Buffer.from(all, 'hex'))));
      expect(Array.from(weights)).toEqual(vectors.flatMap(({ expected_f32 }) => expected_f32));
    });
  }
});

describe('every format', () => {
  it('has all its files, and is in the order that settings are written in', () => {
    expect(Object.keys(formats)).toEqual([
      ...['f32', 'f16', 'bf16', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q8_0', 'iq4_nl'],
      ...['q2_k', 'q3_k', 'q4_k', 'q5_k', 'q6_k', 'iq4_xs'],
    ]);
    const folder = new URL('../../src/lib/shaders/', import.meta.url);
    const described = readdirSync(new URL('formats/', folder))
      .filter(
        (file) =>
          file.endsWith('.ts') && !['bits.ts', 'format.ts', 'formats.ts', 'nibbles.ts'].includes(file),
      )
      .map((file) => file.replace('.ts', ''));
    expect(Object.keys(formats).sort()).toEqual(described.sort());
    for (const name of described) {
      expect(existsSync(new URL(`formats/${name}.wgsl`, folder)), `formats/${name}.wgsl`).toBe(true);
      if (!formats[name].synthesis) continue;
      expect(variantsFor(`synthesise_${name}`).map((variant) => variant.name)).toEqual([name]);
      const kernel = kernels[`synthesise_${name}`];
      const [sizes] = kernel.cases;
      const arrays = { weight: new Uint32Array(kernel.lengths(sizes).weight) };
      kernel.reference(arrays, sizes);
      expect(
        arrays.weight.some((word) => word !== 0),
        `synthesise/reference.ts: ${name}`,
      ).toBe(true);
    }
  });

  for (const format of Object.values(formats)) {
    it(`${format.name}: random blocks are finite, about ±1, and keep their padding zero`, () => {
      const random = seeded(7);
      const words = new Uint32Array(format.words * 512);
      for (let block = 0; block < 512; block++) format.randomise(words, block, random);
      const weights = dequantise(format, words);
      const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
      expect(weights.every((weight) => Math.abs(weight) < 4)).toBe(true);
      expect(Math.sqrt(squares / weights.length)).toBeGreaterThan(0.2);
      expect(Math.sqrt(squares / weights.length)).toBeLessThan(1.5);
      const padding = format.words * 4 - format.fileBytes;
      const last = words.filter((_, i) => i % format.words === format.words - 1);
      expect(last.every((word) => padding === 0 || word < 65536)).toBe(true);
    });

    it(`${format.name}: repacking keeps every byte in its place`, () => {
      const gpuBytes = format.words * 4;
      const bytes = new Uint8Array(format.fileBytes * 3 + 1).map((_, i) => (i * 7 + 1) & 255);
      for (const start of [0, 1]) {
        const file = bytes.subarray(start, start + format.fileBytes * 3);
        const repacked = new Uint8Array(repack(format, file).slice().buffer);
        for (let block = 0; block < 3; block++) {
          const got = repacked.subarray(block * gpuBytes, (block + 1) * gpuBytes);
          const want = new Uint8Array(gpuBytes);
          want.set(file.subarray(block * format.fileBytes, (block + 1) * format.fileBytes));
          expect(got).toEqual(want);
        }
      }
      expect(() => repack(format, bytes)).toThrow(format.name);
      expect(formatOfGgmlType(format.ggmlType)).toBe(format);
    });
  }

  it('copies nothing when file and GPU agree and the bytes are aligned', () => {
    const bytes = new Uint8Array(288);
    expect(repack(formats.q4_k, bytes.subarray(144)).buffer).toBe(bytes.buffer);
    expect(repack(formats.q4_k, bytes.subarray(2, 146)).buffer).not.toBe(bytes.buffer);
  });
});

describe('half-precision numbers', () => {
  it('every f16 and bf16 comes back as it was', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const half = f16ToNumber(bits);
      const brain = bf16ToNumber(bits);
      if (!Number.isNaN(half) && numberToF16(half) !== bits) expect.fail(`f16 ${bits}`);
      if (!Number.isNaN(brain) && numberToBf16(brain) !== bits) expect.fail(`bf16 ${bits}`);
    }
    expect([numberToF16(NaN), numberToBf16(NaN)]).toEqual([0x7e00, 0x7fc0]);
    expect([f16ToNumber(0x7e00), f16ToNumber(0xfc00), bf16ToNumber(0x7fc0)]).toEqual([NaN, -Infinity, NaN]);
  });

  it('any number becomes the nearest one, ties to even', () => {
    const nearest = (value: number, to: (n: number) => number, from: (bits: number) => number) => {
      const bits = to(value);
      const error = Math.abs(from(bits) - value);
      for (const other of [bits - 1, bits + 1]) {
        const distance = Math.abs(from(other & 0xffff) - value);
        if (distance < error || (distance === error && bits % 2 === 1)) return false;
      }
      return true;
    };
    const range = fc.double({ min: -65000, max: 65000, noNaN: true });
    const small = fc.double({ min: -2e-4, max: 2e-4, noNaN: true });
    fc.assert(fc.property(fc.oneof(range, small), (value) => nearest(value, numberToF16, f16ToNumber)));
    const singles = fc.float({
      noNaN: true,
      noDefaultInfinity: true,
      max: Math.fround(1e38),
      min: Math.fround(-1e38),
    });
    fc.assert(fc.property(singles, (value) => nearest(value, numberToBf16, bf16ToNumber)));
    expect([numberToF16(65504), numberToF16(65519), numberToF16(65520), numberToF16(-0)]).toEqual([
      0x7bff, 0x7bff, 0x7c00, 0x8000,
    ]);
    expect(numberToF32(1)).toBe(0x3f800000);
  });
});
