/**
 * `npm run webkit -- cost [VARIANT …]`: what the Metal text that Safari makes of a shader costs, as CSV on stdout. VARIANT is
 * `kernel` or `kernel/variant`, with settings of knobs as in `matmul_q4_k/tiled:tile_k=32,tile_tokens=64`; without one, all
 * shipped variants with the knobs of their texts, and the defaults on Apple with theirs. docs/safari.md explains the columns.
 */
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { knobOf } from '../../src/lib/lab/experiment/settings';
import { ROWS_BY_VENDOR } from '../../src/lib/lab/experiment/vendors';
import { formatCsv } from '../../src/lib/lab/records/csv';
import { findVariant, variants, variantsFor } from '../../src/lib/shaders';
import { knobsKey, passNeeds, type Variant, withKnobs } from '../../src/lib/shaders/variant';
import { entryPointsIn, readMetal } from './metal';
import { withoutShuffles } from './shuffles';
import { compileStandIn } from './standin';
import { jobOf, translate } from './translate';

const COLUMNS = [
  ...['kernel', 'variant', 'knobs', 'pass', 'threads', 'workgroup_bytes', 'zeroed_elements', 'loops'],
  ...['clamps_innermost', 'loads', 'waits', 'registers', 'scratch_bytes', 'instructions', 'note'],
];

/** One variant for `kernel/variant`, all for `kernel`. Throws when there is none, or no such knob. */
function variantsNamed(word: string): Variant[] {
  const [name, knobs = ''] = word.split(':');
  const [kernel, variant] = name.split('/');
  if (variant === undefined) return variantsFor(kernel);
  const values = knobs
    .split(',')
    .filter(Boolean)
    .map((each) => each.split('='));
  const settings = Object.fromEntries(values.map(([knob, value]) => [knob, Number(value)]));
  return [withKnobs(findVariant(kernel, variant), settings)];
}

/** A variant whose loops can be written out, without that and with it; any other as it is. */
const withAndWithout = (variant: Variant): Variant[] =>
  variant.knobs.written_out?.choices.map((value) => withKnobs(variant, { written_out: value })) ?? [variant];

/** The variants of the vendor rows for Apple, with the knobs that these rows set. */
const defaultsOnApple = (): Variant[] =>
  ROWS_BY_VENDOR.apple.map(({ settings }) => {
    const [[kernel, [name]], ...knobs] = Object.entries(parseExperiment(settings));
    const values = knobs.map(([key, [value]]) => [knobOf(key), Number(value)]);
    return withKnobs(findVariant(kernel, name), Object.fromEntries(values));
  });

/** A row for each entry point; one row with the compiler's message for a text that it refuses. */
function rowsOf(program: string, variant: Variant): (string | number)[][] {
  const job = jobOf(variant);
  const shuffles = variant.features.join() === 'subgroups';
  const wgsl = shuffles ? withoutShuffles(job.wgsl) : job.wgsl;
  const [{ metal, refused }] = translate(program, [{ ...job, wgsl }]);
  const named = [variant.kernel, variant.name, knobsKey(variant)];
  if (metal === undefined) return [[...named, ...Array<string>(11).fill(''), refused.split('\n')[0]]];
  const note = shuffles ? 'Safari 26 refuses subgroups; counted with a stand-in for its shuffles' : '';
  return [...entryPointsIn(metal)].map(([entryPoint, text]) => {
    const { invocations, memoryBytes } = passNeeds(variant, entryPoint);
    const { loops, clampsInnermost, zeroedElements } = readMetal(text);
    const { loads, waits, registers, scratchBytes, instructions } = compileStandIn(text, invocations);
    const written = [invocations, memoryBytes, zeroedElements, loops, clampsInnermost];
    return [...named, entryPoint, ...written, loads, waits, registers, scratchBytes, instructions, note];
  });
}

const program = process.env.LAB_WEBKIT;
if (!program) throw new Error('LAB_WEBKIT is not set: run this as npm run webkit -- cost');
const words = process.argv.slice(2).filter((word) => word !== '--');
const asked = (words.length ? words.flatMap(variantsNamed) : variants).flatMap(withAndWithout);
if (!words.length) asked.push(...defaultsOnApple());
process.stdout.write(formatCsv([COLUMNS]));
for (const variant of new Map(asked.map((each) => [each.wgsl + each.kernel, each])).values())
  process.stdout.write(formatCsv(rowsOf(program, variant).map((row) => row.map(String))));
