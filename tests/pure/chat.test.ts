// Conversations: the chat format, texts that end an answer, and penalties for repetition.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerText } from '../../src/lib/lab/text/answerText';
import { partsOf, turnsOf, turnText, withTurn } from '../../src/lib/lab/text/chat';
import { Repetition, sample } from '../../src/lib/lab/text/sampling';
import { readStops, StopFinder, stopsOf } from '../../src/lib/lab/text/stops';
import type { Tokenizer } from '../../src/lib/engine/tokenizer';
import { seeded } from '../../src/lib/shaders/kernel';

describe('the chat format', () => {
  test('is that of the G1 models', () => {
    expect(turnText('plain', 'Hello', true)).toBe('User: Hello\n\nAssistant:');
    expect(turnText('think', 'Why?', false)).toBe('\n\nUser: Why?\n\nAssistant: <think');
    expect(turnText('no_think', 'Why?', true)).toBe('User: Why?\n\nAssistant: <think>\n</think>');
    expect(turnText('plain', 'a\r\n\r\n \nb\nc', true)).toBe('User: a\nb\nc\n\nAssistant:');
  });

  test('makes of several turns what the models were trained on: one empty line between what two say, and none within', () => {
    // The form that BlinkDL/rwkv7-g1 and the chat template of the published files give, without and with thinking.
    const conversation = (chat: string, answers: string[]) =>
      ['Hi', 'One\n\ntwo', 'Bye']
        .map((turn, i) => turnText(chat, turn, i === 0) + (answers[i] ?? ''))
        .join('');
    expect(conversation('plain', [' Hello.', ' 2.'])).toBe(
      'User: Hi\n\nAssistant: Hello.\n\nUser: One\ntwo\n\nAssistant: 2.\n\nUser: Bye\n\nAssistant:',
    );
    expect(conversation('think', ['>\nHm.\n</think>\nHello.'])).toMatch(
      /^User: Hi\n\nAssistant: <think>\nHm\.\n<\/think>\nHello\.\n\nUser: One\ntwo\n\nAssistant: <think/,
    );
    expect(conversation('no_think', ['\nHello.'])).toMatch(
      /^User: Hi\n\nAssistant: <think>\n<\/think>\nHello\.\n\nUser: One\ntwo/,
    );
  });

  test('a turn that is added is read as one turn, whatever it says', () => {
    const turn = fc.array(fc.constantFrom('a', '---', ' --- ', '', '\n', 'User:'), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 4 }), (turns) => {
        const said = turns.map((lines) => lines.join('\n')).filter((text) => text.trim() !== '');
        const prompt = said.reduce(withTurn, '');
        if (said.length) expect(turnsOf({ chat: 'plain', prompt })).toHaveLength(said.length);
        else expect(() => turnsOf({ chat: 'plain', prompt })).toThrow(/needs a first turn/);
      }),
    );
    expect(turnsOf({ chat: 'off', prompt: 'a\n---\nb' })).toEqual(['a\n---\nb']);
  });

  test('an answer is taken apart into what was thought and what was said', () => {
    expect(partsOf(' <think' + '>\nHm.\n</think>\n\nYes.')).toEqual({ thought: 'Hm.', said: 'Yes.' });
    expect(partsOf(' <think>\n</think>' + ' Yes.')).toEqual({ thought: '', said: 'Yes.' });
    expect(partsOf(' <think' + '>\nHm')).toEqual({ thought: 'Hm', said: '' });
    expect(partsOf(' Yes <think>')).toEqual({ thought: '', said: 'Yes <think>' });
  });
});

