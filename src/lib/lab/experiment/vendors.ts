import { ownerOf, readSettings } from './settings';

/** Settings that run by default on a vendor's GPUs. */
interface VendorRow {
  /** A variant of one kernel, and its knobs. */
  settings: string;
  /** `measured`: by this project, on such a GPU; `reasoned`: from what is known of it, until somebody measures. */
  basis: 'measured' | 'reasoned';
}

/**
 * Rows by the vendor that the adapter names, for the kernels whose portable default is not the fastest there. Of several rows
 * for a kernel, the first runs that the GPU and the browser allow. `lab tune` finds such settings for the GPU at hand.
 */
export const ROWS_BY_VENDOR: Record<string, VendorRow[]> = {
  // H100, Dawn on Vulkan: static/results.
  nvidia: [
    { settings: 'matmul_q4_k=dot4', basis: 'measured' },
    { settings: 'matvec_q4_k=dot4', basis: 'measured' },
  ],
  // Never dot4: Safari makes four multiplications and additions of a dot product. Figures: docs/safari-cost.csv.
  apple: [
    // On an M4 the recurrence was found to be four times as fast as chunks (RafaelUI/rwkv-metal).
    { settings: 'wkv=lanes&wkv.written_out=32', basis: 'reasoned' },
    // The same without subgroups, which Safari 26 and 27.0 lack: lanes exchange sums through workgroup memory.
    { settings: 'wkv=exchange&wkv.written_out=32', basis: 'reasoned' },
    // f32 tiles in registers; no counter is left inside a tile.
    { settings: 'matmul_q4_k=tiled&matmul_q4_k.written_out=32', basis: 'reasoned' },
    // A workgroup has 8 rows to pay for its zeroed memory; it waits 15 times for memory instead of 59.
    { settings: 'matvec_q4_k=staged&matvec_q4_k.written_out=32', basis: 'reasoned' },
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
