// Safari's own WGSL compiler reads every shipped text: each is accepted, or skipped by the reason that the page would give on Apple
// Silicon in Safari. accepts.matmul.test.ts has the matrix products.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jobOf, type Job, translate } from '../../scripts/webkit/translate';
import { unsupportedReason } from '../../src/lib/engine/supported';
import { defaultsFor } from '../../src/lib/lab/experiment/defaults';
import { expand } from '../../src/lib/lab/experiment/expand';
import { findVariant, kernels } from '../../src/lib/shaders';
import { familyOf } from '../../src/lib/shaders/formats/formats';
import { parseVariant, type Variant } from '../../src/lib/shaders/variant';
import { offeredBy, PROFILES } from '../profiles/profile';
import { Accepted } from './accepted';
import { describeCompiler, labelOf, offered, program, refusals, testVariants } from './compiler';

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

  test('has accepted a text before only if it is the same text, for the same entry points, by the same compiler', () => {
    const folder = mkdtempSync(join(tmpdir(), 'accepted-'));
    try {
      const file = join(folder, 'accepted');
      const job: Job = { wgsl: 'fn main() {}', entryPoints: [{ name: 'main', bindings: [] }] };
      new Accepted(program, file).add([job]);
      const later = new Accepted(program, file);
      expect(later.has(job)).toBe(true);
      expect(later.has({ ...job, wgsl: `${job.wgsl}\n` })).toBe(false);
      const bindings = [{ binding: 0, type: 'uniform' as const }];
      expect(later.has({ ...job, entryPoints: [{ name: 'main', bindings }] })).toBe(false);
      expect(new Accepted(process.execPath, file).has(job)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

testVariants(({ kernel }) => familyOf(kernel) !== 'matmul');

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
    const comparing = types('uniform', 'read-only-storage', 'read-only-storage', 'storage', 'storage');
    const words = types('uniform', 'storage', 'storage');
    const entries = (bindings: typeof words, ...names: string[]) => names.map((name) => ({ name, bindings }));
    const jobs: Job[] = [
      { wgsl: read('compare'), entryPoints: entries(comparing, 'measure', 'add', 'search') },
      { wgsl: read('words'), entryPoints: entries(words, 'fill', 'differ', 'digest') },
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
