import { ownerOf, readSettings } from './settings';

/**
 * Settings by `adapterInfo.vendor`, for the kernels whose portable default is not the fastest on GPUs of that vendor.
 * `lab tune` finds such settings for the GPU at hand.
 */
export const SETTINGS_BY_VENDOR: Record<string, string> = {
  // H100, Dawn on Vulkan: static/results.
  nvidia: 'matmul_q4_k=dot4&matvec_q4_k=dot4',
  // Not measured by this project: on an M4 the recurrence was found to be four times as fast as chunks (RafaelUI/rwkv-metal).
  apple: 'wkv=lanes',
  // Intel and AMD have not been measured yet: they run the portable defaults.
};

/** The kernels that these settings name. */
export const VENDOR_KERNELS = [
  ...new Set(
    Object.values(SETTINGS_BY_VENDOR).flatMap((text) => readSettings(text).map(([key]) => ownerOf(key))),
  ),
];
