// Records for property tests.
import fc from 'fast-check';
import { fieldOf, RESULT_NAMES, type ResultNumbers } from '../src/lib/lab/experiment/descriptors';
import { type RunRecord, WARNINGS } from '../src/lib/lab/records/record';

const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
const seconds = fc.array(positive, { maxLength: 5 });
const count = fc.nat();
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);
const texts = fc.dictionary(name, fc.string(), { minKeys: 1, maxKeys: 4, noNullPrototype: true });
const numbers = Object.fromEntries(RESULT_NAMES.map((name) => [fieldOf(name), count])) as Record<
  keyof ResultNumbers,
  typeof count
>;
const share = fc.double({ min: 0, max: 1, noNaN: true });
const quality = fc.record({
  ...{ tokens: fc.integer({ min: 1 }), bytes: count, text: count, nats: positive, exactNats: positive },
  ...{ top1: share, agreement: share, divergence: positive, maxLogitError: positive },
});

/** Records of any content, whole or as they come from another program. */
export const anyRecord: fc.Arbitrary<RunRecord> = fc.record({
  settings: fc.string({ unit: 'grapheme' }),
  model: fc.string(),
  parameters: count,
  geometry: fc.dictionary(name, count),
  weightBytes: count,
  memoryBytes: fc.option(count, { nil: undefined }),
  zeros: fc.option(share, { nil: undefined }),
  loadSeconds: positive,
  layoutSeconds: fc.option(positive, { nil: undefined }),
  checks: fc.option(fc.record({ shapes: count, seed: count, seconds: positive }), { nil: undefined }),
  ...numbers,
  quality: fc.option(quality, { nil: undefined }),
  variants: fc.dictionary(
    fc.oneof(name, fc.constant('matmul_q4_k@512x256')),
    fc.record({ name, knobs: fc.dictionary(name, count, { noNullPrototype: true }) }),
  ),
  kernelHash: fc.stringMatching(/^[0-9a-f]{8}$/),
  kernelHashes: fc.option(texts, { nil: undefined }),
  setup: fc.option(texts, { nil: undefined }),
  prefillSeconds: fc.array(positive, { minLength: 1, maxLength: 5 }),
  warmupSeconds: seconds,
  repetitions: fc.option(count, { nil: undefined }),
  promptSeed: fc.option(count, { nil: undefined }),
  clockTick: fc.option(positive, { nil: undefined }),
  encodeSeconds: fc.option(positive, { nil: undefined }),
  sentinelSeconds: fc.option(fc.array(positive, { minLength: 1, maxLength: 3 }), { nil: undefined }),
  decodeSeconds: seconds,
  sequencesSeconds: fc.option(fc.array(positive, { minLength: 1, maxLength: 5 }), { nil: undefined }),
  tokenSeconds: fc.option(fc.array(positive, { minLength: 1, maxLength: 5 }), { nil: undefined }),
  softmaxSeconds: seconds,
  readbackSeconds: seconds,
  error: positive,
  errorKernel: name,
  adapter: fc.string(),
  software: fc.boolean(),
  startedAt: fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  agent: fc.string(),
  labVersion: fc.option(fc.stringMatching(/^\d\.\d\.\d$/), { nil: undefined }),
  warnings: fc.subarray([...WARNINGS]),
});
