// Loading the tiny fixture to the GPU: every weight is in its place, split where limits require it; a failed load
// leaves no buffers.
import { describe, expect, it } from 'vitest';
import { gpu } from '../../cli/node';
import { arrange, type BufferPlan } from '../../src/lib/engine/arrangement';
import { readBuffer } from '../../src/lib/engine/buffers';
import { memorySource, type ByteSource } from '../../src/lib/engine/bytes';
import { openDevice } from '../../src/lib/engine/device';
import { openGguf, type ModelFile } from '../../src/lib/engine/gguf';
import { type Weights } from '../../src/lib/engine/weights';
import { loadModel, loadWeights } from '../../src/lib/engine/load';
import { dequantise, formats, numberToF16, repack } from '../../src/lib/shaders/formats/formats';
import { buffersIn } from './buffers';
import { sharedKernels } from './engines';
import { Arriving } from '../../src/lib/models/arriving';
import { openModel, readBytes, TINY } from '../oracle';
import { randomModel } from '../small-gguf';

const { device } = await sharedKernels();
const model = await openModel(TINY);
const ALL_BYTES = 2 ** 31;
const ROOMY = { maxBufferSize: ALL_BYTES, maxStorageBufferBindingSize: ALL_BYTES };

/** A proxy of the device that reports a binding limit of `bytes`; `made` lists the buffers created on it. */
function smallDevice(bytes: number) {
  const made: GPUBuffer[] = [];
  const limits = { maxBufferSize: device.limits.maxBufferSize, maxStorageBufferBindingSize: bytes };
  const small = new Proxy(device, {
    get(target, key) {
      if (key === 'limits') return limits;
      if (key === 'createBuffer')
        return (descriptor: GPUBufferDescriptor) => {
          const buffer = target.createBuffer(descriptor);
          made.push(buffer);
          return buffer;
        };
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { device: small, made };
}

/** True if a buffer was destroyed: the GPU then refuses to copy from it. */
async function isDestroyed(buffer: GPUBuffer): Promise<boolean> {
  const target = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST });
  device.pushErrorScope('validation');
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, target, 0, 4);
  device.queue.submit([encoder.finish()]);
  return (await device.popErrorScope()) !== null;
}

/**
 * The tiny model with a vocabulary so large that the embedding (padded during loading) and the head take several reads
 * each.
 */
function withLargeVocabulary(): ModelFile {
  const vocabulary = 90_000;
  const columns = model.geometry.embedding;
  const tensors = new Map(model.tensors);
  let end = model.source.size;
  for (const [name, format] of [
    ['token_embd.weight', 'q8_0'],
    ['output.weight', 'q6_k'],
  ]) {
    const byteLength = ((vocabulary * columns) / formats[format].elements) * formats[format].fileBytes;
    const offset = Math.ceil(end / 32) * 32;
    tensors.set(name, { name, shape: [columns, vocabulary], format, offset, byteLength });
    end = offset + byteLength;
  }
  const read: ByteSource['read'] = async (offset, length) => {
    if (length > 2 ** 24) throw new Error(`${length} bytes are more than 16 MiB`);
    if (offset + length <= model.source.size) return model.source.read(offset, length);
    const bytes = new Uint8Array(length);
    // Without a bit that every exponent of an infinite scale has, because such a model is refused.
    for (let i = 0; i < length; i++) bytes[i] = (Math.imul(offset + i, 0x9e3779b1) >>> 13) & ~0x40;
    return bytes;
  };
  const geometry = { ...model.geometry, vocabulary };
  return { ...model, geometry, tensors, source: { name: 'large.gguf', size: end, read } };
}

/** The same source with another way to read it. What is given to a read is filled with other bytes before and lost after it. */
async function readBy(how: string, source: ByteSource): Promise<ByteSource> {
  const { name, size, read } = source;
  if (how === 'read') return source;
  if (how === 'readWith') {
    const readWith: ByteSource['readWith'] = async (offset, length, memory) => {
      const given = structuredClone(memory, { transfer: [memory] });
      new Uint8Array(given).fill(0xff);
      const bytes = new Uint8Array(given, 0, length);
      bytes.set(await read(offset, length));
      return bytes;
    };
    return { name, size, read, readWith };
  }
  const all = new Uint8Array(size);
  for (let at = 0; at < size; at += 2 ** 20) all.set(await read(at, Math.min(2 ** 20, size - at)), at);
  const readNow: ByteSource['readNow'] = (offset, target) =>
    target.set(all.subarray(offset, offset + target.byteLength));
  return { name, size, read, readNow };
}

