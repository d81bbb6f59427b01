/**
 * Dishonest shaders (tests/cheats and src/lib/lab/shader/cheats) are caught, each by what its file names; honest ones in
 * unusual styles pass.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { runCell } from '../../src/lib/lab/cells/run';
import { judgeShader } from '../../src/lib/lab/shader/cheats/cheat';
import { Session } from '../../src/lib/lab/measure/session';
import { cheatFiles } from '../cheats';
import { familyOf } from '../../src/lib/shaders/formats/formats';
import { DEMO } from '../oracle';
import { QUICK } from '../quick';

const signal = new AbortController().signal;
const files = cheatFiles();
const session = new Session({ gpu, agent: 'a test', open: (model) => openFile(model) });
const open = await session.open();

afterAll(() => session.close());

test.for(files.filter(({ inModel }) => !inModel))('$name: $about', async (cheat, { skip }) => {
  const { caught, reason, unsupported } = await judgeShader(cheat, open, signal);
  if (unsupported) skip(`${cheat.kernel}/${cheat.name} ${reason}`);
  expect({ caught, reason: caught === cheat.caught ? '' : reason }).toEqual({
    caught: cheat.caught,
    reason: '',
  });
});

describe.for(files.filter(({ inModel }) => inModel))('$name: $about', (cheat) => {
  test('gets past the checks of its kernel', async () => {
    expect(await judgeShader(cheat, open, signal)).toEqual({ caught: undefined, reason: '' });
  });

  test('is caught in a run of a model', async () => {
    const { kernel, name, text: wgsl } = cheat;
    // The plain variants beside it compile fastest and are checked once for all of these tests.
    const plain = QUICK.split('&').filter((setting) => !setting.startsWith(`${familyOf(kernel)}=`));
    const settings = [
      `model=${DEMO}`,
      'prefill=160',
      'chunk=32',
      'samples=1',
      'warmup=0',
      `${kernel}=${name}`,
    ];
    const text = [...settings, ...plain].join('\n');
    const events = [];
    const cell = { kind: 'sweep' as const, text, variants: [{ kernel, name, wgsl }] };
    for await (const event of runCell(cell, session, signal)) events.push(event);
    const reasons = events.flatMap((event) => (event.type === 'failed' ? [event.reason] : []));
    expect(reasons).toEqual([expect.stringContaining(`[${cheat.caught}]`)]);
  });
});
