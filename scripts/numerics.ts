// Gives every variant of every kernel random shapes and extreme numbers, and writes a line of CSV for each kernel and extreme.
// npx vite-node --config vite.cli.config.ts scripts/numerics.ts -- --count 20 --seed 1 --only matmul_q4_k --minutes 30 > numerics.csv
// With --long, instead: prefills of so many tokens in chunks of 7, 64 and 1024, which must agree.
// npx vite-node --config vite.cli.config.ts scripts/numerics.ts -- --long 32768 --model demo > long.csv
// With --oracle too, each is compared with the float64 oracle instead, which needs about 10 ms a token of the demo model.
import { parseArgs } from 'node:util';
import { gpu } from '../cli/node';
import { openModel } from '../cli/host';
import type { ByteSource } from '../src/lib/engine/bytes';
import { openDevice } from '../src/lib/engine/device';
import { Kernels } from '../src/lib/engine/kernels';
import { variants } from '../src/lib/shaders';
import { seeded } from '../src/lib/shaders/kernel';
import { knobSettings, type Variant, withKnobs } from '../src/lib/shaders/variant';
import { extremesOf, tryVariant } from './fuzz/kernels';
import { Engine } from '../src/lib/engine/engine';
import { openGguf } from '../src/lib/engine/gguf';
import { loadWeights } from '../src/lib/engine/load';
import { compareChunks, compareWithOracle, defaultsOf } from './fuzz/longPrompt';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== '--'),
  options: {
    count: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    minutes: { type: 'string', default: '30' },
    long: { type: 'string' },
    oracle: { type: 'boolean', default: false },
    model: { type: 'string', default: 'demo' },
  },
});
const [count, first, minutes] = [Number(values.count), Number(values.seed), Number(values.minutes)];
if (!(count > 0 && minutes > 0)) throw new Error('--count and --minutes are above 0');
const device = await openDevice(gpu);
const kernels = new Kernels(device, gpu.wgslLanguageFeatures);
const wrong = values.long ? await long(Number(values.long)) : await all();
device.destroy();
process.exit(wrong > 0 ? 1 : 0);

/** Resolves to the number of trials that went wrong. */
async function all(): Promise<number> {
  const tried = variants.filter(
    (each) =>
      `${each.kernel}/${each.name}`.startsWith(values.only) &&
      !each.kernel.startsWith('synthesise') &&
      !kernels.unsupportedReason(each),
  );
  const end = performance.now() + 60_000 * minutes;
  console.log('kernel,variant,extreme,first_seed,tried,wrong,largest_error,allowed');
  let wrongs = 0;
  for (const variant of tried)
    for (const extreme of extremesOf(variant)) {
      let [done, wrong, largest] = [0, 0, 0];
      for (let seed = first; seed < first + count && performance.now() < end; seed++) {
        const setting = settingOf(variant, seed);
        if (kernels.unsupportedReason(setting) || !extremesOf(setting).includes(extreme)) continue;
        const { sizes, error, problem } = await tryVariant(kernels, setting, extreme, seed);
        done++;
        largest = Math.max(largest, error);
        if (!problem) continue;
        wrong++;
        const shape = Object.entries(sizes).flat().join(' ');
        console.error(`${variant.kernel}/${variant.name}, ${extreme}, seed ${seed}, ${shape}: ${problem}`);
      }
      wrongs += wrong;
      const fields = [variant.kernel, variant.name, extreme, first, done, wrong, largest.toExponential(1)];
      console.log([...fields, variant.error ?? ''].join());
    }
  return wrongs;
}

/** A setting of the variant's knobs: those of its text for the first seed, random ones for others. */
function settingOf(variant: Variant, seed: number): Variant {
  if (seed === first) return variant;
  const settings = [...knobSettings(variant)];
  return withKnobs(variant, settings[Math.floor(seeded(seed)() * settings.length)]);
}

async function long(tokens: number): Promise<number> {
  const lengths = [1024, 64, 7];
  const source = await openModel(values.model);
  const rows = values.oracle
    ? withOracle(source, tokens, lengths)
    : compareChunks(kernels, source, tokens, lengths);
  console.log('model,tokens,chunk,against,logits_error,state_error,seconds');
  let wrongs = 0;
  for await (const row of rows) {
    const { chunk, against, logits, state, seconds } = row;
    console.log(
      [
        values.model,
        tokens,
        chunk,
        against,
        logits.toExponential(1),
        state.toExponential(1),
        seconds.toFixed(1),
      ].join(),
    );
    if (!(logits <= 1e-6 && state <= 1e-6)) wrongs++;
  }
  return wrongs;
}

async function* withOracle(source: ByteSource, tokens: number, lengths: number[]) {
  const file = await openGguf(source);
  const engine = await Engine.open(kernels, await loadWeights(device, file));
  yield* compareWithOracle(engine, file, tokens, lengths, defaultsOf(engine));
}
