// GGUF files: the two real ones, and every kind of invalid file.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobSource, memorySource, type ByteSource } from '../../src/lib/engine/bytes';
import { openGguf, readNumbers, type ModelFile } from '../../src/lib/engine/gguf';
import { Oracle } from '../../src/lib/engine/rwkv7';
import { SYNTHETIC, syntheticFormat } from '../../src/lib/engine/geometries';
import { formats } from '../../src/lib/shaders/formats/formats';
import { DEMO, openModel, readBytes, standardDeviation, TINY } from '../oracle';
import {
  asOlder,
  key,
  modelOf,
  smallModel,
  splitModel,
  writeGguf,
  writeHeader,
  type SmallGguf,
} from '../small-gguf';

function open(bytes: Uint8Array): Promise<ModelFile> {
  return openGguf(memorySource(bytes, 'bad.gguf'));
}

/** The error message of opening a file; fails if the file opens, or if the message does not name the file. */
async function complaint(bytes: Uint8Array): Promise<string> {
  const error: unknown = await open(bytes).then(
    () => expect.fail('it opened'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toMatch(/^bad\.gguf[: ]/);
  return (error as Error).message;
}

/** The error message of opening the small model after a change. */
function complaintAfter(change: (gguf: SmallGguf) => void): Promise<string> {
  const gguf = smallModel();
  change(gguf);
  return complaint(writeGguf(gguf));
}

function tensor(gguf: SmallGguf, name: string) {
  return gguf.tensors.find((one) => one.name === name)!;
}

describe('real files', () => {
  it('reads the tiny model', async () => {
    const { geometry, tensors, tokens, name } = await openModel(TINY);
    expect(geometry).toEqual({
      layers: 3,
      embedding: 256,
      heads: 4,
      headSize: 64,
      hidden: 1024,
      vocabulary: 512,
      ranks: { decay: 32, learningRate: 32, value: 32, gate: 64 },
      normEpsilon: Math.fround(1e-5),
    });
    expect([name, tensors.size, tokens.bytes.length]).toEqual(['synthetic-rwkv7-tiny', 3 * 28 + 6, 512]);
    expect(tensors.get('output.weight')).toMatchObject({
      format: 'q6_k',
      shape: [256, 512],
      byteLength: 107520,
    });
    expect(tensors.get('blk.1.time_mix_a1.weight')).toMatchObject({ format: 'f16', shape: [256, 32] });
  });

  it('reads the demo model, every byte of it accounted for', async () => {
    const { source, geometry, tensors, tokens } = await openModel(DEMO);
    expect([geometry.layers, geometry.vocabulary, tensors.size]).toEqual([8, 4096, 8 * 28 + 6]);
    expect([tokens.bytes[11], tokens.types[0], tokens.types[1]]).toEqual([Uint8Array.of(10), 3, 1]);
    const inOrder = [...tensors.values()].sort((a, b) => a.offset - b.offset);
    let end = inOrder[0].offset;
    for (const { offset, byteLength } of inOrder) {
      expect(offset - end).toBeLessThan(32); // alignment
      end = offset + byteLength;
    }
    expect(source.size - end).toBeLessThan(32);
  });

  it('reads the same through a Blob', async () => {
    const model = await openGguf(blobSource(new Blob([readBytes(TINY)]), 'tiny.gguf'));
    const same = await openModel(TINY);
    const name = 'blk.2.time_mix_w2.weight';
    expect(await readNumbers(model, name)).toEqual(await readNumbers(same, name));
  });

  it('reads a tensor as numbers, whatever its format, and names one that is not there', async () => {
    const model = await openModel(DEMO);
    for (const name of ['output.weight', 'token_embd.weight', 'blk.3.time_mix_g1.weight']) {
      const [columns, rows] = model.tensors.get(name)!.shape;
      const numbers = await readNumbers(model, name);
      expect(numbers.length).toBe(columns * rows);
      expect(standardDeviation(numbers)).toBeGreaterThan(0.001);
      expect(standardDeviation(numbers)).toBeLessThan(10);
    }
    await expect(readNumbers(model, 'none')).rejects.toThrow('tensor none is missing');
  });
});

describe('the small model of these tests', () => {
  it('opens', async () => {
    const { geometry, name } = await open(writeGguf(smallModel()));
    expect(geometry.ranks).toEqual({ decay: 16, learningRate: 32, value: 48, gate: 64 });
    expect([geometry.layers, geometry.normEpsilon, name]).toEqual([2, 1e-5, 'bad.gguf']);
  });

  it('opens as version 2, with another alignment, with [C, 6] lerps, with f16 vectors, without layer 0 value LoRA', async () => {
    const gguf = smallModel();
    gguf.version = 2;
    key(gguf, 'general.alignment', { type: 4, value: 256 });
    tensor(gguf, 'blk.0.time_mix_lerp_fused.weight').shape = [64, 6];
    tensor(gguf, 'blk.0.channel_mix_lerp_k.weight').shape = [64];
    tensor(gguf, 'blk.1.time_mix_k_k.weight').type = 1;
    tensor(gguf, 'blk.1.time_mix_k_a.weight').type = 30;
    expect(gguf.tensors.some(({ name }) => name.startsWith('blk.0.time_mix_v1'))).toBe(false);
    const model = await open(writeGguf(gguf));
    expect(model.tensors.get('output.weight')!.offset % 256).toBe(0);
    expect((await readNumbers(model, 'blk.1.time_mix_k_a.weight')).length).toBe(64);
  });

  it('opens with one layer, which has no value residual', async () => {
    const gguf = smallModel();
    key(gguf, 'rwkv7.block_count', { type: 4, value: 1 });
    gguf.tensors = gguf.tensors.filter(({ name }) => !name.startsWith('blk.1.'));
    expect((await open(writeGguf(gguf))).geometry.ranks.value).toBe(0);
  });

  it('opens when its header is longer than is read at first', async () => {
    const gguf = smallModel();
    key(gguf, 'general.description', { type: 8, value: 'x'.repeat(1_040_000) });
    key(gguf, 'general.tags', { type: 9, of: 8, value: Array(40_000).fill('a tag of some length') });
    expect((await open(writeGguf(gguf))).geometry.layers).toBe(2);
  });

  it('opens when its header ends just before a second read, with little data behind it', async () => {
    const gguf = smallModel();
    key(gguf, 'general.description', { type: 8, value: 'x'.repeat(1_040_000) });
    const bytes = writeGguf(gguf);
    expect(bytes.length).toBeLessThan(2_000_000);
    expect((await open(bytes)).tensors.size).toBe(gguf.tensors.length);
  });
});

describe('files as others write them', () => {
  /** Every tensor's numbers by name. */
  async function numbersOf(model: ModelFile) {
    const names = [...model.tensors.keys()].sort();
    const numbers = await Promise.all(
      names.map(async (name) => [name, await readNumbers(model, name)] as const),
    );
    return new Map(numbers);
  }
  const filled = (gguf: SmallGguf) =>
    writeGguf(gguf, ({ name, shape, type }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      if (type !== 0) return new Uint8Array(2 * count);
      const start = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
      return new Uint8Array(Float32Array.from({ length: count }, (_, i) => Math.sin(start + i)).buffer);
    });

  it('opens with lerps stored one by one, without a gate, and with the embedding as its head', async () => {
    const gguf = smallModel();
    const fused = await numbersOf(await open(filled(gguf)));
    asOlder(gguf);
    const model = await open(filled(gguf));
    const older = await numbersOf(model);
    expect([...older.keys()]).toEqual([...fused.keys()]);
    expect(older.get('output.weight')).toEqual(older.get('token_embd.weight'));
    expect(model.geometry.ranks.gate).toBe(16);
    const lerps = older.get('blk.1.time_mix_lerp_fused.weight')!;
    const single = (letter: string) =>
      [...`blk.1.time_mix_lerp_${letter}.weight`].reduce((sum, each) => sum + each.charCodeAt(0), 0);
    ['r', 'w', 'k', 'v', 'a'].forEach((letter, i) => {
      const wanted = Array.from({ length: 64 }, (_, at) => Math.fround(Math.sin(single(letter) + at)));
      expect(Array.from(lerps.subarray(64 * i, 64 * (i + 1)))).toEqual(wanted);
    });
    expect(lerps.subarray(320).every((value) => value === 0)).toBe(true);
    // The gate is G2 sigmoid(G1 x), which must be 1 whatever x is.
    expect(older.get('blk.1.time_mix_g1.weight')!.every((value) => value === 0)).toBe(true);
    const row = older.get('blk.1.time_mix_g2.weight')!.subarray(0, 16);
    expect(row.reduce((sum, value) => sum + value / 2, 0)).toBe(1);
    expect((await Oracle.load(model)).step(3).every(Number.isFinite)).toBe(true);
  });

  it('opens with five fused lerps where there is no gate, and names what is missing where there is one', async () => {
    const five = (gguf: SmallGguf) => {
      for (const each of gguf.tensors) if (each.name.includes('lerp_fused')) each.shape = [64, 1, 1, 5];
    };
    const gguf = smallModel();
    five(gguf);
    gguf.tensors = gguf.tensors.filter(({ name }) => !/_g[12]/.test(name));
    expect((await readNumbers(await open(filled(gguf)), 'blk.0.time_mix_lerp_fused.weight')).length).toBe(
      384,
    );
    expect(await complaintAfter(five)).toContain('has shape 64 × 1 × 1 × 5; it should have 64 × 6');
    const noLerpA = (gguf: SmallGguf) => {
      asOlder(gguf);
      gguf.tensors = gguf.tensors.filter(({ name }) => name !== 'blk.1.time_mix_lerp_a.weight');
    };
    expect(await complaintAfter(noLerpA)).toContain('tensor blk.1.time_mix_lerp_a.weight is missing');
    const oneGate = (gguf: SmallGguf) => {
      gguf.tensors = gguf.tensors.filter(({ name }) => !name.startsWith('blk.1.time_mix_g'));
    };
    expect(await complaintAfter(oneGate)).toContain('tensor blk.1.time_mix_g1.weight is missing');
  });

  it('names a tensor that it would not compute with', async () => {
    for (const name of ['output.bias', 'blk.1.time_mix_key.scale', 'blk.0.channel_mix_s_emb.weight']) {
      const message = await complaintAfter((gguf) => gguf.tensors.push({ name, shape: [64], type: 0 }));
      expect(message).toBe(
        `bad.gguf: tensor ${name} is not part of an RWKV-7 model: results without it would be wrong`,
      );
    }
  });

  it('opens at any alignment, with long lists and texts that nobody needs, and with shapes of the same bytes', async () => {
    for (const alignment of [1, 2, 8, 8192, 65536]) {
      const gguf = smallModel();
      key(gguf, 'general.alignment', { type: 4, value: alignment });
      expect((await open(writeGguf(gguf))).geometry.layers).toBe(2);
    }
    const gguf = smallModel();
    key(gguf, 'imatrix', { type: 9, of: 6, value: Array(3_000_000).fill(0.5) });
    key(gguf, 'merges', { type: 9, of: 8, value: Array(300_000).fill('a b') });
    key(gguf, 'tokenizer.chat_template', { type: 8, value: 'x'.repeat(3_000_000) });
    key(gguf, 'rwkv7.feed_forward_length', { type: 9, of: 4, value: [128, 128] });
    tensor(gguf, 'blk.0.channel_mix_lerp_k.weight').shape = [1, 1, 64];
    tensor(gguf, 'blk.0.time_mix_r_k.weight').shape = [64, 1];
    expect((await open(writeGguf(gguf))).geometry.hidden).toBe(128);
    const different = { type: 9, of: 4, value: [128, 256] };
    expect(await complaintAfter((small) => key(small, 'rwkv7.feed_forward_length', different))).toContain(
      'feed_forward_length is a list',
    );
  });

  it('reads tokens that are written as the bytes they are', async () => {
    const gguf = smallModel();
    const bytes = Array.from({ length: 260 }, (_, id) =>
      id < 256 ? Uint8Array.of(id) : Uint8Array.of(92, id),
    );
    key(gguf, 'tokenizer.ggml.tokens', { type: 9, of: 8, value: bytes });
    expect((await open(writeGguf(gguf))).tokens.bytes).toEqual(bytes);
  });

  it('names a key that appears twice, and a type that GGUF does not have', async () => {
    const bytes = writeGguf(smallModel());
    const text = Buffer.from(bytes.buffer);
    text.write('rwkv7.block_counu', text.indexOf('rwkv7.block_count'));
    expect(await complaint(bytes)).toContain('rwkv7.block_count is missing');
    const twice = writeGguf(smallModel());
    const other = Buffer.from(twice.buffer);
    other.write('general.architecture', other.indexOf('tokenizer.ggml.model'));
    expect(await complaint(twice)).toContain('metadata key "general.architecture" appears twice');
    const typed = writeGguf(smallModel());
    const at = Buffer.from(typed.buffer).indexOf('rwkv7.block_count') + 'rwkv7.block_count'.length;
    typed[at] = 77;
    expect(await complaint(typed)).toContain('"rwkv7.block_count" has type 77, which GGUF does not have');
  });

  it('names arwkv7', async () => {
    const entry = { type: 8, value: 'arwkv7' };
    expect(await complaintAfter((gguf) => key(gguf, 'general.architecture', entry))).toContain('of Qwen');
  });
});

describe('split files', () => {
  const source = (files: Map<string, Uint8Array>, name: string): ByteSource => ({
    ...memorySource(files.get(name)!, name),
    sibling: async (other) => {
      if (!files.has(other)) throw new Error(`no ${other}`);
      return source(files, other);
    },
  });

  it('opens from any of its parts, also where the first has no tensors', async () => {
    for (const boundaries of [
      [20, 40],
      [0, 30],
    ]) {
      const files = splitModel(boundaries);
      for (const name of files.keys()) {
        const model = await openGguf(source(files, name));
        expect(model.tensors.size).toBe(smallModel().tensors.length);
        const bits = async (tensor: string) => {
          const { offset, byteLength } = model.tensors.get(tensor)!;
          return new Set(await model.source.read(offset, byteLength));
        };
        expect(await bits('blk.1.channel_mix_value.weight')).toEqual(new Set([3]));
        expect(await bits('token_embd.weight')).toEqual(new Set([boundaries[0] ? 1 : 2]));
      }
    }
  });

  it('names the parts that are missing', async () => {
    const files = splitModel([20, 40]);
    const [first, second, third] = [...files.keys()];
    await expect(openGguf(memorySource(files.get(second)!, second))).rejects.toThrow(
      `${second} is part 2 of 3 of a model; open it together with ${first}, ${third}`,
    );
    files.delete(third);
    await expect(openGguf(source(files, first))).rejects.toThrow(
      `${first} is part 1 of 3 of a model; it needs ${second}, ${third}: no ${third}`,
    );
    await expect(openGguf(memorySource(files.get(first)!, 'renamed.gguf'))).rejects.toThrow(
      'renamed.gguf is part 1 of 3 of a model, but its name does not end with -00001-of-00003.gguf',
    );
  });

  it('says when a part belongs elsewhere', async () => {
    const [files, others] = [splitModel([20, 40]), splitModel([10, 40])];
    const [first, second, third] = [...files.keys()];
    files.set(third, files.get(second)!);
    await expect(openGguf(source(files, first))).rejects.toThrow(
      `${third}: by its metadata it is part 2 of 3, by its name part 3 of 3`,
    );
    files.set(third, splitModel([20, 41]).get(third)!);
    await expect(openGguf(source(files, first))).rejects.toThrow('parts have');
    others.set(second, splitModel([20, 40]).get(second)!);
    await expect(openGguf(source(others, first))).rejects.toThrow('tensors, but there should be');
  });
});

describe('published geometries', () => {
  for (const [name, geometry] of Object.entries(SYNTHETIC)) {
    it(`${name}: opens as the converter writes it and Q4_K_M quantises it`, async () => {
      const gguf = modelOf(geometry, (tensor) => syntheticFormat(tensor));
      key(gguf, 'rwkv7.attention.head_count', { type: 4, value: 0 });
      key(gguf, 'rwkv7.context_length', { type: 4, value: 1048576 });
      // Layer 0's placeholders, copies of a0, a1 and a2.
      for (const part of [0, 1, 2]) {
        const copied = tensor(gguf, `blk.0.time_mix_a${part}.weight`);
        gguf.tensors.push({ ...copied, name: `blk.0.time_mix_v${part}.weight` });
      }
      const { header, dataStart, dataBytes } = writeHeader(gguf);
      const size = dataStart + dataBytes;
      const source: ByteSource = {
        name,
        size,
        read: async (offset, length) => {
          const bytes = new Uint8Array(length);
          bytes.set(header.subarray(offset, offset + length));
          return bytes;
        },
      };
      const model = await openGguf(source);
      expect(model.geometry).toEqual({ ...geometry, normEpsilon: Math.fround(geometry.normEpsilon) });
      expect(model.tensors.size).toBe(28 * geometry.layers + 6);
      const head = model.tensors.get('output.weight')!;
      expect(head.byteLength).toBe((65536 * geometry.embedding * formats.q6_k.fileBytes) / 256);
    });
  }
});

describe('not a model at all', () => {
  it('says what the file begins with', async () => {
    expect(await complaint(new Uint8Array(0))).toContain('it is empty');
    expect(await complaint(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'))).toContain(
      'not a GGUF file: its first bytes are "vers"',
    );
    expect(await complaint(new Uint8Array(100_000))).toContain('not a GGUF file');
    expect(await complaint(Uint8Array.of(0x50, 0x4b, 3, 4))).toContain('not a GGUF file');
  });

  it('says which version and byte order it is', async () => {
    for (const version of [0, 1, 4, 99]) {
      const message = await complaintAfter((gguf) => (gguf.version = version));
      expect(message).toContain(`version ${version}; versions 2 and 3`);
    }
    expect(await complaintAfter((gguf) => (gguf.version = 0x03000000))).toContain('big-endian');
  });

  it('says which architecture it is', async () => {
    const message = await complaintAfter((gguf) =>
      key(gguf, 'general.architecture', { type: 8, value: 'llama' }),
    );
    expect(message).toBe('bad.gguf: the model\'s architecture is "llama"; only "rwkv7" can be run');
    expect(await complaintAfter((gguf) => key(gguf, 'general.architecture'))).toContain(
      'general.architecture',
    );
    const long = { type: 8, value: 'llama\n'.repeat(1000) };
    expect(await complaintAfter((gguf) => key(gguf, 'general.architecture', long))).toMatch(/^.{1,200}$/);
    const list = { type: 9, of: 4, value: [7] };
    expect(await complaintAfter((gguf) => key(gguf, 'general.architecture', list))).toContain(
      'is a list; only',
    );
    expect(
      await complaintAfter((gguf) => key(gguf, 'rwkv7.token_shift_count', { type: 4, value: 1 })),
    ).toContain('token_shift_count is 1');
  });
});

describe('sizes that cannot be', () => {
  const cases: [string, number | string | undefined, string][] = [
    ['rwkv7.wkv.head_size', 128, "the model's head size is 128; only 64 can be run"],
    ['rwkv7.wkv.head_size', undefined, 'metadata key rwkv7.wkv.head_size is missing'],
    ['rwkv7.embedding_length', 100, 'no multiple of the head size 64'],
    ['rwkv7.embedding_length', 0, 'is 0; possible: a whole number from 64 to 65536'],
    ['rwkv7.embedding_length', 0xffffffff, 'is 4294967295; possible'],
    ['rwkv7.embedding_length', 'wide', 'is "wide"; possible'],
    ['rwkv7.embedding_length', 128, 'tensor token_embd.weight has shape 64 × 260; it should have 128 × 260'],
    ['rwkv7.block_count', undefined, 'metadata key rwkv7.block_count is missing'],
    ['rwkv7.block_count', 1, 'rwkv7.block_count is 1, but there is a tensor blk.1.'],
    ['rwkv7.block_count', 3, 'tensor blk.2.attn_norm.weight is missing'],
    ['rwkv7.block_count', 1_000_000, 'possible: a whole number from 1 to 1024'],
    ['rwkv7.feed_forward_length', 7, 'possible: a whole number from 16'],
    ['rwkv7.feed_forward_length', 96, 'channel_mix_key.weight has shape 64 × 128; it should have 64 × 96'],
    ['rwkv7.attention.layer_norm_epsilon', 'none', 'layer_norm_epsilon is NaN'],
    ['general.alignment', 48, 'general.alignment is 48; possible: powers of two'],
    ['general.alignment', 0, 'general.alignment is 0; possible: powers of two'],
  ];
  for (const [name, value, message] of cases) {
    it(`${name} = ${value}`, async () => {
      const entry =
        value === undefined ? undefined : { type: typeof value === 'string' ? 8 : 4, value: value };
      expect(await complaintAfter((gguf) => key(gguf, name, entry))).toContain(message);
    });
  }
});

describe('tensors that do not fit', () => {
  it('names any tensor that is missing', async () => {
    for (const { name } of smallModel().tensors) {
      if (name === 'output.weight') continue; // tied to the embedding
      const message = await complaintAfter((gguf) => {
        gguf.tensors = gguf.tensors.filter((one) => one.name !== name);
      });
      expect(message).toContain(`tensor ${name} is missing`);
    }
  });

  it('names any tensor that is misshapen, what it is and what it should be', async () => {
    for (const { name, shape } of smallModel().tensors) {
      const message = await complaintAfter((gguf) => {
        tensor(gguf, name).shape = [shape[0] + 64, ...shape.slice(1)];
      });
      expect(message).toMatch(/tensor \S+ has shape [0-9 ×]+; it should have [0-9 ×]+ \(columns × rows\)/);
      expect(message).toContain(`${shape[0] + 64}`);
    }
    const flipped = (gguf: SmallGguf) => tensor(gguf, 'blk.0.channel_mix_key.weight').shape.reverse();
    expect(await complaintAfter(flipped)).toBe(
      'bad.gguf: tensor blk.0.channel_mix_key.weight has shape 128 × 64; it should have 64 × 128 (columns × rows)',
    );
  });

  it('names a type it cannot read, and those it can', async () => {
    for (const [type, name] of [
      [16, 'iq2_xxs'],
      [34, 'tq1_0'],
      [12345, 'number 12345'],
    ] as const) {
      const message = await complaintAfter((gguf) => (tensor(gguf, 'output.weight').type = type));
      expect(message).toContain(`tensor output.weight has type ${name}`);
      expect(message).toContain(`possible: ${Object.keys(formats).join(' ')}`);
    }
    const removed = (gguf: SmallGguf) => (tensor(gguf, 'output.weight').type = 31);
    expect(await complaintAfter(removed)).toContain('has type q4_0_4_4, which GGML has removed');
  });

  it('names columns that are no whole number of blocks or of 16', async () => {
    const key4 = (gguf: SmallGguf) => (tensor(gguf, 'blk.1.time_mix_key.weight').type = 12);
    expect(await complaintAfter(key4)).toContain('has 64 columns; q4_k needs a multiple of 256');
    const rank = (gguf: SmallGguf) => {
      for (const layer of [0, 1]) {
        tensor(gguf, `blk.${layer}.time_mix_w1.weight`).shape = [64, 20];
        tensor(gguf, `blk.${layer}.time_mix_w2.weight`).shape = [20, 64];
      }
    };
    expect(await complaintAfter(rank)).toContain(
      'time_mix_w2.weight has 20 columns; f32 needs a multiple of 16',
    );
  });

  it('names shapes that nothing has, and names given twice', async () => {
    for (const shape of [[0, 64], [], [2 ** 31, 2 ** 31]]) {
      const message = await complaintAfter((gguf) => (tensor(gguf, 'output.weight').shape = shape));
      expect(message).toContain('which is impossible');
    }
    for (const name of ['', 'two\nlines', 'x'.repeat(5000)]) {
      const message = await complaintAfter((gguf) => (gguf.tensors[7].name = name));
      expect(message).toContain('invalid name');
      expect(message).toMatch(/^.{1,200}$/);
    }
    const twice = (gguf: SmallGguf) => gguf.tensors.push({ ...gguf.tensors[3] });
    expect(await complaintAfter(twice)).toContain('appears twice');
  });

  it('names tensors that overlap, are out of step, or lie beyond the end', async () => {
    const place = (offset: number) => (gguf: SmallGguf) => (tensor(gguf, 'output.weight').offset = offset);
    expect(await complaintAfter(place(0))).toMatch(/tensor \S+ begins at byte \d+, but \S+ ends at byte/);
    const last = smallModel().tensors.length - 1;
    const odd = (gguf: SmallGguf) => (gguf.tensors[last].offset = 2 ** 24 + 2);
    expect(await complaintAfter(odd)).toContain('no multiple of the alignment 32');
    expect(await complaintAfter(place(2 ** 40))).toMatch(
      /cut short: \d+ of \d+ bytes of tensor output.weight/,
    );
  });
});

describe('vocabularies that do not fit', () => {
  const tokensKey = 'tokenizer.ggml.tokens';
  const strings = (value: string[]) => ({ type: 9, of: 8, value });
  it('says what is wrong', async () => {
    expect(await complaintAfter((gguf) => key(gguf, tokensKey))).toContain('the vocabulary has no tokens');
    expect(await complaintAfter((gguf) => key(gguf, tokensKey, strings([])))).toContain('has no tokens');
    expect(await complaintAfter((gguf) => key(gguf, tokensKey, strings(['a'])))).toContain(
      'the vocabulary has 1 tokens, but token_embd.weight has 260 rows',
    );
    const numbers = { type: 9, of: 4, value: Array(260).fill(7) };
    expect(await complaintAfter((gguf) => key(gguf, tokensKey, numbers))).toContain(
      'token 0 of the vocabulary',
    );
    expect(await complaintAfter((gguf) => key(gguf, tokensKey, strings(Array(260).fill('\\xz'))))).toContain(
      'token 0 of the vocabulary, "\\\\xz": \\x without',
    );
    const gpt = { type: 8, value: 'gpt2' };
    expect(await complaintAfter((gguf) => key(gguf, 'tokenizer.ggml.model', gpt))).toContain('kind "gpt2"');
    const types = { type: 9, of: 5, value: [1, 2] };
    expect(await complaintAfter((gguf) => key(gguf, 'tokenizer.ggml.token_type', types))).toContain(
      'a list of 260 numbers',
    );
  });
});

describe('cut short', () => {
  it('says so wherever the tiny model ends', async () => {
    const bytes = readBytes(TINY);
    const header = 15424;
    const lengths = fc.oneof(fc.nat(header), fc.nat(64), fc.nat(bytes.length - 1));
    const check = async (length: number) => {
      const message = await complaint(bytes.subarray(0, length));
      expect(message).toMatch(length === 0 ? /empty/ : /cut short/);
    };
    await fc.assert(fc.asyncProperty(lengths, check), { numRuns: 400 });
    for (const length of [1, 4, 8, 23, 24, 25, header - 1, header, header + 1, bytes.length - 1])
      await check(length);
  });

  it('says how much of which tensor is missing', async () => {
    const bytes = writeGguf(smallModel());
    expect(await complaint(bytes.subarray(0, bytes.length - 100))).toMatch(
      /the file is cut short: 100 of 32768 bytes of tensor blk\.1\.channel_mix_value\.weight are missing/,
    );
  });

  it('says so where the demo model ends inside its vocabulary', async () => {
    expect(await complaint(readBytes(DEMO).subarray(0, 50_000))).toContain('cut short');
  });
});

describe('hostile headers', () => {
  it('opens or complains, whatever bytes are changed', async () => {
    const original = writeGguf(smallModel());
    const { tensors } = await open(original);
    const header = Math.min(...Array.from(tensors.values(), ({ offset }) => offset));
    const change = fc.tuple(fc.nat(header), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const bytes = original.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const error = await open(bytes).then(
          () => undefined,
          (reason: Error) => reason,
        );
        if (error) expect(error.message).toMatch(/^bad\.gguf[: ]/);
      }),
      { numRuns: 400 },
    );
  });

  it('does not believe counts and lengths', async () => {
    const enormous = [2n ** 64n - 1n, 2n ** 63n, 2n ** 32n, 9_999_999n, 90_000n];
    for (const count of enormous) {
      for (const at of [8, 16]) {
        const bytes = writeGguf(smallModel());
        new DataView(bytes.buffer).setBigUint64(at, count, true);
        expect(await complaint(bytes)).toMatch(/damaged or cut short|cut short or its header is damaged/);
      }
      const name = writeGguf(smallModel()); // the length of the first key
      new DataView(name.buffer).setBigUint64(24, count, true);
      await complaint(name);
    }
    const list = { type: 9, of: 9, value: [], length: 2n ** 40n };
    expect(await complaintAfter((gguf) => key(gguf, 'deep', list))).toContain(
      'cut short: the list "deep" has 1099511627776 elements',
    );
    const long = { type: 9, of: 8, value: [], length: 900_000n };
    expect(await complaintAfter((gguf) => key(gguf, 'long', long))).toMatch(/cut short|damaged/);
  });

  it('passes on the failure of the source', async () => {
    const bytes = writeGguf(smallModel());
    const source = memorySource(bytes, 'far.gguf');
    const broken = { ...source, read: async () => Promise.reject(new Error('far.gguf: no network')) };
    await expect(openGguf(broken)).rejects.toThrow('far.gguf: no network');
    const later = {
      ...source,
      read: (offset: number, length: number) =>
        length > 24 ? Promise.reject(new Error('far.gguf: no network')) : source.read(offset, length),
    };
    await expect(openGguf(later)).rejects.toThrow('far.gguf: no network');
  });
});
