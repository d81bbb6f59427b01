/** The cheats that the self-test tries on the visitor's GPU; tests/cheats has more. */
import { readCheat } from './cheat';

const files = import.meta.glob<string>('./*.wgsl', { query: '?raw', import: 'default', eager: true });

export const cheats = Object.entries(files).map(([path, text]) =>
  readCheat(path.replace(/^\.\/|\.wgsl$/g, ''), text),
);
