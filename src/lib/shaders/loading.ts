/** Loads the shipped shaders' texts where they are needed, and remembers whether they are there. */
type Sources = typeof import('./sources');

let loaded: Sources | undefined;

export async function loadSources(): Promise<Sources> {
  loaded ??= await import('./sources');
  return loaded;
}

/** Whether a text is known to be that of a shipped variant; false as long as their texts are not loaded. */
export const knownToBeShipped = (text: string): boolean => loaded?.isShipped(text) ?? false;
