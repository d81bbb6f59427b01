import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [sveltekit()],
  worker: { format: 'es' },
  test: { include: ['tests/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
});
