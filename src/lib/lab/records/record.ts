/** What one finished run says, and the one list of columns that the table, the CSV and the tooltip all read. */
import type { ChosenVariant } from '../experiment/expand';
import { median, medianInterval } from './statistics';

/** Plain numbers, strings and lists: safe to post, to store and to export. */
export interface RunRecord {
  /** Settings that make this run again, as a query string. */
  settings: string;
  /** The model as it was asked for: a name, a file, an address. */
  model: string;
  parameters: number;
  /** layers, embedding, heads, hidden, vocabulary. */
  geometry: Record<string, number>;
  /** Bytes of weights on the GPU. */
  weightBytes: number;
  /** Bytes on the GPU beside those, where that was recorded: state, activations, scratch, and matrices that variants keep in layouts of their own. */
  memoryBytes?: number;
  /** From the first request for bytes (or the first synthesising dispatch) to weights that can be used. */
  loadSeconds: number;
  /** To lay out matrices as the variants keep them, before anything is timed; 0 where none is. */
  layoutSeconds?: number;
  /** Prompt tokens. */
  prefill: number;
  /** Tokens a pass over the layers, as it happened. */
  chunk: number;
  /** Tokens decoded after each prefill. */
  decode: number;
  stepsPerSubmit: number;
  seed: number;
  /** Those of the kernels the model uses. */
  variants: Record<string, ChosenVariant>;
  /** Hash of the kernels' texts as they ran, 8 hex digits. */
  kernelHash: string;
  /** Wall seconds of each timed prefill, in the order taken: first submit to the last token's argmax on the CPU. */
  prefillSeconds: number[];
  /** The same of the repetitions before. */
  warmupSeconds: number[];
  /** Wall seconds of decoding `decode` tokens, one entry a sample; empty without decoding. */
  decodeSeconds: number[];
  /** Softmax over the last token's logits, a step of its own. */
  softmaxSeconds: number[];
  /** Probabilities from the GPU to the CPU. */
  readbackSeconds: number[];
  /** Largest error of the kernels against their references on this device (normalised mean squared error). */
  error: number;
  /** The kernel that had it. */
  errorKernel: string;
  adapter: string;
  /** A CPU pretended to be a GPU. */
  software: boolean;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** The browser's user agent, or the terminal's runtime and system. */
  agent: string;
  warnings: Warning[];
  /** Present where only a summary was shared: `prefillSeconds` then holds one value, the median. */
  summary?: Summary;
  /** Version of the lab that measured it; absent in records from before 0.2. */
  labVersion?: string;
}

/** A record that any version of the lab stored, with today's names: until 0.1 `prefillSeconds` was called `seconds`. */
export function upgradeRecord(
  stored: RunRecord | (Omit<RunRecord, 'prefillSeconds'> & { seconds: number[] }),
): RunRecord {
  if (!('seconds' in stored)) return stored;
  const { seconds: prefillSeconds, ...record } = stored;
  return { ...record, prefillSeconds };
}

export interface Summary {
  /** Undefined where nobody said. */
  samples?: number;
  /** Of the median, wall seconds; undefined where nobody said. */
  low?: number;
  high?: number;
}

/** Everything a run may be warned of, and what to do about it. */
export const WARNINGS = {
  software: 'A CPU stands in for the GPU: use these figures to check correctness, never to compare speed.',
  hidden: 'The page was hidden while this was measured, which slows it: keep the tab in front and run again.',
  few: 'Fewer than five samples say little about the spread: set samples to 5 or more.',
  spread: 'The samples differ by more than 5 %: close what else uses the GPU, and raise warmup and samples.',
  short: 'A sample took less than 5 ms, near what clocks can tell apart: raise prefill.',
  cold: 'Nothing was run before the timed samples: set warmup to 1 or more, unless the first run is what you ask about.',
  drift:
    'Later samples are slower than earlier ones, as on a GPU that heats up: let it cool, and compare interleaved runs with a compare cell.',
  unused: 'A setting names a kernel or a shape that this model does not use; it had no effect.',
} as const;

export type Warning = keyof typeof WARNINGS;

/** Prompt tokens ÷ median wall seconds. */
export const tokensPerSecond = (record: RunRecord) => record.prefill / median(record.prefillSeconds);

/** Decoded tokens ÷ median wall seconds; undefined when nothing was decoded. */
export const decodeTokensPerSecond = ({ decode, decodeSeconds }: RunRecord) =>
  decodeSeconds.length ? decode / median(decodeSeconds) : undefined;

/** Prompt tokens a second between which the median lies, where there are samples enough to say so. */
export function rateInterval({ prefillSeconds, prefill, summary }: RunRecord): { low: number; high: number } {
  const [typical] = prefillSeconds;
  const { low = typical, high = typical } = summary ?? medianInterval(prefillSeconds);
  return { low: prefill / high, high: prefill / low };
}

/** FNV-1a over the kernels' texts in a fixed order: the same hash, the same shaders. */
export function hashTexts(texts: Record<string, string>): string {
  let hash = 0x811c9dc5;
  for (const name of Object.keys(texts).sort())
    for (const character of `${name}\n${texts[name]}\n`)
      hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
