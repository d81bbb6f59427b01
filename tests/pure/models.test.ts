// Models by name: the catalogue, and what each text asks for.
import { describe, expect, it } from 'vitest';
import { arrange } from '../../src/lib/engine/arrangement';
import { readSynthetic, SYNTHETIC, syntheticFormat } from '../../src/lib/engine/geometries';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import type { MeasuredRoom } from '../../src/lib/engine/room';
import { aboutBytes, CATALOGUE, publishedNamed, REFERENCE } from '../../src/lib/models/catalogue';
import { factsIn, hubListAddress } from '../../src/lib/models/hubs';
import { hubText, readHubFile } from '../../src/lib/models/names';
import { keyOf, requestOf } from '../../src/lib/models/request';
import { fitOf } from '../../src/lib/models/fit';
import { isFileName } from '../../src/lib/models/storage';
import { CHUNK, needed, verdictOf } from '../../src/lib/models/verdict';
import { formats } from '../../src/lib/shaders/formats/formats';
import { gpuBytes } from '../../src/lib/ui/session/models';
import { modelOf, writeHeader } from '../small-gguf';

describe('the catalogue', () => {
  it('has every size from 0.1B to 13.3B, names that can be written in settings, and hashes of the right form', () => {
    const sizes = new Set(CATALOGUE.map(({ name }) => /-([\d.]+b)/.exec(name)![1]));
    expect([...sizes]).toEqual(['0.1b', '0.4b', '1.5b', '2.9b', '7.2b', '13.3b']);
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
    const hashes = CATALOGUE.flatMap(({ sha256 }) => sha256 ?? []);
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const { name, file, geometry, bytes, sha256, sources } of CATALOGUE) {
      expect(name).toMatch(/^rwkv7-g\d\w*-[\d.]+b(-lonely-neko)?-q\d(_k_m|_k|_0)$/);
      expect(parseExperiment(`model=${name}`).model).toEqual([name]);
      expect(isFileName(file)).toBe(true);
      expect(geometry.vocabulary).toBe(65536);
      for (const source of sources) expect(readHubFile(hubText(source))).toEqual(source);
      if (name === 'rwkv7-g1b-2.9b-q4_k_m') continue; // asked of the hub
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(2e8);
    }
  });

  /** All weights of a geometry in the types that an f16 file gets when it is quantised, without the header. */
  function tensorBytes(name: string) {
    const { geometry } = publishedNamed(name)!;
    const wanted = /q8_0|q6_k|q5_k/.exec(name)![0];
    const gguf = modelOf(geometry, (tensor) => {
      if (/time_mix_[avg][12]\.weight$/.test(tensor)) return 'f16';
      if (tensor === 'output.weight') return wanted === 'q5_k' ? 'q6_k' : wanted;
      return /^token_embd\.weight$|(receptance|key|value|output)\.weight$/.test(tensor) ? wanted : 'f32';
    });
    // Layer 0's placeholders are copies of a0, a1 and a2.
    const place = (part: number) =>
      gguf.tensors.find((each) => each.name === `blk.0.time_mix_a${part}.weight`)!;
    gguf.tensors.push(
      ...[0, 1, 2].map((part) => ({ ...place(part), name: `blk.0.time_mix_v${part}.weight` })),
    );
    return writeHeader(gguf).dataBytes;
  }

  it('has geometries that give the sizes of the files to the byte: what remains is a header that grows with the layers only', () => {
    // Files made at other times have other texts in their headers; these were made alike.
    const alike = [
      'g1d-0.1b-q8_0',
      'g1d-0.4b-q8_0',
      'g1b-1.5b-q8_0',
      'g1d-2.9b-q8_0',
      'g1c-7.2b-q5_k_m',
      'g1c-13.3b-q5_k_m',
    ];
    const headers = alike.map((name) => {
      const { bytes, geometry } = publishedNamed(`rwkv7-${name}`)!;
      return { layers: geometry.layers, header: bytes! - tensorBytes(`rwkv7-${name}`) };
    });
    for (const { header } of headers) {
      expect(header).toBeGreaterThan(1_380_000);
      expect(header).toBeLessThan(1_500_000);
    }
    const [of12, of24] = [headers[0], headers[1]];
    const perLayer = (of24.header - of12.header) / 12;
    for (const { layers, header } of headers)
      expect(Math.abs(header - of12.header - perLayer * (layers - 12))).toBeLessThan(64 * layers);
  });

  it('estimates what it does not know', () => {
    for (const entry of CATALOGUE)
      if (entry.bytes)
        expect(aboutBytes({ ...entry, bytes: undefined }) / entry.bytes).toBeCloseTo(
          1,
          entry.bytes > 1e9 ? 0 : 1,
        );
    expect(aboutBytes(publishedNamed('rwkv7-g1b-2.9b')!) / 1e9).toBeCloseTo(1.876, 2);
    expect(Object.keys(formats)).toContain('q4_k');
  });
});

