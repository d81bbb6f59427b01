/** The buffers that a variant's text declares in group 0. */
import { type Lookup, wholeOrUndefined } from './arithmetic';
import type { Module, Variable } from './wgsl';

export interface BindingEntry {
  name: string;
  binding: number;
  type: GPUBufferBindingType;
}

/**
 * The bindings of the passes and those of the load passes; of two variables with the same number, the load passes see
 * the second. `lookup` knows the constants of all modules; `resident` names the layouts that the load passes write.
 */
export function bindingsOf(
  modules: Module[],
  lookup: Lookup,
  resident: string[],
): { bindings: BindingEntry[]; loadBindings: BindingEntry[] } {
  const declared = modules.flatMap(({ variables }) =>
    variables.flatMap((variable) => bindingOf(variable, lookup)),
  );
  const first = new Map([...declared].reverse().map((entry) => [entry.binding, entry]));
  const last = new Map(declared.map((entry) => [entry.binding, entry]));
  const bindings = declared.filter((entry) => first.get(entry.binding) === entry);
  const loadBindings = bindings
    .filter(({ name }) => ['sizes', 'weight', ...resident].includes(name))
    .map((entry) => ({ ...entry, type: last.get(entry.binding)!.type }));
  return { bindings, loadBindings: resident.length ? loadBindings : [] };
}

/** The binding of a buffer in group 0; none for other variables, which the compiler refuses if they are invalid. */
function bindingOf({ name, space, access, attributes }: Variable, lookup: Lookup): BindingEntry[] {
  const number = (attribute: string) => {
    const found = attributes.find((each) => each.name === attribute);
    return found && wholeOrUndefined(found.value, lookup);
  };
  const binding = number('binding');
  if (number('group') !== 0 || binding === undefined || !['uniform', 'storage'].includes(space)) return [];
  const type = space === 'uniform' ? space : access === 'read_write' ? 'storage' : 'read-only-storage';
  return [{ name, binding, type }];
}
