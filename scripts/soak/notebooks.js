// The notebooks that soak.js runs again and again.
import { PLAIN } from './plain.js';

const cell = (/** @type {string} */ kind, /** @type {string[]} */ ...lines) =>
  `\`\`\`lab ${kind}\n${lines.join('\n')}\n\`\`\``;
const QUICK = 'warmup=0\nsamples=2';

/**
 * Many short runs: models in turn, chunks, variants.
 * @param {string[]} models
 * @param {boolean} small for a software GPU
 */
export const manyRuns = (models, small) => [
  ...models.map((model) =>
    small
      ? cell(
          'sweep',
          `model=${model}`,
          'prefill=8',
          'chunk=1,2,3,4,5,6,7,8',
          'layer_norm=naive,workgroup',
          ...PLAIN.filter((each) => !each.startsWith('layer_norm=')),
          QUICK,
        )
      : cell(
          'sweep',
          `model=${model}`,
          'prefill=48',
          'chunk=8,16,24,32,48',
          'matmul=naive,tiled',
          'wkv=sequential,chunked',
          QUICK,
        ),
  ),
  cell('generate', `model=${models[0]}`, 'tokens=8', ...(small ? PLAIN : []), '---', 'Once'),
];

/**
 * A cell of every kind that computes, or of the named ones.
 * @param {string} model
 * @param {boolean} small
 * @param {string[]} kinds
 */
export function everyKind(model, small, kinds) {
  const common = [`model=${model}`, ...(small ? PLAIN : [])];
  const [prompt, chunk] = small ? [8, 4] : [32, 16];
  const read = `prefill=${prompt}`;
  /** @type {Record<string, string[]>} */
  const all = {
    sweep: [...common, read, `chunk=${chunk},${prompt}`, 'decode=4', QUICK],
    compare: [...common, read, `chunk=${chunk}`, 'budget=1', '---', read, `chunk=${prompt}`],
    profile: [...common, read],
    generate: [...common, 'tokens=8', '---', 'Once'],
    evaluate: [...common, read, `evaluate=${prompt}`, QUICK],
    tune: [`model=${model}`, 'prefill=16', 'budget=2'],
  };
  // A search compiles dozens of variants, which takes software GPUs minutes.
  const standard = Object.keys(all).filter((kind) => !(small && kind === 'tune'));
  return (kinds.length ? kinds : standard).map((kind) => {
    if (!all[kind]) throw new Error(`--kinds: there is no "${kind}", only ${Object.keys(all)}`);
    return cell(kind, ...all[kind]);
  });
}

/**
 * A prompt of two tokens by each model in turn: hardly more than loading it and freeing the one before.
 * @param {string[]} models
 * @param {boolean} small
 */
export const loads = (models, small) =>
  models.map((model) => cell('sweep', `model=${model}`, 'prefill=2', ...(small ? PLAIN : []), QUICK));
