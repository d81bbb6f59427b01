import { ownerOf, readSettings } from './settings';

/** Settings that run by default on a vendor's GPUs. */
interface VendorRow {
  /** A variant of one kernel, and its knobs. */
  settings: string;
  /** `measured`: by this project, on such a GPU; `reasoned`: from what is known of it, until it is measured. */
  basis: 'measured' | 'reasoned';
}

/**
 * Rows by the vendor that the adapter names, for the kernels whose portable default is not the fastest there. Of several rows
 * for a kernel, the first runs that the GPU and the browser allow. `lab tune` finds such settings for the GPU at hand.
 */
export const ROWS_BY_VENDOR: Record<string, VendorRow[]> = {
  // H100 and H200, Dawn on Vulkan: static/results.
  nvidia: [
    { settings: 'matmul_q4_k=dot4', basis: 'measured' },
    // Enough workgroups for all of the GPU in chunks of up to 256 tokens.
    { settings: 'token_shift=spread&token_shift.workgroups=512', basis: 'measured' },
    // 8 bits too, as in the other products.
    { settings: 'lora_matmul=dot4', basis: 'measured' },
    // A workgroup of wkv's scan has 16 rows of the state.
    { settings: 'wkv=chunked&wkv.row_blocks=2', basis: 'measured' },
    // For the output matrix and the value of channel mix; what comes before them has kernels of its own.
    // Few large workgroups round x less often; where a GPU allows 256 threads only, smaller ones.
    {
      settings: 'matvec_q4_k=dot4&matvec_q4_k.lanes=40&matvec_q4_k.teams=12&matvec_q4_k.staged=160',
      basis: 'measured',
    },
    {
      settings: 'matvec_q4_k=dot4&matvec_q4_k.lanes=40&matvec_q4_k.teams=6&matvec_q4_k.staged=160',
      basis: 'measured',
    },
    // The head, with 8-bit activations like the other products.
    { settings: 'matvec_q6_k=words_dot4', basis: 'measured' },
    // The same for several sequences.
    { settings: 'matvecs_q4_k=rounded', basis: 'measured' },
    { settings: 'matvecs_q6_k=rounded_words', basis: 'measured' },
    { settings: 'lora_matvecs=rows', basis: 'measured' },
    { settings: 'wkv_tokens=fused&wkv_tokens.known_sizes=1', basis: 'measured' },
    { settings: 'wkv_token=fused&wkv_token.known_sizes=1', basis: 'measured' },
    { settings: 'time_mix_start_q4_k=dot4', basis: 'measured' },
    { settings: 'channel_mix_start_q4_k=dot4', basis: 'measured' },
  ],
  // Never dot4: Safari makes four multiplications and additions of a dot product. Figures: docs/safari-cost.csv, which also says
  // what fits in the 128 registers of a thread.
  apple: [
    // On an M4 the recurrence was found to be four times as fast as chunks (RafaelUI/rwkv-metal), which need too many registers.
    { settings: 'wkv=lanes&wkv.lanes=8&wkv.rows=16&wkv.written_out=32', basis: 'reasoned' },
    // The same without subgroups, which Safari 26 and 27.0 lack: lanes exchange sums through workgroup memory.
    { settings: 'wkv=exchange&wkv.lanes=8&wkv.rows=8&wkv.written_out=32', basis: 'reasoned' },
    // Tiles of f16 are half the workgroup memory to move, and Apple's GPUs multiply f16 into f32 sums at no cost.
    { settings: 'matmul_q4_k=f16&matmul_q4_k.flush=0&matmul_q4_k.written_out=8', basis: 'reasoned' },
    // f32 tiles in registers; no counter is left inside a tile.
    { settings: 'matmul_q4_k=tiled&matmul_q4_k.written_out=32', basis: 'reasoned' },
    { settings: 'matmul_q6_k=tiled&matmul_q6_k.written_out=32', basis: 'reasoned' },
    // Thread 0 zeroes 65 vectors for 16 rows, not 800 elements for 8; no barrier in the loop; 9 waits for memory, not 28.
    {
      settings:
        'matvec_q4_k=staged&matvec_q4_k.lanes=8&matvec_q4_k.teams=8&matvec_q4_k.stages_x=0&matvec_q4_k.written_out=32',
      basis: 'reasoned',
    },
    {
      settings: 'matvec_q6_k=words&matvec_q6_k.lanes=8&matvec_q6_k.lane_rows=2&matvec_q6_k.written_out=32',
      basis: 'reasoned',
    },
    // Published models of up to 1.5B parameters are mostly q8_0.
    { settings: 'matmul_q8_0=tiled&matmul_q8_0.written_out=32', basis: 'reasoned' },
    {
      settings: 'matvec_q8_0=lanes&matvec_q8_0.lanes=8&matvec_q8_0.group_rows=8&matvec_q8_0.written_out=32',
      basis: 'reasoned',
    },
    // Here only the loops of constant length differ.
    { settings: 'token_shift=spread&token_shift.written_out=32', basis: 'reasoned' },
    { settings: 'lora_matmul=tiled&lora_matmul.written_out=32', basis: 'reasoned' },
    { settings: 'lora_matvec=lanes&lora_matvec.lanes=32&lora_matvec.written_out=32', basis: 'reasoned' },
    { settings: 'wkv_token=fused&wkv_token.written_out=32', basis: 'reasoned' },
  ],
  // SwiftShader, the CPU on which Chromium emulates a GPU: it splits code at every barrier, which makes kernels with barriers slow to compile and
  // to run. All rows together took `demo`, with a prompt of 32, from 136 CPU seconds to 61; they were not measured one by one.
  google: [
    { settings: 'matmul_q4_k=naive', basis: 'reasoned' },
    { settings: 'matmul_q6_k=naive', basis: 'reasoned' },
    { settings: 'matmul_q8_0=naive', basis: 'reasoned' },
    { settings: 'matvec_q4_k=naive', basis: 'reasoned' },
    { settings: 'matvec_q6_k=naive', basis: 'reasoned' },
    { settings: 'matvec_q8_0=naive', basis: 'reasoned' },
    { settings: 'lora_matmul=naive', basis: 'reasoned' },
    { settings: 'lora_matvec=naive', basis: 'reasoned' },
    { settings: 'wkv=naive', basis: 'reasoned' },
    { settings: 'wkv_token=separate', basis: 'reasoned' },
    { settings: 'token_shift=separate', basis: 'reasoned' },
  ],
  // Intel and AMD have not been measured yet: they run the portable defaults.
};

/** The kernels that these rows name. */
export const VENDOR_KERNELS = [
  ...new Set(
    Object.values(ROWS_BY_VENDOR)
      .flat()
      .flatMap(({ settings }) => readSettings(settings).map(([key]) => ownerOf(key))),
  ),
];

/** The rows of the vendor that an adapter names; none for a vendor without any. */
export function rowsOf({ vendor }: { vendor: string }): VendorRow[] {
  const name = vendor.toLowerCase();
  return Object.hasOwn(ROWS_BY_VENDOR, name) ? ROWS_BY_VENDOR[name] : [];
}
