/** The published sizes of RWKV-7, for synthetic models and the catalogue. Apart from the code that makes weights, which pages do not load. */
import type { Geometry } from './geometry';

/**
 * Geometries of the published RWKV-7 models. The training code's formula for the ranks,
 * max(1, round(C^e · m / 32)) · 32, gives the same values except for the gate of the 0.4B model (160) and for those of the
 * 13.3B model; the sizes of the published files confirm all of them (tests/pure/models.test.ts).
 */
export const SYNTHETIC: Record<string, Geometry> = {
  'synthetic-0.1b': world(12, 768, { decay: 64, learningRate: 64, value: 32, gate: 128 }),
  'synthetic-0.4b': world(24, 1024, { decay: 64, learningRate: 64, value: 32, gate: 128 }),
  'synthetic-1.5b': world(24, 2048, { decay: 96, learningRate: 96, value: 64, gate: 256 }),
  'synthetic-2.9b': world(32, 2560, { decay: 96, learningRate: 96, value: 64, gate: 320 }),
  'synthetic-7.2b': world(32, 4096, { decay: 128, learningRate: 128, value: 96, gate: 480 }),
  'synthetic-13.3b': world(61, 4096, { decay: 192, learningRate: 192, value: 128, gate: 384 }),
};

function world(layers: number, embedding: number, ranks: Geometry['ranks']): Geometry {
  const sizes = { layers, embedding, heads: embedding / 64, headSize: 64, hidden: 4 * embedding };
  return { ...sizes, vocabulary: 65536, ranks, normEpsilon: 1e-5 };
}

/** A synthetic model by name. */
export interface Synthetic {
  geometry: Geometry;
  /** Share of zeros that the hidden layer of channel mix should have; without it, random weights leave about half. */
  zeros?: number;
  /** Whether all LoRAs are f32, as in files of some converters; otherwise only the decay's are. */
  f32Loras?: boolean;
}

/**
 * The model of a name in SYNTHETIC, to which `-f32loras` may be added, and then `-zeros` and a whole percentage:
 * `synthetic-2.9b-zeros90`. Undefined for any other name.
 */
export function readSynthetic(name: string): Synthetic | undefined {
  const [, base, f32Loras, percent] = /^(.+?)(-f32loras)?(?:-zeros([1-9]\d))?$/.exec(name) ?? [];
  if (base === undefined || !Object.hasOwn(SYNTHETIC, base)) return undefined;
  return {
    geometry: SYNTHETIC[base],
    ...(f32Loras && { f32Loras: true }),
    ...(percent && { zeros: Number(percent) / 100 }),
  };
}

/** The weight format of a tensor, as in an f16 file quantised to Q4_K_M by llama.cpp. */
export function syntheticFormat(tensor: string, { f32Loras = false }: { f32Loras?: boolean } = {}): string {
  if (tensor === 'output.weight') return 'q6_k';
  if (/time_mix_[avg][12]\.weight$/.test(tensor)) return f32Loras ? 'f32' : 'f16';
  if (/^token_embd\.weight$|(receptance|key|value|output)\.weight$/.test(tensor)) return 'q4_k';
  return 'f32';
}
