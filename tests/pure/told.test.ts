// Messages of the lab in Chinese: each sentence is one that the sources say, and what users meet is told.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { numbersOf, readCell, runsOf, wordsOf } from '../../src/lib/lab/cells/cells';
import { REGISTRY } from '../../src/lib/lab/experiment/catalogue';
import { locateError } from '../../src/lib/lab/experiment/settings';
import { type CellKind, LAB_KINDS } from '../../src/lib/lab/notebook/notebook';
import { cheats } from '../../src/lib/lab/shader/cheats';
import { kernels, variants } from '../../src/lib/shaders';
import { teller } from '../../src/lib/ui/words/told';
import chinese from '../../src/lib/ui/words/zh/messages/index';
import { saidIn, thrownIn } from './messages';

const tell = teller(chinese);
const CHINESE = /\p{Script=Han}/u;
const ENGLISH = /([a-z']{2,} ){3}[a-z]{2,}/;
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

/** Files whose texts no page shows: the terminal's, titles of CSV columns, and what only a mistake in the lab can say. */
const NOT_SHOWN = [
  /lab\/experiment\/descriptors\.ts$/, // about settings: `settingAbout` of words/cells.ts
  /lab\/records\/(columns|llamaBench|table)\.ts$/,
  /lab\/shader\/cheats\/cheat\.ts$/,
  /lab\/shader\/demoAnswer\.ts$/,
  /lab\/statistics\//,
  /lab\/tune\/found\.ts$/,
  /engine\/(compareArrays|rwkv7)\.ts$/,
  /ui\/parts\/workers\.ts$/,
];

/** Texts that are said only within others, are labels of buffers, or are faults of the lab. */
const WITHIN = new Set([
  ' The next run opens the GPU again.',
  'v7, or close what else uses the GPU.',
  ' (nor are v7 others)',
  'choose variants without a layout of their own, ',
  'lower steps_per_submit, if one submit takes the GPU seconds, ',
  'v7 of weights of v7',
  'v7 of the same in layouts that variants keep',
  'v7 of state and activations',
  'v7 was timed, but its answer to another prompt of v7 tokens is wrong',
  'v7: error chunk has no value against the exact kernels, allowed v7',
  'v7 was timed, but what a timed sample left is wrong',
  'v7 was timed, but sequence v7 of v7, decoded beside others, is wrong',
  'v7, sequence v7 of v7,',
  ' when it runs again',
  ' after it was timed',
  'v7 TFLOPS, peak v7',
  'v7 GB/s, peak v7',
  'v7, decoding v7 tokens,',
  'the run, decoding v7 tokens,',
  'are of a CPU that emulates a GPU: they are listed, and never compared',
  'are from before version 0.2 of the lab, which recorded no checks',
  'are of llama-bench, which checks no answers',
  'llama-bench, v7',
  ', and there is room for v7',
  '; the browser or system took no more, although it says that v7 are free',
  '; these could be deleted: v7',
  'v7: no byte came',
  ' (a model that needs an account: the terminal reads its token from HF_TOKEN)',
  'v7, but its name does not end with v7: the other parts cannot be found',
  'v7; open it together with v7',
  'threads a workgroup',
  'bytes of workgroup memory',
  'needs v7 v7; this GPU allows v7',
  'goes on after its end: "v7"',
  'divides by zero or is too large',
  'has too many brackets within one another',
  'cannot be read from "v7" on',
  'lacks a closing bracket',
  'has "v7", which is no whole number',
  // Settings, names of links and buffers
  'tokens=100\ntemperature=0\n---\nIt is a truth universally acknowledged',
  'not through chats',
  'as a file',
  'rwkv-lab model v7',
  'a copy of the state',
  'logits of many tokens',
  'logits of sequences',
  'v7 of a chunk of v7',
  'weights on their way',
  '//! Left to v7\n',
  // Faults of the lab
  'The self-test loads no model',
  'An error scope was ended that had not begun',
  'src/lib/shaders/v7 has variants but no reference.ts',
  'No language is loaded yet: pages come after the layout, which waits for one',
  'These words are not loaded yet: what shows them waits for `learnMore`',
  'These runs do not differ in exactly two knobs',
  'Only sweeps say how they are drawn',
  'v7 has no reference.ts; there are: v7',
]);

/** The texts about settings that only one kind of cell has: the page has others, `settingAbout` of words/cells.ts. */
const ABOUT_SETTINGS = new Set(
  LAB_KINDS.flatMap((kind) => Object.values({ ...numbersOf(kind), ...wordsOf(kind) })).map(
    ({ about }) => about,
  ),
);

test('whatever the lab says in English is told in Chinese', { timeout: 60_000 }, () => {
  const said = saidIn(['lab', 'models', 'engine', 'shaders'].map((folder) => `src/lib/${folder}`));
  expect(said.length).toBeGreaterThan(300);
  const untold = [...said, ...thrownIn('src/lib/ui')]
    .filter(({ at }) => !NOT_SHOWN.some((file) => file.test(at.replace(/:\d+$/, ''))))
    .flatMap(({ at, examples }) => examples.map((example) => ({ at, example })))
    .filter(
      ({ example }) => !WITHIN.has(example) && !ABOUT_SETTINGS.has(example) && !CHINESE.test(tell(example)),
    );
  expect(untold).toEqual([]);
});

test('what kernels compute, how variants do it and how shaders cheat is told in Chinese', () => {
  const abouts = [...Object.values(kernels), ...variants, ...cheats].map(({ about }) => about);
  expect(abouts.map(tell).filter((about) => !CHINESE.test(about) || ENGLISH.test(about))).toEqual([]);
});

test('each English sentence is still one of the sources, and the Chinese has the same values', () => {
  const source = ['lab', 'models', 'engine', 'shaders', 'ui']
    .flatMap((folder) =>
      readdirSync(`src/lib/${folder}`, { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|wgsl|svelte)$/.test(file) && !/words\/zh/.test(file))
        .map((file) => readFileSync(`src/lib/${folder}/${file}`, 'utf8')),
    )
    .join('\n')
    .replace(/['`]\s*\+\s*['`]/g, '') // texts over several lines
    .replaceAll("\\'", "'");
  const lost: string[] = [];
  for (const [english, other] of chinese) {
    expect(names(other), english).toEqual(names(english));
    // A sentence has alternatives where its source has them as pieces.
    for (const clause of english.split(
      /\{\w+\}|[.,;:()"\\]| more\b|(?:whole )?number| here\b| runs\b|\band\b|\bfor\b/,
    ))
      if (!source.includes(clause.trim()) && !source.includes(uncapitalised(clause.trim())))
        lost.push(`${english}: ${clause}`);
  }
  expect(lost).toEqual([]);
});

const uncapitalised = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** The message with which a cell's text is refused. */
function refusal(kind: CellKind, text: string): string {
  try {
    runsOf(readCell(kind, text), REGISTRY);
  } catch (error) {
    return locateError(text, (error as Error).message);
  }
  throw new Error(`${text} is not refused`);
}

const REFUSED: [CellKind, string][] = [
  ['sweep', 'chunk=0'],
  ['sweep', 'prefill=many'],
  ['sweep', 'evaluate=yes'],
  ['sweep', 'chunk=1\nchunk=2'],
  ['evaluate', 'evaluate=0'],
  ['sweep', 'chunk='],
  ['sweep', 'nonsense'],
  ['sweep', 'colour=red'],
  ['sweep', 'model=synthetic-9b'],
  ['sweep', 'matmul_q4_k=none'],
  ['sweep', 'matmul_q4_k=tiled\nmatmul_q4_k.spare=1'],
  ['sweep', 'matmul_q4_k=tiled\nmatmul_q4_k.tile_k=5'],
  ['sweep', 'x=target'],
  ['compare', 'chunk=64'],
  ['compare', 'chunk=16,32\nprefill=64,128'],
  ['tune', 'budget=0'],
  ['roofline', 'chunk=64'],
  ['generate', 'temperature=1000'],
];

test.each(REFUSED)('a %s cell with %j is refused in Chinese', (kind, text) => {
  const english = refusal(kind, text);
  const told = tell(english);
  expect(told, english).toMatch(/[\u4e00-\u9fff]/);
  expect(told, english).not.toMatch(/ (is|has|must|the|of) /);
});

test('what is not known stays, whatever it is, and what stands within a message is told too', () => {
  expect(tell('Error: 42')).toBe('Error: 42');
  expect(tell('')).toBe('');
  expect(tell('holiday.gguf: metadata key a.b is missing')).toBe('holiday.gguf：缺少元数据键 a.b');
  expect(tell('chunk has no value.')).toBe('chunk 没有值。');
  expect(tell(`${'a: '.repeat(600)}chunk has no value`)).toContain('a: a: ');
  expect(tell(`"${'x'.repeat(1e6)}" is not a setting; write key=value`)).toContain('is not a setting');
});
