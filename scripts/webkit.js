// `npm run webkit`: Safari's own WGSL compiler, built on this machine where it can be.
//   npm run webkit                       gives it every shipped text: each is accepted, or skipped by the reason that the page gives
//   npm run webkit -- cost [VARIANT …]   what its Metal text costs, as CSV (scripts/webkit/cost.ts)
import { needPackages, run, stop, tool } from './setup.js';
import { findOrBuildCompiler } from './webkit/compiler.js';

needPackages();
const { program, lacks } = findOrBuildCompiler();
if (!program) stop(`Safari's compiler lacks ${lacks}.`);
process.env.LAB_WEBKIT = program;
const [command, ...words] = process.argv.slice(2);
process.exitCode = run(
  command === 'cost'
    ? tool('vite-node/dist/cli.mjs', '--config', 'vite.cli.config.ts', 'scripts/webkit/cost.ts', ...words)
    : tool('vitest/vitest.mjs', 'run', '--project', 'webkit', ...process.argv.slice(2)),
);
