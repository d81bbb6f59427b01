// Targets of fuzzing: each makes an input from a seed and gives it to the code that reads such inputs from strangers.
import { readFileSync } from 'node:fs';
import { memorySource } from '../../src/lib/engine/bytes';
import { openGguf, readNumbers } from '../../src/lib/engine/gguf';
import { requireFinite } from '../../src/lib/engine/finite';
import { readCell } from '../../src/lib/lab/cells/cells';
import { expand } from '../../src/lib/lab/experiment/expand';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { messageOf } from '../../src/lib/lab/message';
import { parseNotebook, printNotebook } from '../../src/lib/lab/notebook/notebook';
import { linkOf, readAddress, sharedText } from '../../src/lib/lab/notebook/share';
import { readRuns } from '../../src/lib/lab/records/import';
import { dequantise, formats, repack } from '../../src/lib/shaders/formats/formats';
import { knobEnds, readVariants, variants } from '../../src/lib/shaders';
import { codeOf, workgroupNeeds } from '../../src/lib/shaders/variant';
import { damagedCopy, readNotebook, readRun } from '../../src/lib/ui/notebook/stored';
import { cellsOf } from '../../src/lib/ui/notebook/cellList';

/** Whole numbers below a bound, in an order that a seed fixes (mulberry32). */
type Random = (below: number) => number;

function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export interface Target {
  name: string;
  /** Resolves when the input was read, rejects when it was refused with a message. Throws `Wrong` if what came out is wrong. */
  attempt(random: Random): unknown;
}

/** A result that must not be: something was accepted, lost or invented. */
class Wrong extends Error {}

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const oneOf = <T>(random: Random, list: readonly T[]): T => list[random(list.length)];

const TINY = new Uint8Array(file('tests/fixtures/tiny-q4km.gguf'));
const CSV = file('static/results/prefill-decode-chromium-h100.csv').toString();
const LINES = CSV.split('\n').slice(0, 5).join('\n');
const JSONS = [
  '[{"n_prompt":512,"n_gen":0,"avg_ns":1000000,"samples_ns":[1000000],"model_type":"a"}]',
  '[]',
  '{}',
];
const NOTEBOOKS = ['start', 'phase-2', 'road-to-700'].map((name) =>
  file(`src/notebooks/${name}.md`).toString(),
);
const SHADERS = variants.filter(({ kernel }) => !kernel.startsWith('matmul_') || kernel === 'matmul_q4_k');
const LINK_PARTS = [
  '#n=1.',
  '#n=',
  '?prefill=',
  '&chunk=',
  'zZRB',
  '%',
  '%00',
  '__proto__',
  'embed=2',
  '#',
  '=',
  '&',
];

/** Pieces that readers trip over, for every kind of text. */
const PIECES = [
  ...[
    '',
    '\n',
    '\r\n',
    '\u2028',
    '\u0000',
    '\u202e',
    '\ud800',
    '\uFEFF',
    '"',
    "'",
    '`',
    '```\n',
    '~~~',
    '<!--',
    '-->',
    '<pre>',
  ],
  ...[
    '-1',
    '0',
    '1e309',
    'NaN',
    'Infinity',
    '99999999999999999999',
    '1.5',
    '0x10',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...[
    'prefill=',
    'chunk=',
    '=',
    '&',
    ',',
    '..',
    '*',
    'matmul_q4_k=',
    'tiled',
    'model=',
    'demo',
    '//! grid: ',
    '//! pass a: ',
  ],
  ...[
    'const x = ',
    '// knob: 1 2',
    '@group(0) @binding(0)',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '/*',
    '*/',
    'array<',
    '```lab sweep\n',
  ],
];

/** A text with up to six changes: pieces put in, parts left out, doubled, exchanged. */
function mutated(random: Random, text: string): string {
  let result = text;
  for (let changes = 1 + random(6); changes > 0; changes--) {
    const from = random(result.length + 1);
    const to = Math.min(result.length, from + random(oneOf(random, [2, 20, 400])));
    const [before, part, after] = [result.slice(0, from), result.slice(from, to), result.slice(to)];
    const put = oneOf(random, [
      () => oneOf(random, PIECES),
      () => '',
      () => part + part,
      () => [...part].reverse().join(''),
      () => part + oneOf(random, PIECES).repeat(1 + random(40)),
      () => String.fromCharCode(random(0x10000)) + part.slice(1),
    ])();
    result = before + put + after;
  }
  return result;
}

/** The file with bytes changed between two places, and sometimes cut. */
function mutatedBytes(random: Random, from: number, to: number): Uint8Array<ArrayBuffer> {
  const bytes = TINY.slice();
  for (let changes = 1 + random(8); changes > 0; changes--) {
    const at = from + random(to - from);
    const value = oneOf(random, [
      () => random(256),
      () => 0,
      () => 255,
      () => bytes[at] ^ (1 << random(8)),
    ])();
    bytes.fill(value, at, at + oneOf(random, [1, 1, 2, 4, 8]));
  }
  return random(8) === 0 ? bytes.slice(0, random(bytes.length)) : bytes;
}

const HEADER_BYTES = 24_000;

async function readModel(bytes: Uint8Array<ArrayBuffer>) {
  const model = await openGguf(memorySource(bytes, 'fuzzed.gguf'));
  for (const name of [...model.tensors.keys()].slice(0, 8)) await readNumbers(model, name);
  return model;
}

/** Weights are changed; those that are no finite number must be found by the check with which they are loaded. */
async function weigh(random: Random) {
  const { tensors } = await (intact ??= openGguf(memorySource(TINY, 'tiny.gguf')));
  const [name, { format, offset, byteLength }] = oneOf(random, [...tensors]);
  const bytes = TINY.slice(offset, offset + byteLength);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length);
    bytes.fill(oneOf(random, [0x7c, 0x7f, 0xff, random(256)]), at, at + 1 + random(4));
  }
  const numbers = dequantise(formats[format], repack(formats[format], bytes));
  const finite = numbers.every(Number.isFinite);
  try {
    requireFinite(name, formats[format], bytes);
  } catch (error) {
    if (finite) throw new Wrong(`${format}: finite weights were refused`);
    throw error;
  }
  if (!finite) throw new Wrong(`${format}: weights that are no finite numbers were accepted`);
}
let intact: ReturnType<typeof openGguf> | undefined;

