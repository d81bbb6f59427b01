// Vite for the terminal: `npm run lab` runs cli/lab.ts through it, `npm run bundle` makes one file of it, dist/lab.mjs,
// which needs only Node and the package `webgpu` beside it.
import { builtinModules } from 'node:module';
import { defineConfig } from 'vite';
import packageJson from './package.json' with { type: 'json' };

export default defineConfig({
  publicDir: false,
  define: { __LAB_VERSION__: JSON.stringify(packageJson.version) },
  build: {
    ssr: 'cli/lab.ts',
    outDir: 'dist',
    target: 'node20',
    emptyOutDir: true,
    rolldownOptions: {
      external: ['webgpu', /^node:/, ...builtinModules],
      output: { format: 'es', entryFileNames: 'lab.mjs', codeSplitting: false },
    },
  },
  ssr: { noExternal: true, external: ['webgpu'] },
});
