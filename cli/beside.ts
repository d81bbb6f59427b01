// `bench --vs llama.cpp`: each run beside llama.cpp on the same file.
import { defaultsFor } from '../src/lib/lab/experiment/defaults';
import { isNamedModel, readExperiment } from '../src/lib/lab/experiment/experiment';
import { expand, type Run, withDefaults } from '../src/lib/lab/experiment/expand';
import { compareWithPeer } from '../src/lib/lab/measure/peer';
import type { Session } from '../src/lib/lab/measure/session';
import { messageOf } from '../src/lib/lab/message';
import type { Verdict } from '../src/lib/lab/statistics/verdict';
import { besideToCsv, type BesidePeer, hasInterval } from '../src/lib/lab/records/peer';
import { decodeTokensPerSecond, type RunRecord, tokensPerSecond } from '../src/lib/lab/records/record';
import { type Arguments, numberOption, oneOf } from './arguments';
import { fileOf, print, tell, withSession } from './host';
import { BACKENDS, openLlama } from './llama';

/** Prints two rows of CSV for each run, llama.cpp's and the lab's; resolves to true when no run failed. */
export async function benchBeside(words: Arguments, signal: AbortSignal): Promise<boolean> {
  oneOf(words, 'vs', ['llama.cpp']);
  const budget = numberOption(words, 'budget', { smallest: 1, largest: 86_400, default: 60 });
  const backend = oneOf(words, 'backend', BACKENDS);
  const runs = expand(readExperiment(words.settings));
  if (runs.length === 0) throw new Error('No combination of these settings is possible');
  for (const { model } of runs)
    if (isNamedModel(model) && model !== 'demo')
      throw new Error(
        `${model} is synthetic: it has no file that llama.cpp could load. Choose demo, or a GGUF file`,
      );
  let failures = 0;
  await withSession(async (session) => {
    for (const [index, run] of runs.entries()) {
      if (signal.aborted) return;
      try {
        print(besideToCsv(await oneRun(run, { budget, backend }, session, signal), index === failures));
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        tell(`lab: ${run.settings || 'default settings'} failed: ${session.explain(error)}\n`);
      }
    }
  });
  return failures === 0 && !signal.aborted;
}

async function oneRun(
  run: Run,
  { budget, backend }: { budget: number; backend: string },
  session: Session,
  signal: AbortSignal,
): Promise<BesidePeer> {
  const gpu = await session.open();
  const peer = await openLlama(await fileOf(run.model), run, backend);
  try {
    const model = await session.load(run.model, run.seed, () => undefined, signal);
    const context = await session.context(signal);
    const whole = withDefaults(run, defaultsFor(gpu));
    const compared = await gpu.unlessLost(compareWithPeer(whole, peer, model, context, budget));
    const type = `rwkv7 ${compared.own.geometry.layers} × ${compared.own.geometry.embedding}`;
    compared.peer.setup = { ...compared.peer.setup, model_type: type };
    tellOne(peer.name, compared);
    return compared;
  } finally {
    await peer.close().catch((reason: unknown) => tell(`llama.cpp: ${messageOf(reason)}\n`));
  }
}

const SAID: Record<Verdict, string> = {
  faster: 'the lab is faster',
  slower: 'the lab is slower',
  same: 'the same, within 1 %',
  'cannot tell': 'inconclusive',
};

function tellOne(name: string, { peer, own, against, prompts, agreeing }: BesidePeer): void {
  const { verdict, ratio, low, high, values } = against;
  const [r, l, h] = [ratio, low, high].map((value) => value.toPrecision(3));
  tell(`${own.settings || 'default settings'}\n`);
  tell(
    `  ${name}: ${speedsOf(peer)}\n  the lab, ${own.adapter}${own.software ? ' (software)' : ''}: ${speedsOf(own)}\n`,
  );
  const interval = hasInterval(against) ? `${l} to ${h} (95 %)` : 'too few for an interval';
  tell(`  ${SAID[verdict]}: ${r} times the speed, ${interval}, ${values.length} blocks; `);
  tell(`the same next token after ${agreeing} of ${prompts} prompts\n`);
}

function speedsOf(record: RunRecord): string {
  const decode = decodeTokensPerSecond(record);
  const decoding = decode === undefined ? '' : `, decode ${decode.toPrecision(4)} tokens/s`;
  return `prefill ${tokensPerSecond(record).toPrecision(4)} tokens/s${decoding}`;
}
