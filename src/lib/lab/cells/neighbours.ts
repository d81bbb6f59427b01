/** The runs one step beside the present ones: the next value of a knob, another variant. They are compiled and checked ahead. */
import { kernelOf, membersOf, namesOf, type Catalogue } from '../experiment/catalogue';
import { isKernelKey, isNumberName, numberDescriptor } from '../experiment/descriptors';
import { change, knobsOf, valuesOf, type Experiment } from '../experiment/experiment';
import { expand, type Run } from '../experiment/expand';
import { knobOf, ownerOf } from '../experiment/settings';

const MOST = 12;

/**
 * At most MOST runs that differ in one setting from the last values of these: first the setting that was turned last, then
 * the knobs of the kernels that the settings name, their variants, and the chunk. `turned`: a key; undefined if unknown.
 */
export function neighboursOf(experiment: Experiment, catalogue: Catalogue, turned?: string): Run[] {
  const single: Experiment = Object.fromEntries(
    Object.entries(experiment).map(([key, values]) => [key, values.slice(-1)]),
  );
  const owners = [...new Set(Object.keys(experiment).filter(isKernelKey).map(ownerOf))];
  const knobs = owners.flatMap((owner) =>
    Object.keys(knobsOf(single, owner, catalogue)).map((knob) => `${owner}.${knob}`),
  );
  const keys = [...new Set([...(turned ? [turned] : []), ...knobs, ...owners, 'chunk'])];
  const present = new Set(runsOf(experiment, catalogue).map(({ settings }) => settings));
  const found = new Map<string, Run>();
  for (const key of keys)
    for (const value of besides(single, key, catalogue)) {
      if (found.size === MOST) break;
      for (const run of runsOf(changed(single, key, value, catalogue), catalogue))
        if (!present.has(run.settings)) found.set(run.settings, run);
    }
  return [...found.values()].slice(0, MOST);
}

/** The choices of a key beside its present value; all others of a kernel's variants. */
function besides(single: Experiment, key: string, catalogue: Catalogue): string[] {
  const [owner, knob] = [ownerOf(key), knobOf(key)];
  if (knob) {
    const present = single[key]?.[0] ?? defaultOf(single, owner, knob, catalogue);
    return adjacent((knobsOf(single, owner, catalogue)[knob] ?? []).map(String), present);
  }
  if (isNumberName(key))
    return adjacent([...(numberDescriptor(key).choices ?? [])], valuesOf(single, key)[0]);
  const kernels = isKernelKey(key) ? membersOf(kernelOf(key), catalogue) : [];
  if (kernels.length === 0) return [];
  const chosen = single[key]?.[0];
  return namesOf(kernels[0], catalogue).filter((name) => name !== chosen);
}

function adjacent(choices: string[], present: string | undefined): string[] {
  const at = present === undefined ? -1 : choices.indexOf(present);
  if (at < 0) return [];
  return [choices[at + 1], choices[at - 1]].filter((choice) => choice !== undefined);
}

function defaultOf(
  single: Experiment,
  owner: string,
  knob: string,
  catalogue: Catalogue,
): string | undefined {
  const [kernel] = membersOf(owner, catalogue);
  const [name] = kernel ? valuesOf(single, kernel, catalogue) : [];
  const variant = catalogue.variants.find((each) => each.kernel === kernel && each.name === name);
  const value = variant?.knobs[knob]?.value;
  return value === undefined ? undefined : String(value);
}

function changed(single: Experiment, key: string, value: string, catalogue: Catalogue): Experiment {
  try {
    return change(single, key, [value], catalogue);
  } catch {
    return single;
  }
}

function runsOf(experiment: Experiment, catalogue: Catalogue): Run[] {
  try {
    return expand(experiment, catalogue);
  } catch {
    return [];
  }
}
