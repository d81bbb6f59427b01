// Vite for the page, and Vitest: `pure` needs nothing but Node, `gpu` runs in Node on Dawn, `browser` drives real browsers over
// the built page.
import { readFileSync } from 'node:fs';
import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import packageJson from './package.json' with { type: 'json' };
import { headOf } from './src/lib/shaders/head.ts';

/** These take minutes on a software GPU: first, so that no worker is left with one; what later files compile again, Mesa then has in its cache. */
const LONGEST = [
  'kernels.matmul.test.ts',
  'kernels.test.ts',
  'golden.test.ts',
  'cli.test.ts',
  'held-out.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const sorted = await super.sort(files);
    const long = LONGEST.flatMap((name) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${name}`)));
    return [...long, ...sorted.filter((file) => !long.includes(file))];
  }
}

/**
 * The registry in the built page has what the shaders say of themselves, without their code: it is a quarter of a megabyte that
 * no page needs to begin with. The worker's bundle, which does not use these plugins, has everything; `?raw&whole` is everything.
 */
const shaderHeads: Plugin = {
  name: 'shader-heads',
  apply: 'build',
  enforce: 'pre',
  load(id) {
    if (!/\/src\/lib\/shaders\/\w+\/\w+\.wgsl\?raw$/.test(id)) return undefined;
    if (this.environment.name !== 'client') return undefined;
    return `export default ${JSON.stringify(headOf(readFileSync(id.replace('?raw', ''), 'utf8')))}`;
  },
};

export default defineConfig({
  plugins: [shaderHeads, sveltekit()],
  define: { __LAB_VERSION__: JSON.stringify(packageJson.version) },
  worker: { format: 'es' },
  // Where the time of a build went is of no use to somebody who starts the lab.
  build: { rolldownOptions: { checks: { pluginTimings: false, bundlerTimings: false } } },
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['tests/pure/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'gpu',
          include: ['tests/gpu/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          setupFiles: ['tests/gpu/patience.ts'],
          // Mesa's software GPU compiles for four lanes in half the time that it takes for eight.
          env: { LP_NATIVE_VECTOR_WIDTH: '128' },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/*.spec.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          // Two browsers at once on a software GPU slow each other down into time-outs.
          fileParallelism: false,
        },
      },
    ],
  },
});
