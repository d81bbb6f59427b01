// Messages of the lab in Chinese: each sentence is one that the sources say, and what users meet is told.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCell, runsOf } from '../../src/lib/lab/cells/cells';
import { REGISTRY } from '../../src/lib/lab/experiment/catalogue';
import { locateError } from '../../src/lib/lab/experiment/settings';
import type { CellKind } from '../../src/lib/lab/notebook/notebook';
import { teller } from '../../src/lib/ui/words/told';
import chinese from '../../src/lib/ui/words/zh/messages';

const tell = teller(chinese);
const parts = (text: string) => text.split(/\{\w+\}/);
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('each English sentence is one of the sources, and the Chinese has the same values', () => {
  const source = ['lab', 'models', 'engine', 'shaders']
    .flatMap((folder) =>
      readdirSync(`src/lib/${folder}`, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(`src/lib/${folder}/${file}`, 'utf8')),
    )
    .join('\n')
    .replace(/['`]\s*\+\s*['`]/g, '') // texts over several lines
    .replaceAll("\\'", "'");
  const lost: string[] = [];
  for (const [english, other] of chinese) {
    expect(names(other), english).toEqual(names(english));
    // Where a sentence has alternatives, the source has them as pieces.
    for (const piece of parts(english).flatMap((part) => part.split(/(?:whole )?number|; | here|: error /)))
      if (!source.includes(piece)) lost.push(`${english}: ${piece}`);
  }
  expect(lost).toEqual([]);
});

/** What a cell's text is refused with. */
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
