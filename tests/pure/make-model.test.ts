// `lab load --make` writes a synthetic model as a file: the same weights, and all that llama.cpp wants of a file.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeModel } from '../../cli/makeModel';
import { memorySource } from '../../src/lib/engine/bytes';
import { syntheticFormat } from '../../src/lib/engine/geometries';
import { type ModelFile, openGguf, readNumbers } from '../../src/lib/engine/gguf';
import { readHeader } from '../../src/lib/engine/ggufHeader';
import { randomModel } from '../small-gguf';

const geometry = {
  ...{ layers: 2, embedding: 256, heads: 4, headSize: 64, hidden: 512, vocabulary: 512 },
  ...{ ranks: { decay: 32, learningRate: 64, value: 32, gate: 96 }, normEpsilon: 1e-5 },
};

/** A tensor's numbers. */
async function bytesOf(file: ModelFile, name: string): Promise<Buffer> {
  return Buffer.from((await readNumbers(file, name)).buffer);
}

describe('a synthetic model as a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-make-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'made.gguf');
  await makeModel(path, { geometry });
  const bytes = new Uint8Array(readFileSync(path));

  it('has the geometry and every weight of the model that is made in memory', async () => {
    const made = await openGguf(memorySource(bytes, path));
    const synthetic = await openGguf(
      memorySource(
        randomModel(geometry, (tensor) => syntheticFormat(tensor)),
        'synthetic',
      ),
    );
    expect(made.geometry.ranks).toEqual(geometry.ranks);
    expect(made.geometry).toEqual(synthetic.geometry);
    for (const name of synthetic.tensors.keys()) {
      const own = await bytesOf(made, name);
      expect(own.equals(await bytesOf(synthetic, name)), name).toBe(true);
    }
  });

  it('has its LoRAs in f32 when they are in memory', async () => {
    const other = join(folder, 'f32.gguf');
    await makeModel(other, { geometry, f32Loras: true });
    const { tensors } = await openGguf(memorySource(new Uint8Array(readFileSync(other)), other));
    expect(tensors.get('blk.1.time_mix_g1.weight')!.format).toBe('f32');
    expect(tensors.get('blk.1.channel_mix_key.weight')!.format).toBe('q4_k');
  });

  it('has the keys and the unused tensors that llama.cpp refuses a file without, and a token for each byte', async () => {
    const { metadata, tensors } = await readHeader(memorySource(bytes, path));
    expect(metadata.get('rwkv7.context_length')).toBe(8192);
    expect(metadata.get('rwkv7.attention.head_count')).toBe(0);
    expect(metadata.get('rwkv7.attention.value_residual_mix_lora_rank')).toBe(32);
    const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape.map(Number)]));
    expect(shapes['blk.0.time_mix_v0.weight']).toEqual([256]);
    expect(shapes['blk.0.time_mix_v1.weight']).toEqual([256, 64]);
    expect(shapes['blk.0.time_mix_v2.weight']).toEqual([64, 256]);
    expect(shapes['blk.1.time_mix_lerp_fused.weight']).toEqual([256, 1, 1, 6]);
    const { tokens } = await openGguf(memorySource(bytes, path));
    for (let byte = 0; byte < 256; byte++) expect(tokens.bytes[byte + 1]).toEqual(Uint8Array.of(byte));
  });
});