async function words(buffer: GPUBuffer): Promise<Uint32Array> {
  return new Uint32Array(await readBuffer(device, buffer));
}

async function fileWords(file: ModelFile, tensor: string): Promise<Uint32Array> {
  const { offset, byteLength, format } = file.tensors.get(tensor)!;
  return repack(formats[format], await file.source.read(offset, byteLength));
}

/** Compares every buffer with the file; returns the names of all tensors found. */
async function compareWithFile(
  weights: Weights,
  file: ModelFile,
  limits: typeof ROOMY,
): Promise<Set<string>> {
  const buffers = new Map(buffersIn(weights).map((buffer) => [buffer.label, buffer]));
  const plans: BufferPlan[] = [];
  arrange(
    file.geometry,
    (name) => file.tensors.get(name)!.format,
    limits,
    (plan) => plans.push(plan),
  );
  expect([...buffers.keys()].sort()).toEqual(plans.map(({ label }) => label).sort());
  for (const { label, words: length, pieces } of plans) {
    const got = await words(buffers.get(label)!);
    expect(got.length, label).toBe(length);
    for (const piece of pieces) {
      const own = formats[piece.format];
      const held = formats[piece.held];
      const all = await fileWords(file, piece.tensor);
      const first = (piece.firstElement / own.elements) * own.words;
      const part = all.subarray(first, first + (piece.elements / own.elements) * own.words);
      const want = own === held ? part : new Uint32Array(dequantise(own, part).buffer);
      const same =
        Buffer.compare(Buffer.from(got.buffer, 4 * piece.word, want.byteLength), bytesOf(want)) === 0;
      expect(same, `${label}: ${piece.tensor}`).toBe(true);
    }
  }
  return new Set(plans.flatMap(({ pieces }) => pieces.map(({ tensor }) => tensor)));
}

