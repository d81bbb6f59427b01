/**
 * Settings by `adapterInfo.vendor`, for the kernels whose portable default is not the best choice there. `lab tune` finds
 * such a text for the GPU at hand.
 */
export const SETTINGS_BY_VENDOR: Record<string, string> = {
  // H100, Dawn on Vulkan: static/results.
  nvidia: 'matmul_q4_k=dot4&matvec_q4_k=dot4',
  // Not measured here: on an M4 others found the recurrence four times as fast as chunks (RafaelUI/rwkv-metal).
  apple: 'wkv=lanes',
  // Intel, AMD: not measured yet, so they run the portable defaults.
};

/** The kernels it speaks of. */
export const VENDOR_KERNELS = [
  ...new Set(
    Object.values(SETTINGS_BY_VENDOR).flatMap((text) =>
      text.split('&').map((setting) => setting.split(/[.=]/)[0]),
    ),
  ),
];
