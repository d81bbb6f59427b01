/** Kernels at random shapes with extreme numbers, twice each: a bounded part of what `scripts/numerics.ts` tries. */
import { expect, test } from 'vitest';
import { extremesOf, tryVariant } from '../../scripts/fuzz/kernels';
import { kernels as registry, variants } from '../../src/lib/shaders';
import { formatNameOf } from '../../src/lib/shaders/formats/formats';
import { compareWithOracle, defaultsOf } from '../../scripts/fuzz/longPrompt';
import { DEMO } from '../oracle';
import { sharedEngine, sharedKernels } from './engines';

/** Formats with kernels of their own, and one of plain numbers; in the others only the reading of a block differs. */
const FORMATS = [undefined, 'q4_k', 'q6_k', 'f16'];

test.for(
  Object.keys(registry).filter(
    (kernel) => FORMATS.includes(formatNameOf(kernel)) && !kernel.startsWith('synthesise'),
  ),
)('%s', async (kernel) => {
  const kernels = await sharedKernels();
  const chosen = [registry[kernel].default, 'dot4'];
  const problems: string[] = [];
  for (const variant of variants.filter((each) => each.kernel === kernel && chosen.includes(each.name))) {
    if (kernels.unsupportedReason(variant)) continue;
    for (const extreme of extremesOf(variant)) {
      const { sizes, problem } = await tryVariant(kernels, variant, extreme, 1);
      if (problem) problems.push(`${variant.name}, ${extreme}, ${JSON.stringify(sizes)}: ${problem}`);
    }
  }
  expect(problems).toEqual([]);
});

/** `scripts/numerics.ts --long 2048 --oracle` reads a longer one. */
const LONG = 136;

test('a long prompt in chunks of 7, 64 and 1024 tokens ends where the oracle does', async () => {
  const { engine, file } = await sharedEngine(DEMO);
  const rows = compareWithOracle(engine, file, LONG, [1024, 64, 7], defaultsOf(engine));
  const chunks: number[] = [];
  for await (const { chunk, logits, state } of rows) {
    chunks.push(chunk);
    // Float32 against float64: a wrong token or a wrong end of a chunk is off by orders of magnitude more.
    expect(logits, `logits, chunk ${chunk}`).toBeLessThan(1e-9);
    expect(state, `state, chunk ${chunk}`).toBeLessThan(1e-9);
  }
  expect(chunks).toEqual([1024, 64, 7]);
});
