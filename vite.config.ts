// Vite for the page, and Vitest: `pure` needs nothing but Node, `webkit` Safari's compiler, `gpu` runs in Node on Dawn,
// `browser` drives real browsers over the built page.
import { readFileSync } from 'node:fs';
import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import packageJson from './package.json' with { type: 'json' };
import { notebooks } from './scripts/notebooks.ts';
import { noReferences } from './scripts/references.ts';
import { headOf } from './src/lib/shaders/head.ts';
import { TEST_LIMITS, WAIT_LIMIT } from './tests/limits.ts';

/** These take the longest: first, so that no worker is left with one at the end. */
const LONGEST = [
  'kernels.test.ts',
  'golden.test.ts',
  'kernels.matmul.test.ts',
  'cells.test.ts',
  'cheats.test.ts',
  'cli.test.ts',
  'model.test.ts',
  'tune.test.ts',
  'memory.test.ts',
  'lab.test.ts',
  'held-out.test.ts',
  'numerics.test.ts',
  'firefox.spec.ts', // by far, where Mesa has kept nothing of an earlier run
  'profiles.spec.ts',
  'notebook.spec.ts',
  'models.spec.ts',
  'page.spec.ts',
  'kernel.spec.ts',
  'notebook-cells.spec.ts',
  'offline.spec.ts',
  'live.spec.ts',
  'bench-page.spec.ts',
  'accessibility.spec.ts',
  'charts.spec.ts',
  'bench-turns.spec.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const sorted = await super.sort(files);
    const long = LONGEST.flatMap((name) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${name}`)));
    return [...long, ...sorted.filter((file) => !long.includes(file))];
  }
}

/** What the test projects have in common. */
const project = (name: keyof typeof TEST_LIMITS) => ({
  name,
  testTimeout: TEST_LIMITS[name],
  hookTimeout: TEST_LIMITS[name],
  setupFiles: ['tests/progress.ts'],
});

/**
 * In the built page the registry holds only the heads of the shaders (head.ts), because their code is a quarter of a megabyte that the
 * first paint does not need, and no code that writes out loops. The worker's bundle does not use this plugin and has the whole texts, and so has `?raw&whole`.
 */
const shaderHeads: Plugin = {
  name: 'shader-heads',
  apply: 'build',
  enforce: 'pre',
  load(id) {
    if (id.endsWith('/src/lib/shaders/written.ts') && this.environment.name === 'client')
      return 'export const writeOut = (text) => text;';
    if (!/\/src\/lib\/shaders\/\w+\/\w+\.wgsl\?raw$/.test(id)) return undefined;
    if (this.environment.name !== 'client') return undefined;
    return `export default ${JSON.stringify(headOf(readFileSync(id.replace('?raw', ''), 'utf8')))}`;
  },
};

export default defineConfig({
  plugins: [notebooks, shaderHeads, noReferences, sveltekit()],
  define: { __LAB_VERSION__: JSON.stringify(packageJson.version) },
  // Build timings would only distract people who start the lab.
  worker: { format: 'es', rolldownOptions: { checks: { pluginTimings: false } } },
  // The licences of all that the page ships, as the packages ask: build/licences.md.
  build: {
    license: { fileName: 'licences.md' },
    rolldownOptions: { checks: { pluginTimings: false, bundlerTimings: false } },
  },
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          ...project('pure'),
          include: ['tests/pure/*.test.ts'],
          // The files that a worker runs share the modules, whose loading takes as long as the tests.
          isolate: false,
          setupFiles: ['tests/progress.ts', 'tests/pure/restore.ts'],
          // Vitest leaves one core free by default.
          maxWorkers: 2,
          expect: { poll: { timeout: TEST_LIMITS.pure / 2 } },
        },
      },
      {
        extends: true,
        test: {
          ...project('webkit'),
          include: ['tests/webkit/*.test.ts'],
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          ...project('gpu'),
          include: ['tests/gpu/*.test.ts'],
          // The files that a worker runs share its device, what is compiled on it, and the models.
          isolate: false,
          maxWorkers: 2,
          setupFiles: ['tests/progress.ts', 'tests/gpu/patience.js'],
          // Mesa's software GPU compiles for four lanes in half the time that it takes for eight.
          // Not GALLIVM_PERF=nopt: it takes a quarter from the kernels' tests, and multiplies those in which models compute.
          env: { LP_NATIVE_VECTOR_WIDTH: '128' },
        },
      },
      {
        extends: true,
        test: {
          ...project('browser'),
          include: ['tests/browser/*.spec.ts'],
          // The files that a worker runs share its Chromium.
          isolate: false,
          // One more than cores, because tests of a page wait as well: for its pauses, for a server that stands still, for a browser to start.
          maxWorkers: 3,
          expect: { poll: { timeout: WAIT_LIMIT } },
        },
      },
    ],
  },
});
