// The tokenizer: llama.cpp's ids for the demo model's vocabulary, Python's escapes, and text in pieces.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer, unescapeToken } from '../../src/lib/engine/tokenizer';
import { DEMO, openModel, readJson, type Golden } from '../oracle';

const utf8 = new TextEncoder();

/** A vocabulary as in GGUF: id 0 is <s>, ids 1 to 256 are the single bytes, then `more`, then padding. */
function vocabulary(more: string[]): Tokenizer {
  const single = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  const bytes = [utf8.encode('<s>'), ...single, ...more.map(unescapeToken), utf8.encode('[PAD0]')];
  const types = bytes.map((_, id) => (id === 0 ? 3 : id === bytes.length - 1 ? 5 : 1));
  return new Tokenizer({ bytes, types });
}

describe('the demo model', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = new Tokenizer((await openModel(DEMO)).tokens);
  });

  it('turns every golden prompt into the ids of llama.cpp, and back', () => {
    for (const { text, ids } of readJson<Golden>('tests/fixtures/golden.json').prompts) {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  it('turns the golden continuations into text', () => {
    for (const results of Object.values(readJson<Golden>('tests/fixtures/golden.json').results)) {
      for (const { greedy, greedy_text } of results) expect(tokenizer.decode(greedy)).toBe(greedy_text);
    }
  });

  it('gives back any text and any bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const wellFormed = new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8.encode(text));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(wellFormed);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const back = tokenizer.encodeBytes(bytes).flatMap((id) => [...tokenizer.bytesOf(id)]);
        expect(back).toEqual([...bytes]);
      }),
    );
  });

  it('never makes control tokens of text, and shows none', () => {
    expect(tokenizer.encode('<s>')).not.toContain(0);
    expect(tokenizer.decode([0, ...tokenizer.encode('Emma'), 0])).toBe('Emma');
  });

  it('names an id out of range', () => {
    for (const id of [-1, 4096, 0.5, NaN])
      expect(() => tokenizer.decode([id])).toThrow('ids go from 0 to 4095');
  });
});

describe('the spelling of tokens', () => {
  it('knows every escape of Python', () => {
    const spelt: [string, string | number[]][] = [
      ['plain', 'plain'],
      ['\\t\\n\\r', '\t\n\r'],
      ['\\\\', '\\'],
      ["it\\'s", "it's"],
      ['\\"', '"'],
      ['\\\\x41\\\\n', '\\x41\\n'],
      ['\\x00\\x7f\\xff\\xC3', [0, 0x7f, 0xff, 0xc3]],
      ['\\xe6\\x97\\xa5a\\x20', '日a '],
      ['日本', '日本'],
      ['\\日\\🙂', '日🙂'],
      ['', ''],
      ['[PAD7]', '[PAD7]'],
    ];
    for (const [spelling, meant] of spelt) {
      const bytes = typeof meant === 'string' ? utf8.encode(meant) : Uint8Array.from(meant);
      expect(unescapeToken(spelling), spelling).toEqual(bytes);
    }
  });

  it('is the inverse of repr for any bytes', () => {
    const special: Record<number, string> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\', 39: "\\'" };
    const repr = (bytes: Uint8Array) =>
      Array.from(bytes, (byte) => {
        if (byte in special) return special[byte];
        if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
        return `\\x${byte.toString(16).padStart(2, '0')}`;
      }).join('');
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(unescapeToken(repr(bytes))).toEqual(bytes);
      }),
    );
  });

  it('complains of an escape that is cut short', () => {
    for (const spelling of ['a\\', '\\x', '\\x4', '\\xg0', '\\x-1']) {
      expect(() => unescapeToken(spelling), spelling).toThrow(/backslash|hexadecimal/);
    }
  });
});

describe('a vocabulary of the World kind', () => {
  const tokenizer = vocabulary([
    '\\n\\n',
    'a',
    'ab',
    'abcd',
    'bcd',
    '\\xe6\\x97',
    '\\xe6\\x97\\xa5',
    '\\t\\t\\t',
  ]);

  it('takes the longest match, byte by byte, and goes back to the last one that was a token', () => {
    const [newlines, , ab, abcd, bcd, half, sun, tabs] = [257, 258, 259, 260, 261, 262, 263, 264];
    const byte = (character: string) => character.charCodeAt(0) + 1;
    expect(tokenizer.encode('abcd')).toEqual([abcd]);
    expect(tokenizer.encode('abcab')).toEqual([ab, byte('c'), ab]);
    expect(tokenizer.encode('xbcd\n\n\n')).toEqual([byte('x'), bcd, newlines, byte('\n')]);
    expect(tokenizer.encode('日')).toEqual([sun]);
    expect(tokenizer.encode('旦')).toEqual([half, 0xa6 + 1]);
    expect(tokenizer.encode('\t\t\t\t')).toEqual([tabs, byte('\t')]);
    expect(tokenizer.encode('')).toEqual([]);
  });

  it('takes the lower id of two tokens with the same bytes', () => {
    expect(tokenizer.encode('a')).toEqual([98]);
  });

  it('leaves names of control and unused tokens as text', () => {
    const ids = tokenizer.encode('<s>[PAD0]');
    expect(ids).toHaveLength(9);
    expect(tokenizer.decode(ids)).toBe('<s>[PAD0]');
  });

  it('holds back half a character until the rest has come', () => {
    const text = tokenizer.stream();
    expect([text.push(262), text.push(0xa6 + 1), text.push(0xf0 + 1), text.push(98), text.end()]).toEqual([
      '',
      '旦',
      '',
      '\ufffda',
      '',
    ]);
    expect(text.push(262) + text.end()).toBe('\ufffd');
    expect(tokenizer.decode(tokenizer.encode('\ufeffx'))).toBe('\ufeffx');
  });

  it('streams any bytes to the same text as at once', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const ids = tokenizer.encodeBytes(bytes);
        const text = tokenizer.stream();
        const pieces = ids.map((id) => text.push(id)).join('') + text.end();
        expect(pieces).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
        expect(tokenizer.decode(ids)).toBe(pieces);
      }),
    );
  });

  it('says which byte no token begins with', () => {
    const poor = new Tokenizer({ bytes: [utf8.encode('a')], types: [1] });
    expect(() => poor.encode('aab')).toThrow('byte 98, number 2');
  });

  it('takes 65536 tokens', () => {
    const more = Array.from({ length: 65536 - 258 }, (_, i) => `w${i.toString(26)}`);
    const large = vocabulary(more);
    const text = more.slice(0, 50_000).join(' ');
    expect(large.decode(large.encode(text))).toBe(text);
  });
});
