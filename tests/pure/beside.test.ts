// Rows of logits beside exact ones.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareRows } from '../../src/lib/lab/text/beside';

const row = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 4, maxLength: 4 });

test('equal rows have no distance, and a constant shift changes no prediction', () => {
  fc.assert(
    fc.property(row, fc.double({ min: -20, max: 20, noNaN: true }), (logits, shift) => {
      expect(compareRows(logits, logits)).toMatchObject({ divergence: 0, error: 0, agree: true });
      const { divergence, error } = compareRows(
        logits.map((logit) => logit + shift),
        logits,
      );
      expect(divergence).toBeCloseTo(0, 9);
      expect(error).toBeCloseTo(Math.abs(shift), 9);
    }),
  );
});

test('the divergence is that of the formula, and never below zero', () => {
  fc.assert(
    fc.property(row, row, (own, exact) => {
      const softmax = (logits: number[]) => {
        const most = Math.max(...logits);
        const powers = logits.map((logit) => Math.exp(logit - most));
        const sum = powers.reduce((a, b) => a + b);
        return powers.map((power) => power / sum);
      };
      const [p, q] = [softmax(exact), softmax(own)];
      const { divergence } = compareRows(own, exact);
      expect(divergence).toBeGreaterThan(-1e-9);
      const formula = p.reduce(
        (sum, each, i) => sum + (each > 0 && q[i] > 0 ? each * Math.log(each / q[i]) : 0),
        0,
      );
      expect(divergence).toBeCloseTo(formula, 6);
    }),
  );
  expect(compareRows([0, 1], [1, 0]).agree).toBe(false);
});
