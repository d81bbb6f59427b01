/** What a shader's text says of itself without its code: all that `parseVariant` reads, at a tenth of the size. */

/** Header, extensions, constants with their knobs, assertions, bindings. */
const SAID = /^(?:\/\/!|enable |requires |const |const_assert |@group\(0\))/;

/** The lines of a text that say what the variant is. Those of a knob and of the header stay as they are. */
export function headOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => SAID.test(line))
    .map((line) => (line.startsWith('//!') || / knob: /.test(line) ? line : line.replace(/\s*\/\/.*$/, '')))
    .map((line) => `${line}\n`)
    .join('');
}
