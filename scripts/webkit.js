// `npm run webkit`: builds Safari's own WGSL compiler, where this machine can, and gives it every shipped text: each is accepted, or
// skipped by the reason that the page gives. Further words go to Vitest.
import { needPackages, run, stop, tool } from './setup.js';
import { findOrBuildCompiler } from './webkit/compiler.js';

needPackages();
const { program, lacks } = findOrBuildCompiler();
if (!program) stop(`Safari's compiler lacks ${lacks}.`);
process.env.LAB_WEBKIT = program;
process.exitCode = run(tool('vitest/vitest.mjs', 'run', '--project', 'webkit', ...process.argv.slice(2)));
