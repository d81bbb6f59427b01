// Safari's own WGSL compiler, built from WebKit's sources (scripts/webkit), reads every shipped text: each is accepted, or
// skipped by the reason that the page would give on Apple Silicon in Safari.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jobOf, type Job, translate, type Translation } from '../../scripts/webkit/translate';
import { unsupportedReason } from '../../src/lib/engine/supported';
import { defaultsFor } from '../../src/lib/lab/experiment/defaults';
import { expand } from '../../src/lib/lab/experiment/expand';
import { findVariant, kernels, variants } from '../../src/lib/shaders';
import { knobSettings, parseVariant, type Variant, withKnobs } from '../../src/lib/shaders/variant';
import { offeredBy, PROFILES, SAFARI } from '../profiles/profile';

const program = process.env.LAB_WEBKIT ?? '';
const lacks = `Safari's compiler, which lacks ${process.env.LAB_WEBKIT_LACKS ?? 'a build: npm run webkit makes one'}`;
const offered = offeredBy(SAFARI);
const labelOf = ({ kernel, name }: Variant) => `${kernel}/${name}`;

/** Every setting of a variant's knobs that the page would run in Safari. */
const possible = (variant: Variant): Variant[] =>
  [...knobSettings(variant)]
    .map((knobs) => withKnobs(variant, knobs))
    .filter((setting) => !unsupportedReason(setting, offered));

/** The refusals of texts, each with the first words of its text. */
function refusals(jobs: Job[]): string[] {
  const translated: Translation[] = translate(program, jobs);
  return translated.flatMap(({ refused }, at) =>
    refused === undefined ? [] : [`${refused} in: ${jobs[at].wgsl.slice(0, 2000)}`],
  );
}

// Without it, one test says so, and no other exists.
const describeCompiler = program ? describe : () => undefined;
if (!program) test('there is a compiler', ({ skip }) => skip(lacks));

describeCompiler('the compiler', () => {
  test('refuses what is wrong, with a line, and goes on after a text that is refused', () => {
    const entryPoints = [{ name: 'main', bindings: [] }];
    const good = { wgsl: '@compute @workgroup_size(1) fn main() {}', entryPoints };
    const bad = { wgsl: '\n@compute @workgroup_size(1) fn main() { no_such(); }', entryPoints };
    const subgroups = { wgsl: `enable subgroups;\n${good.wgsl}`, entryPoints };
    const [first, second, third, fourth] = translate(program, [good, bad, subgroups, good]);
    expect(first.metal).toContain('// entry point: main');
    expect(second.refused).toMatch(/2:.*no_such/);
    expect(third.refused).toMatch(/^1:.*Expected 'f16'/);
    expect(fourth).toEqual(first);
  });
});

describeCompiler('accepts every setting of', () => {
  test.for(variants.map((variant) => ({ label: labelOf(variant), variant })))(
    '$label',
    ({ label, variant }, { skip }) => {
      const settings = possible(variant);
      if (settings.length === 0) skip(`${label} ${unsupportedReason(variant, offered)}`);
      const texts = new Map(settings.map((setting) => [setting.wgsl, jobOf(setting)]));
      expect(refusals([...texts.values()])).toEqual([]);
    },
  );
});

describeCompiler('accepts', () => {
  test('the microbenchmarks of the roofline, but for those that the page skips', () => {
    const folder = 'src/lib/lab/measure/peaks';
    const peaks = readdirSync(folder).map((file) =>
      parseVariant('peak', file.replace('.wgsl', ''), readFileSync(`${folder}/${file}`, 'utf8')),
    );
    const run = peaks.filter((peak) => !unsupportedReason(peak, offered));
    expect(peaks.filter((peak) => !run.includes(peak)).map(({ name }) => name)).toEqual(['matrix']);
    expect(refusals(run.map(jobOf))).toEqual([]);
  });

  test('the shaders that check results', () => {
    const read = (file: string) => readFileSync(`src/lib/engine/${file}.wgsl`, 'utf8');
    const types = (...all: GPUBufferBindingType[]) => all.map((type, binding) => ({ binding, type }));
    const comparing = types('uniform', 'read-only-storage', 'read-only-storage', 'storage');
    const words = types('uniform', 'storage', 'storage');
    const entries = (bindings: typeof words, ...names: string[]) => names.map((name) => ({ name, bindings }));
    const jobs: Job[] = [
      { wgsl: read('compare'), entryPoints: entries(comparing, 'measure', 'search') },
      { wgsl: read('words'), entryPoints: entries(words, 'fill', 'digest') },
    ];
    expect(refusals(jobs)).toEqual([]);
  });
});

test.for(PROFILES)('every kernel has a variant for $name, and its default is one', (profile) => {
  const reasonOf = (variant: Variant) => unsupportedReason(variant, offeredBy(profile));
  const defaults = defaultsFor({ adapter: profile.info, kernels: { unsupportedReason: reasonOf } });
  for (const [kernel, { default: portable }] of Object.entries(kernels)) {
    const name = defaults[kernel]?.[0] ?? portable;
    const variant = findVariant(kernel, name);
    expect(reasonOf(variant), labelOf(variant)).toBeUndefined();
  }
  expect(expand(defaults)).toHaveLength(1);
});