describe('texts that end an answer', () => {
  test('are printed and read again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }), { maxLength: 8 }),
        (stops) => {
          const [text] = [stops.map((stop) => readStops('stop', [stop.replaceAll('\\', '\\\\')])).join(',')];
          expect(stopsOf(text)).toEqual(stops);
          expect(
            readStops(
              'stop',
              text.split(',').map((value) => value.trim()),
            ),
          ).toBe(text);
          expect(text).not.toMatch(/[\n&%]/);
        },
      ),
    );
    expect(() => readStops('stop', Array(9).fill('a'))).toThrow(/at most 8 texts; there are 9/);
    expect(() => readStops('stop', ['a'.repeat(101)])).toThrow(/at most 100 characters/);
  });

  test('are found in whatever pieces the text comes', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 4 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(stops, fc.array(letters, { maxLength: 12 }), (stops, pieces) => {
        const text = pieces.join('');
        // Letter by letter: the text ends as soon as it ends with one of them.
        const ends = [...text].map((_, at) => stops.filter((stop) => text.slice(0, at + 1).endsWith(stop)));
        const end = ends.findIndex((found) => found.length > 0);
        const longest = Math.max(0, ...(ends[end] ?? []).map(({ length }) => length));
        const finder = new StopFinder(stops);
        const shown = pieces.map((piece) => finder.push(piece)).join('') + finder.end();
        expect(finder.found).toBe(end >= 0);
        expect(shown).toBe(end >= 0 ? text.slice(0, end + 1 - longest) : text);
      }),
      { numRuns: 2000 },
    );
  });
});

test('penalties are taken once for a token, and for each time that it came, which fades', () => {
  const repetition = new Repetition({ presence: 1, frequency: 10, decay: 0.5 });
  for (const id of [2, 2, 0]) repetition.add(id);
  const logits = Float32Array.of(0, 0, 0);
  repetition.apply(logits);
  expect([...logits]).toEqual([-11, 0, -(1 + 10 * 0.75)]);
  expect(sample(logits, { temperature: 0, topP: 1, random: seeded(1) })).toBe(1);
});

test('whatever the temperature, a token is drawn that top-p allows: the likeliest when it is cold, any when it is hot', () => {
  const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 20,
  });
  const temperatures = fc.oneof(
    fc.constantFrom(0, Number.MIN_VALUE, 1e-300, 1e-6, 100, 1e300, Number.MAX_VALUE),
    fc.double({ min: 0, max: 100, noNaN: true }),
  );
  const shares = fc.oneof(
    fc.constantFrom(0, Number.MIN_VALUE, 1),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  const draws = fc.oneof(
    fc.constantFrom(0, 1 - 2 ** -53),
    fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true }),
  );
  fc.assert(
    fc.property(numbers, temperatures, shares, draws, (values, temperature, topP, drawn) => {
      const logits = Float32Array.from(values);
      const id = sample(logits, { temperature, topP, random: () => drawn });
      expect(id).toBeGreaterThanOrEqual(0);
      expect(id).toBeLessThan(logits.length);
      const below = logits[id] - Math.max(...logits);
      if (temperature <= 1e-300) expect(below).toBe(0);
      // Among tokens of equal probability any may be taken.
      else if (topP === 0) expect(Math.exp(below / temperature)).toBe(1);
    }),
    { numRuns: 2000 },
  );
  const hot = Array.from({ length: 300 }, (_, seed) =>
    sample(Float32Array.of(-50, 0, 50), { temperature: 1e300, topP: 1, random: seeded(seed) }),
  );
  for (const id of [0, 1, 2]) expect(hot.filter((each) => each === id).length).toBeGreaterThan(60);
});

describe('an answer whose beginning was shown before', () => {
  /** A vocabulary of single bytes. */
  const bytes = {
    stream() {
      const decoder = new TextDecoder();
      return {
        push: (id: number) => decoder.decode(Uint8Array.of(id), { stream: true }),
        end: () => decoder.decode(),
      };
    },
  } as Tokenizer;
  const tell = (text: string, shown: string, stop = '') => {
    const told: string[] = [];
    const answer = new AnswerText(bytes, { chat: 'off', stop }, (piece) => told.push(piece), shown);
    for (const id of new TextEncoder().encode(text)) if (!answer.ended) answer.push(id);
    answer.end();
    return { told: told.join(''), text: answer.text };
  };

  test('is told from there on, in whole characters and up to a text that ends it', () => {
    expect(tell('Zoë said', 'Zoë')).toEqual({ told: ' said', text: 'Zoë said' });
    expect(tell('Zoë said', '')).toEqual({ told: 'Zoë said', text: 'Zoë said' });
    expect(tell('Zo', 'Zoë')).toEqual({ told: '', text: 'Zo' }); // it was stopped early
    expect(tell('Zoë said', 'Zo', ' sa')).toEqual({ told: 'ë', text: 'Zoë' });
  });

  test('is refused when it begins with other words', () => {
    expect(() => tell('Zoë said', 'Zoe')).toThrow(/began with other words before the kernels were checked/);
  });
});
