/** docs/cheats.md lists every cheat and what catches it. Write it anew with `npx vitest run --project pure cheats -u`. */
import { expect, test } from 'vitest';
import { cheatFiles } from '../cheats';
import type { Cheat } from '../../src/lib/lab/shader/cheats/cheat';

const files = cheatFiles();

test('there are many of each, and every kernel of a model has one', () => {
  expect(files.filter(({ caught }) => caught).length).toBeGreaterThan(40);
  expect(files.filter(({ caught }) => !caught).length).toBeGreaterThanOrEqual(10);
  const kernels = new Set(files.filter(({ caught }) => caught).map(({ kernel }) => kernel));
  expect([...kernels].sort()).toEqual([
    ...[
      'advance',
      'argmax',
      'channel_mix_start_q4_k',
      'embed_q4_k',
      'layer_norm',
      'lora_matmul',
      'lora_matvec',
      'lora_matvecs',
      'matmul_f32',
      'matmul_q4_k',
    ],
    ...['matvec_q4_k', 'matvecs_q4_k', 'softmax', 'time_mix_start_q4_k', 'token_shift', 'token_shifts'],
    ...['wkv', 'wkv_inputs', 'wkv_token', 'wkv_tokens'],
  ]);
});

test('docs/cheats.md is up to date', async () => {
  const rows = files.map(({ name, about, kernel, caught, inModel }: Cheat) => [
    name,
    kernel,
    about,
    caught ? `\`${caught}\`${inModel ? ', in a whole model' : ''}` : 'passes',
  ]);
  const table = (which: (row: string[]) => boolean) =>
    tableOf([['shader', 'kernel', 'what it does', 'caught by'], ...rows.filter(which)]);
  await expect(
    [
      HEAD,
      table(([, , , caught]) => caught !== 'passes'),
      '\n## Odd but honest\n\nThese pass.\n',
      table(([, , , caught]) => caught === 'passes'),
      TAIL,
    ].join('\n'),
  ).toMatchFileSnapshot('../../docs/cheats.md');
});

/** A Markdown table with aligned columns, as Prettier writes it. */
function tableOf([head, ...rows]: string[][]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const HEAD = `# Cheats

Shaders that try to get a speed for work that they do not do: \`tests/cheats\` and \`src/lib/lab/shader/cheats\`, of which
the self-test page tries the latter on the visitor's GPU. tests/gpu/cheats.test.ts puts each through what stands between a
text and a speed, and asserts by name what catches it. This page is written by tests/pure/cheats.test.ts.

- \`bindings\`: what the text declares. Read-write only outputs and scratch; load passes only the matrix's own layout.
- \`passes\`: no workgroups where there is work.
- \`cases\`: the kernel's own cases, against the reference in TypeScript, on random data.
- \`shapes\`: every shape of the model that will run, against the kernel's plain variant.
- \`again\`: the second run of the same pipelines, buffers and matrices on other data, with outputs bound to the last word.
- \`nan\`: not-a-number or infinity, found by its bits.
- \`guards\`, \`inputs\`: the words around every array, which hold a known value, and every input, digested before and after.
- \`inexact\`: a stated error above 1e-3. It gets a speed, but no verdict and no tuned setting.
- \`answer\`: what it computes after it was timed, on new data, of which then one half changes and then the other; in a whole
  model, on a prompt not seen before, and in timed samples, with all their prompts and the last token that they decoded: one chosen by
  chance, and of up to 15 others as many as half a second allows. The first look of a live cell compares that one sample alone.
- \`impossible\`: a time below 0.95 of what this GPU's measured peaks allow.
`;

const TAIL = `
## What could still fool it

- A kernel whose only simple variant is the default one (\`plain\` in its reference.ts) is compared with that variant at
  the model's shapes. An error of this variant that shows at no case of the kernel is not seen.
- A shader that counts its runs in its outputs and cheats in a part of the samples is caught as likely as one of those is looked at. Where
  a sample takes milliseconds, all ten of a sweep are looked at, and 16 of those of a comparison: one that cheats in a tenth of the samples
  is caught in each sweep and in four of five comparisons. Of samples that take half a second, one or two are looked at. But a speed is the median of the
  samples and a block the low median of at least two: a cheat in a tenth of them moves neither, and one in half of
  them is caught in three runs of four where two are looked at. (Scratch is filled with not-a-number before each sample, so that
  nothing can be counted there from one to the next.)
- Of the prompts within a sample, only the last one's token is compared with the largest logit; the tokens of the others are taken as they
  were read.
- A result that is right but not computed again, because all inputs are known to be the same, is work saved. Prompts differ
  from sample to sample, so that this is of no use in a run. In a microbenchmark up to 7 copies of the inputs meet up to 256 of the
  matrix: a shader that reads all of its inputs and keeps as many results as there are pairs would be faster than it is.
- A product of one token that says (\`//! reads:\`) that it leaves out what is multiplied by zero is not held to the peaks, because the work of the others is not
  known. Its results are checked like all others.
- The shapes are checked on random data, even or normal. A shader that tells a model's data from these is left with \`answer\`, which
  tolerates an error of 1e-6, or of 5e-3 beside shipped kernels that round: so much it can save unseen.
- A search for the largest logit that leaves out a sixteenth of the vocabulary meets it in about every second check.
- Work that is no arithmetic (\`embed\`, \`argmax\`, norms) and matrices that fit in a cache have no bound of time.
- A stated error allows that much error everywhere: 100 times as much in a 1024th of an array.
- Guards behind an array hold 64 KiB. A write farther off is seen only where the GPU clamps it to the binding.
- Out-of-range indices that a driver discards or clamps may differ from GPU to GPU; the checks run on the one that is timed.
`;
