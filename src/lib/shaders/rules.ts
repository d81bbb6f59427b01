/**
 * Rules that a text keeps for its kernel, before it is compiled: what it may write, and how its own buffers may be
 * called. Only the worker and the terminal load this file.
 */
import { HeaderError } from './header';
import type { Kernel } from './kernel';
import { LINE_BREAK } from './tokens';
import type { Variant } from './variant';
import { readModule } from './wgsl';

/**
 * Throws a HeaderError `bindings` for a variant that could write its inputs, or a matrix in its own layout while it is
 * timed, and for a buffer of its own that has the name of another.
 */
export function requireRules(variant: Variant, kernel: Kernel): void {
  const { scratch, resident, bindings, loadBindings } = variant;
  const label = `${variant.kernel}/${variant.name}`;
  const own = [...scratch, ...resident].map(({ name }) => name);
  const given = ['sizes', ...Object.keys(kernel.lengths(kernel.cases[0]))];
  const taken = own.find((name, i) => given.includes(name) || own.indexOf(name) !== i);
  if (taken)
    throw new HeaderError(
      `${label} has a buffer of its own called ${taken}, as another`,
      undefined,
      'bindings',
    );
  const layouts = resident.map(({ name }) => name);
  const writable = [...kernel.outputs, ...scratch.map(({ name }) => name)];
  const written = bindings.find(({ name, type }) => type === 'storage' && !writable.includes(name));
  const loaded = loadBindings.find(({ name, type }) => type === 'storage' && !layouts.includes(name));
  const wrong = written ?? loaded;
  if (!wrong) return;
  const allowed = loaded && !written ? layouts : writable;
  throw new HeaderError(
    `${label} binds ${wrong.name} as read_write; ${loaded && !written ? 'load passes write' : 'it may write'}: ` +
      `${allowed.join(', ') || 'nothing'}`,
    lineOf(variant.text, wrong.name),
    'bindings',
  );
}

/** The line, from 1, on which a text declares a variable. */
function lineOf(text: string, name: string): number | undefined {
  const declared = readModule(text).variables.filter((variable) => variable.name === name);
  const variable = declared.find(({ access }) => access === 'read_write') ?? declared[0];
  return variable && text.slice(0, variable.start).split(LINE_BREAK).length;
}
