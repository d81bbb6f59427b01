/** Loads the texts of the shipped shaders on demand, and remembers whether they are loaded. */
type Sources = typeof import('./sources');

let loaded: Sources | undefined;

export async function loadSources(): Promise<Sources> {
  loaded ??= await import('./sources');
  return loaded;
}

/** True if a text is that of a shipped variant; false as long as their texts are not loaded. */
export const knownToBeShipped = (text: string): boolean => loaded?.isShipped(text) ?? false;
