// Test helper: the adapter of a page.

/** The adapter's features, or why there is no adapter; runs in the page. */
export async function adapterFeatures() {
  if (!navigator.gpu) return 'no navigator.gpu';
  const adapter = await navigator.gpu.requestAdapter();
  return adapter ? [...adapter.features] : 'no adapter';
}