/** The printed notebook is read back as the same cells, in print and in a link's text. */
async function readBack(text: string) {
  const cells = parseNotebook(text);
  const printed = printNotebook(cells);
  if (JSON.stringify(parseNotebook(printed)) !== JSON.stringify(cells))
    throw new Wrong('The printed notebook has other cells');
  await sharedText(cells, 'shaders');
  for (const { kind, body } of cells) {
    try {
      if (kind !== 'prose' && kind !== 'csv' && kind !== 'wgsl') readCell(kind, body);
    } catch (error) {
      requireMessage(error);
    }
  }
}

function readShader(text: string) {
  for (const variant of readVariants('wkv', 'mine', text)) {
    codeOf(variant);
    workgroupNeeds(variant);
    knobEnds(variant);
  }
}

/** A stored value with parts replaced by anything. */
function damaged(random: Random, value: unknown, depth = 0): unknown {
  if (random(depth === 0 ? 50 : 12) === 0)
    return oneOf(random, [
      null,
      undefined,
      7,
      NaN,
      'x',
      [],
      {},
      [[]],
      -1n,
      new Date(0),
      new Map([[1, 2]]),
      '__proto__',
    ]);
  if (typeof value === 'string' && random(10) === 0) return mutated(random, value.slice(0, 2000));
  if (Array.isArray(value)) return value.map((part) => damaged(random, part, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, damaged(random, part, depth + 1)]),
  );
}

function readStored(random: Random) {
  const [record] = readRuns(CSV).records;
  const cells = cellsOf(NOTEBOOKS[0]);
  const outcome = {
    state: 'done',
    ran: 'x',
    planned: 1,
    previous: [record],
    startedAt: '',
    events: [{ type: 'record', record }],
  };
  const whole = {
    id: 'a',
    name: '',
    title: 'T',
    cells,
    outcomes: { [cells[0].id]: outcome },
    address: '',
    changedAt: '',
  };
  const stored = damaged(random, whole);
  readRun(damaged(random, { id: 'r', kind: 'sweep', body: 'x', outcome, finishedAt: '', label: '' }));
  const read = readNotebook(stored);
  if (!read) throw new Error('Nothing of it can be opened');
  damagedCopy(stored, read);
}

export const TARGETS: readonly Target[] = [
  { name: 'GGUF headers', attempt: (random) => readModel(mutatedBytes(random, 0, HEADER_BYTES)) },
  { name: 'GGUF weights', attempt: weigh },
  { name: 'notebooks', attempt: (random) => readBack(mutated(random, oneOf(random, NOTEBOOKS))) },
  {
    name: 'settings',
    attempt: (random) =>
      expand(
        parseExperiment(
          mutated(
            random,
            oneOf(random, ['prefill=64,128', 'model=demo&chunk=16..256*2', 'matmul_q4_k=tiled']),
          ),
        ),
      ),
  },
  {
    name: 'links',
    async attempt(random) {
      const whole = await linkOf(parseNotebook(mutated(random, NOTEBOOKS[0].slice(0, 1500))), 'results');
      const pieces = Array.from({ length: random(4) }, () => oneOf(random, LINK_PARTS)).join('');
      const hash = random(3) === 0 ? mutated(random, `#${pieces}`) : mutated(random, whole);
      const address = await readAddress(mutated(random, `?${pieces}`), hash);
      if (address.kind === 'broken') throw new Error(address.reason);
    },
  },
  { name: 'CSV', attempt: (random) => readRuns(mutated(random, LINES)) },
  { name: 'JSON', attempt: (random) => readRuns(mutated(random, oneOf(random, JSONS))) },
  { name: 'shaders', attempt: (random) => readShader(mutated(random, oneOf(random, SHADERS).text)) },
  { name: 'stored notebooks', attempt: readStored },
];

/** Messages of the machine, where a person should read what is wrong with the input. */
const NO_MESSAGE =
  /undefined|\[object|is not a function|is not iterable|Cannot (read|convert)|out of (bounds|range)|Maximum call stack|DataView|Invalid (array|typed)|\bNaN\b tokens/;
const CONTROLS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const LONGEST_MESSAGE = 4000;

/** Throws `Wrong` unless an error tells a person, in plain characters, what is wrong. */
function requireMessage(error: unknown) {
  if (error instanceof Wrong) throw error;
  const said = messageOf(error);
  if (!(error instanceof Error) || said === '') throw new Wrong(`It threw ${String(error)}`);
  if (/^(TypeError|RangeError|ReferenceError)$/.test(error.name) && !(error.cause instanceof Error))
    throw new Wrong(`${error.name}: ${said}\n${error.stack}`);
  if (NO_MESSAGE.test(said) || said.length > LONGEST_MESSAGE || CONTROLS.test(said.replaceAll('\t', ' ')))
    throw new Wrong(`No message for a person: ${said.slice(0, 300)}`);
}

/** True if the input was read, false if it was refused with a message. Throws `Wrong` for anything else. */
export async function tryOne({ attempt }: Target, seed: number): Promise<boolean> {
  try {
    await attempt(randomFrom(seed));
    return true;
  } catch (error) {
    requireMessage(error);
    return false;
  }
}