describe('texts of models', () => {
  it('mean the same bytes everywhere', async () => {
    const reference = requestOf('rwkv7-g1b-2.9b')!;
    const file = 'rwkv7-g1b-2.9b-20251205-ctx8192-Q4_K_M.gguf';
    expect(reference).toMatchObject({ name: 'rwkv7-g1b-2.9b-q4_k_m', file });
    expect(reference.addresses).toEqual([
      `https://huggingface.co/shoumenchougou/RWKV7-G1b-2.9B-GGUF/resolve/main/${file}`,
      `https://modelscope.cn/models/shoumenchougou/RWKV7-G1b-2.9B-GGUF/resolve/master/${file}`,
    ]);
    for (const text of [`hf:shoumenchougou/RWKV7-G1b-2.9B-GGUF/${file}`, 'RWKV7-G1b-2.9B-Q4_K_M'])
      expect(requestOf(text)).toEqual(reference);
    const known = requestOf('rwkv7-g1d-0.1b')!;
    expect(await keyOf(known)).toBe(`sha256-${known.sha256!.slice(0, 32)}`);
    expect(await keyOf(requestOf('https://a.example/m.gguf')!)).toMatch(/^address-[0-9a-f]{32}$/);
  });

  it('name files on hubs, at a revision, under a mirror', () => {
    const request = requestOf('hf:some.one/a_model/folder/m-Q8_0.gguf@0123abc', {
      hf: 'https://mirror.example/',
    })!;
    expect(request.addresses).toEqual([
      'https://mirror.example/some.one/a_model/resolve/0123abc/folder/m-Q8_0.gguf',
    ]);
    expect(request).toMatchObject({
      name: 'hf:some.one/a_model/folder/m-Q8_0.gguf@0123abc',
      file: 'm-Q8_0.gguf',
    });
    expect(requestOf('ms:a/b/c.gguf')!.addresses).toEqual([
      'https://modelscope.cn/models/a/b/resolve/master/c.gguf',
    ]);
    for (const text of [
      'hf:a/b',
      'hf:a/b/../c.gguf',
      'hf:a/b/c@d@e',
      'hf://a/b',
      'ms:',
      'hf:a/b/c?x=1',
      `hf:${'a/'.repeat(900)}`,
    ]) {
      expect(() => requestOf(text)).toThrow('owner/repository/file.gguf');
      expect(() => parseExperiment(`model=${encodeURIComponent(text)}`)).toThrow(
        'owner/repository/file.gguf',
      );
    }
  });

  it('are no request where nothing is to be fetched, and say what there is where a name is wrong', () => {
    for (const text of ['demo', 'synthetic-2.9b', 'my.gguf', 'rwkv7-mine.gguf', 'rwkv7-g1b-2.9b-Q8_0.gguf'])
      expect(requestOf(text)).toBeUndefined();
    expect(() => requestOf('rwkv7-g9-3b')).toThrow(
      /no published model "rwkv7-g9-3b"; there are: rwkv7-g1-0\.1b, .*13\.3b.*hf:/,
    );
  });

  it('get size and hash from the answers of the hubs', () => {
    const oid = 'ab'.repeat(32);
    const hf = readHubFile('hf:a/b/c.gguf');
    const ms = readHubFile('ms:a/b/c.gguf');
    expect(factsIn([{ path: 'x' }, { path: 'c.gguf', size: 5, lfs: { oid, size: 5 } }], hf)).toEqual({
      bytes: 5,
      sha256: oid,
    });
    expect(factsIn({ Data: { Files: [{ Path: 'c.gguf', Size: 6, Sha256: oid }] } }, ms)).toEqual({
      bytes: 6,
      sha256: oid,
    });
    for (const answer of [
      undefined,
      null,
      7,
      [],
      {},
      [null],
      [{ path: 'c.gguf', size: 5 }],
      [{ path: 'c.gguf', size: 5, lfs: { oid: 'ab' } }],
    ])
      for (const file of [hf, ms]) expect(factsIn(answer, file)).toBeUndefined();
    expect(hubListAddress(ms)).toBe(
      'https://modelscope.cn/api/v1/models/a/b/repo/files?Revision=master&Recursive=true',
    );
  });
});

describe('will it fit', () => {
  const limits = { maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 31 };
  const fitOfNamed = (name: string) => fitOf(publishedNamed(name)!, limits, CHUNK);
  const reference = fitOfNamed(REFERENCE);
  const room = (bytes: number, end: MeasuredRoom['end'] = 'refused') => ({ bytes, end });

  it('is answered from what was measured, with the chunk in which it would', () => {
    expect(verdictOf(reference, CHUNK, undefined)).toEqual({ is: 'unknown' });
    expect(verdictOf(reference, CHUNK, room(needed(reference)))).toEqual({ is: 'fits' });
    expect(verdictOf(reference, CHUNK, room(needed(reference) - 1, 'most'))).toEqual({ is: 'unknown' });
    expect(verdictOf(reference, CHUNK, room(needed(reference) - 1, 'slow'))).toEqual({
      is: 'lower',
      chunk: 128,
    });
    expect(verdictOf(reference, CHUNK, room(reference.weights))).toEqual({ is: 'tooLarge' });
    const lower = needed(reference) - 200 * reference.tokenBytes;
    expect(verdictOf(reference, CHUNK, room(lower))).toEqual({ is: 'lower', chunk: 32 });
    expect(needed(fitOf(publishedNamed(REFERENCE)!, limits, 32))).toBeLessThanOrEqual(lower);
  });

  it('is denied where the limits of the adapter forbid its buffers', () => {
    const tight = { maxBufferSize: 2 ** 16, maxStorageBufferBindingSize: 2 ** 16 };
    const fit = fitOf(publishedNamed(REFERENCE)!, tight, CHUNK);
    const why = expect.stringMatching(/too large for this GPU/) as string;
    expect(verdictOf(fit, CHUNK, room(2 ** 40))).toEqual({ is: 'refused', why });
  });
});

it.for(Object.keys(SYNTHETIC).flatMap((name) => [name, `${name}-f32loras`, `${name}-f32loras-zeros90`]))(
  'the memory that is told for %s is within 6 per cent of its buffers',
  (name) => {
    const synthetic = readSynthetic(name)!;
    const roomy = { maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 40 };
    let words = 0;
    const formatOf = (tensor: string) => syntheticFormat(tensor, synthetic);
    arrange(synthetic.geometry, formatOf, roomy, (plan) => (words += plan.words));
    expect(Math.abs(gpuBytes(name) / (4 * words) - 1)).toBeLessThan(0.06);
  },
);
