/** Words of the self-test page. Its report is always English, as it is meant to be sent to others. */
import type { CheckResult, TrialResult } from '../../lab/shader/selftest';

export const selftest = {
  title: 'Self-test',
  intro: (ends: boolean, names: string[]) =>
    `Compiles every shader variant the lab has${ends ? ', with each of its knobs at both ends' : ''}, runs it on small inputs on this GPU, and compares the result with a reference implementation. Also tries the demo model, links, and what this browser stores. ${names.length ? `This time only: ${names.join(', ')}. ` : ''}Nothing leaves this machine.`,
  run: 'Run the self-test',
  again: 'Run again',
  stop: 'Stop',
  copy: 'Copy report',
  save: 'Save report',
  copied: 'Report copied.',
  notCopied: 'The browser does not allow copying; save it instead.',
  counts: (passed: number, failed: number, skipped: number) =>
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  checking: (number: number, total: number | string) => `Checking ${number} of ${total}`,
  stopped: 'Stopped',
  finished: 'Finished',
  early: (why: string) => `The self-test ended early: ${why}`,
  adapter: (name: string, software: boolean, features: string) =>
    `${name}${software ? ', a software adapter' : ''}. Features: ${features}.`,
  results: 'Results',
  columns: ['Outcome', 'Variant', 'Knobs', 'Error or reason'],
  clock: (tick: string) => `This page's clock ticks every ${tick}.`,
  noTimestamps: 'The GPU has no timestamps, so its work is timed by that clock.',
  timestamps: (tick: string | undefined, doubled: string, ofWall: string) =>
    `The GPU's timestamps ${tick ? `tick every ${tick}` : 'stand still'}: twice the work takes ${doubled} times as long, and a load is ${ofWall} of the time until its end is heard of.`,
  sound: (sound: boolean): string => (sound ? 'They can be believed.' : 'They cannot be believed.'),
  otherFailures: (count: number) =>
    count === 1 ? 'One other check failed.' : `${count} other checks failed.`,
  limits: 'Limits of this GPU',
  trials: 'Parts of the lab',
  trialNames: {
    'demo model': 'Demo model',
    link: 'Link',
    OPFS: 'Files (OPFS)',
    hash: 'Hash',
    IndexedDB: 'Database (IndexedDB)',
    quota: 'Room',
  } satisfies Record<TrialResult['name'], string> as Record<TrialResult['name'], string>,
  cheats: 'Dishonest shaders',
  outcomes: { passed: 'passed', failed: 'failed', skipped: 'skipped' } satisfies Record<
    CheckResult['outcome'],
    string
  >,
};
