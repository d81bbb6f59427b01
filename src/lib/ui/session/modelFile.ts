/**
 * Looks at the first bytes of a file that is chosen as a model; the rest of its header is read when it is loaded. Rejects with an Error if it is no
 * GGUF file or cannot be read.
 */
export async function checkModelFile(file: File): Promise<void> {
  const start = await file.slice(0, 4).text();
  if (start === 'GGUF') return;
  throw new Error(file.size ? `its first bytes are ${JSON.stringify(start)}, not "GGUF"` : 'it is empty');
}
