// Vite for the page, and Vitest: `unit` runs in Node on Dawn, `browser` drives real browsers over the built page.
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [sveltekit()],
  worker: { format: 'es' },
  // Where the time of a build went is of no use to somebody who starts the lab.
  build: { rolldownOptions: { checks: { pluginTimings: false, bundlerTimings: false } } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          setupFiles: ['tests/patience.ts'],
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