const bytesOf = (array: Uint32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

describe('a loaded model', () => {
  it('has every tensor of the file, to the bit', async () => {
    const reports: [number, number, string][] = [];
    const weights = await loadWeights(device, model, (...report) => reports.push(report));
    const seen = await compareWithFile(weights, model, ROOMY);
    const unused = [...model.tensors.keys()].filter((name) => !seen.has(name));
    // Layer 0 has no value residual; the converter stores copies of a0, a1 and a2 under its names.
    expect(unused.sort()).toEqual([0, 1, 2].map((part) => `blk.0.time_mix_v${part}.weight`));
    expect(weights.byteLength).toBe(buffersIn(weights).reduce((sum, { size }) => sum + size, 0));
    expect(reports[0][0]).toBe(0);
    expect(reports.at(-1)![0]).toBe(reports.at(-1)![1]);
    weights.destroy();
  });

  it('has the geometry, names and shapes that the engine counts on', async () => {
    const weights = await loadWeights(device, model);
    const { embedding: width, vocabulary, hidden, ranks } = weights.geometry;
    expect(
      [weights.embedding, weights.head].map(({ rows, columns, format }) => [rows, columns, format]),
    ).toEqual([
      [vocabulary, width, 'q4_k'],
      [vocabulary, width, 'q6_k'],
    ]);
    const [first, second] = weights.layers;
    expect(first).toMatchObject({ lora: { ranks: { ...ranks, value: 0 } } });
    expect(second.lora).toMatchObject({ ranks, wide: 1 }); // in Q4_K_M, only w1 and w2 of the LoRAs are f32
    expect(second.receptanceKeyValue).toMatchObject([
      { batch: 3, rows: width, columns: width, format: 'q4_k' },
    ]);
    expect(second.channelMixValue).toMatchObject({ batch: 1, rows: width, columns: hidden });
    weights.destroy();
  });

  it('has the lerps in the order r k v w a g', async () => {
    const weights = await loadWeights(device, model);
    const width = model.geometry.embedding;
    const [got, file] = [
      await words(weights.layers[1].timeMixShift),
      await fileWords(model, 'blk.1.time_mix_lerp_fused.weight'),
    ];
    const fileOrder = ['r', 'w', 'k', 'v', 'a', 'g'];
    ['r', 'k', 'v', 'w', 'a', 'g'].forEach((lerp, i) => {
      const at = fileOrder.indexOf(lerp) * width;
      expect(got.slice((2 + i) * width, (3 + i) * width)).toEqual(file.slice(at, at + width));
    });
    weights.destroy();
  });

  it.each(['read', 'readWith', 'readNow'])(
    'arrives whole by %s when its tensors are longer than a read',
    async (how) => {
      const large = withLargeVocabulary();
      const weights = await loadWeights(device, { ...large, source: await readBy(how, large.source) });
      for (const { name, parts } of [weights.embedding, weights.head]) {
        const { offset, byteLength, format } = large.tensors.get(name)!;
        const got = await words(parts[0].buffer);
        const halfWords = got.length / 2;
        for (const half of [0, 1]) {
          const bytes = await large.source.read(offset + (half * byteLength) / 2, byteLength / 2);
          const gotHalf = got.subarray(half * halfWords, (half + 1) * halfWords);
          expect(Buffer.compare(bytesOf(gotHalf), bytesOf(repack(formats[format], bytes))), name).toBe(0);
        }
      }
      weights.destroy();
    },
  );

  it('has vectors of half precision as f32', async () => {
    const { source, offset } = {
      source: model.source,
      offset: model.tensors.get('output_norm.weight')!.offset,
    };
    const width = model.geometry.embedding;
    const values = Float32Array.from({ length: width }, (_, i) => (i - 100) / 32);
    const halves = new Uint8Array(Uint16Array.from(values, numberToF16).buffer);
    const read: ByteSource['read'] = async (start, length) => {
      const bytes = await source.read(start, length);
      if (start <= offset && offset + halves.length <= start + length) bytes.set(halves, offset - start);
      return bytes;
    };
    const tensors = new Map(model.tensors);
    tensors.set('output_norm.weight', {
      ...tensors.get('output_norm.weight')!,
      format: 'f16',
      byteLength: 2 * width,
    });
    const weights = await loadWeights(device, { ...model, tensors, source: { ...source, read } });
    expect(new Float32Array(await readBuffer(device, weights.outputNorm.weight))).toEqual(values);
    weights.destroy();
  });
});

describe('a GPU that binds little', () => {
  it('gets matrices cut by rows, and r, k and v apart', async () => {
    const limits = { maxBufferSize: device.limits.maxBufferSize, maxStorageBufferBindingSize: 60_000 };
    const { device: small, made } = smallDevice(limits.maxStorageBufferBindingSize);
    const ranks = { decay: 16, learningRate: 16, value: 16, gate: 16 };
    const sizes = { layers: 2, embedding: 192, hidden: 320, vocabulary: 300, ranks };
    const matrices = /^(token_embd|output)\.weight$|(receptance|key|value|output)\.weight$/;
    const format = (name: string) =>
      matrices.test(name) ? 'q8_0' : /_[wavg][12]\./.test(name) ? 'f16' : 'f32';
    const bytes = randomModel(sizes, format);
    const cut = await openGguf(memorySource(bytes, 'narrow.gguf'));
    const weights = await loadWeights(small, cut);
    expect(weights.head.parts.map(({ firstRow }) => firstRow % 64)).toEqual(weights.head.parts.map(() => 0));
    expect(weights.head.parts.length).toBeGreaterThan(1);
    expect(weights.head.parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(weights.head.rows);
    expect(weights.layers[0].receptanceKeyValue.map(({ batch }) => batch)).toEqual([1, 1, 1]);
    expect(Math.max(...buffersIn(weights).map(({ size }) => size))).toBeLessThanOrEqual(60_000);
    await compareWithFile(weights, cut, limits);
    weights.destroy();
    expect(await Promise.all(made.slice(0, 3).map(isDestroyed))).toEqual([true, true, true]);
  });

  it('keeps its buffers until they are destroyed', async () => {
    const weights = await loadWeights(device, model);
    const [buffer] = buffersIn(weights);
    expect(await isDestroyed(buffer)).toBe(false);
    weights.destroy();
    expect(await isDestroyed(buffer)).toBe(true);
  });

  it('refuses a model whose rows are too long, before it reads any', async () => {
    const { device: small, made } = smallDevice(4096);
    const source = { ...model.source, read: () => Promise.reject(new Error('was read')) };
    await expect(loadWeights(small, { ...model, source })).rejects.toThrow(
      /^token_embd\.weight is too large for this GPU: 64 of its 512 rows have .* binds 0\.0 MiB at most$/,
    );
    expect(made).toEqual([]);
  });
});

describe('a load that fails', () => {
  /** A large model that calls `before` with the number of each read before the read. */
  function hooked(before: (read: number) => void): ModelFile {
    const large = withLargeVocabulary();
    let reads = 0;
    const read: ByteSource['read'] = async (offset, length) => {
      before(reads++);
      return large.source.read(offset, length);
    };
    return { ...large, source: { ...large.source, read } };
  }

  it('frees everything when it is aborted mid-way', async () => {
    const { device: small, made } = smallDevice(ALL_BYTES);
    const stop = new AbortController();
    const file = hooked((read) => {
      if (read === 2) stop.abort(new Error('stopped by the user'));
    });
    await expect(loadWeights(small, file, undefined, stop.signal)).rejects.toThrow('stopped by the user');
    expect(made.length).toBeGreaterThan(10);
    expect((await Promise.all(made.map(isDestroyed))).every(Boolean)).toBe(true);
  });

  it('begins nothing when it was aborted before', async () => {
    const { device: small, made } = smallDevice(ALL_BYTES);
    await expect(loadWeights(small, model, undefined, AbortSignal.abort())).rejects.toThrow(/aborted/);
    expect(made).toEqual([]);
  });

  it('frees everything and says why when the file cannot be read', async () => {
    const { device: small, made } = smallDevice(ALL_BYTES);
    const file = hooked((read) => {
      if (read === 2) throw new Error('tiny.gguf was cut short');
    });
    await expect(loadWeights(small, file)).rejects.toThrow('tiny.gguf was cut short');
    expect((await Promise.all(made.map(isDestroyed))).every(Boolean)).toBe(true);
  });

  it('names the buffer that the GPU has no room for', async () => {
    const { device: small, made } = smallDevice(ALL_BYTES);
    const full = new Proxy(small, {
      get(target, key) {
        // Simulates a full GPU: the error scopes of the twelfth buffer report out of memory.
        if (key === 'popErrorScope' && made.length === 12)
          return async () => (await device.popErrorScope(), { message: 'out of memory' });
        return Reflect.get(target, key) as unknown;
      },
    });
    const label = () => made[11].label;
    const error: Error = await loadWeights(full, model).then(
      () => new Error('it loaded'),
      (reason: Error) => reason,
    );
    expect(error.message).toContain(`is too large for this GPU: no room for ${label()} (`);
    expect(error.message).toContain('out of memory');
    expect((await Promise.all(made.map(isDestroyed))).every(Boolean)).toBe(true);
  });

  it('says so when the GPU is lost', async () => {
    const other = await openDevice(gpu);
    const file = hooked((read) => {
      if (read === 2) other.destroy();
    });
    await expect(loadWeights(other, file)).rejects.toThrow(/^The GPU was lost while weights were loaded/);
  });
});

describe('a file that arrives while it is loaded', () => {
  const bytes = readBytes(TINY);
  const stored = memorySource(bytes, 'tiny.gguf');

  /** Loads a file whose last byte has not come; resolves when the GPU has some of it. */
  async function begun(onto: GPUDevice) {
    const arriving = new Arriving();
    const none = () => undefined;
    const read = async (at: number, target: Uint8Array) =>
      target.set(await stored.read(at, target.byteLength));
    arriving.begin(
      { size: () => 0, write: none, read, truncate: none, flush: none, close: none },
      'tiny.gguf',
      bytes.length,
    );
    arriving.reached(bytes.length - 1);
    const source = await arriving.source();
    let loading!: ReturnType<typeof loadModel>;
    await new Promise<void>((some, failed) => {
      loading = loadModel(onto, source, (loaded) => loaded > 0 && some());
      loading.catch(failed);
    });
    return { arriving, loading };
  }

  it('is on the GPU in part before its last byte, and ready when its hash is right', async () => {
    const { arriving, loading } = await begun(device);
    arriving.reached(bytes.length);
    arriving.complete(stored);
    const { weights } = await loading;
    await compareWithFile(weights, model, ROOMY);
    weights.destroy();
  });

  it.each(['its SHA-256 is another', 'the file on the server changed'])(
    'leaves nothing on the GPU when %s',
    async (reason) => {
      const { device: small, made } = smallDevice(ALL_BYTES);
      const { arriving, loading } = await begun(small);
      arriving.fail(new Error(reason));
      await expect(loading).rejects.toThrow(reason);
      expect((await Promise.all(made.map(isDestroyed))).every(Boolean)).toBe(true);
    },
  );
});
