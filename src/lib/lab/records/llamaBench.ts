/** The columns that llama-bench has too, first in every CSV of the lab. */
import { type Column, exported } from './column';
import type { RunRecord } from './record';
import { mean, standardDeviation } from '../statistics/descriptive';

/** Prompt tokens per second of each sample. */
const ratesOf = ({ prefill, prefillSeconds }: RunRecord) =>
  prefillSeconds.map((seconds) => prefill / seconds);

/** A column that a record of another program may have itself, and is empty where it does not; the lab's own records have `own`. */
const given = (name: string, title: string, own: Column['value']) =>
  exported(name, title, (r) => (r.setup ? (r.setup[name] ?? '') : own(r)));

/**
 * llama-bench's columns, with its names and units, so that llama.cpp's compare-llama-bench.py reads the file: a run is a
 * test of n_prompt tokens, a chunk is n_ubatch, and the hash of the kernels is build_commit. Columns without a meaning
 * here are 0 or empty. Decoding has columns of its own; in llama-bench it would be another row.
 */
export const LLAMA_BENCH: readonly Column[] = [
  exported('build_commit', 'Kernel hash', (r) => r.setup?.build_commit ?? r.kernelHash),
  given('build_number', 'Build', () => 0),
  given('cpu_info', 'CPU', () => ''),
  exported('gpu_info', 'Adapter', (r) => r.adapter),
  given('backends', 'Backend', () => 'WebGPU'),
  exported('model_filename', 'Model', (r) => r.model),
  given('model_type', 'Model type', (r) => `rwkv7 ${r.geometry.layers} × ${r.geometry.embedding}`),
  exported('model_size', 'Weights (bytes)', (r) => r.weightBytes),
  exported('model_n_params', 'Parameters', (r) => r.parameters),
  given('n_batch', 'Batch (tokens)', (r) => r.prefill),
  exported('n_ubatch', 'Chunk (tokens)', (r) => r.chunk),
  ...['n_threads', 'cpu_mask', 'cpu_strict', 'poll'].map((name) => given(name, name, () => 0)),
  ...['type_k', 'type_v'].map((name) => given(name, name, () => 'f32')),
  given('n_gpu_layers', 'Layers on the GPU', (r) => r.geometry.layers),
  ...['split_mode', 'main_gpu', 'no_kv_offload', 'flash_attn'].map((name) => given(name, name, () => 0)),
  ...['tensor_split', 'tensor_buft_overrides'].map((name) => given(name, name, () => '')),
  ...['use_mmap', 'embeddings', 'no_op_offload'].map((name) => given(name, name, () => 0)),
  exported('n_prompt', 'Prefill (tokens)', (r) => r.prefill),
  exported('n_gen', 'Generated (tokens)', () => 0),
  given('n_depth', 'Depth (tokens)', () => 0),
  exported('test_time', 'Started (UTC)', (r) => r.startedAt),
  exported('avg_ns', 'Mean (ns)', (r) => Math.round(1e9 * mean(r.prefillSeconds))),
  exported('stddev_ns', 'Standard deviation (ns)', (r) =>
    Math.round(1e9 * standardDeviation(r.prefillSeconds)),
  ),
  exported('avg_ts', 'Mean (tokens/s)', (r) => mean(ratesOf(r))),
  exported('stddev_ts', 'Standard deviation (tokens/s)', (r) => standardDeviation(ratesOf(r))),
  // Later than the others: the script of llama.cpp v0.5.0 refuses files without them, and older ones pass over them.
  given('load_mode', 'load_mode', () => 'auto'),
  ...['n_cpu_moe', 'fit_target', 'fit_min_ctx'].map((name) => given(name, name, () => 0)),
];
