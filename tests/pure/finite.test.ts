// Weights that are not finite numbers are found in the bytes of a file, whatever their format, and named by tensor.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requireFinite } from '../../src/lib/engine/finite';
import { dequantise, formats, repack } from '../../src/lib/shaders/formats/formats';

const BLOCKS = 3;

test.each(Object.values(formats))('$name: what is found is what the weights would be', (format) => {
  const length = BLOCKS * format.fileBytes;
  /** Bytes among which exponents of ones are frequent. */
  const bytes = fc.array(fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0x7c, 0xfc, 0x7f, 0xff, 0x80, 0)), {
    ...{ minLength: length, maxLength: length },
  });
  const found = { finite: 0, other: 0 };
  fc.assert(
    fc.property(bytes, fc.nat({ max: 3 }), (given, offset) => {
      const place = new Uint8Array(length + offset).subarray(offset);
      place.set(given);
      const finite = dequantise(format, repack(format, place)).every(Number.isFinite);
      found[finite ? 'finite' : 'other']++;
      const require = () => requireFinite('blk.1.x', format, place);
      if (finite) expect(require).not.toThrow();
      else
        expect(require).toThrow(
          /^The tensor blk\.1\.x \(\w+\) has a (scale|weight) that is infinite or not a number/,
        );
    }),
    { numRuns: 2000 },
  );
  expect(found.finite).toBeGreaterThan(20);
  expect(found.other).toBeGreaterThan(20);
});
