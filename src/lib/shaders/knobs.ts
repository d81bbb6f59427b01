/** Knobs: constants of a variant's text that are followed by their choices, `const tile_k = 32u; // knob: 16 32 64`. */
import { HeaderError } from './header';
import { readModule } from './wgsl';

export interface Knob {
  value: number;
  choices: number[];
}

/** Bounds of texts from outside. */
const MOST_KNOBS = 32;
const MOST_CHOICES = 64;

/** The first MOST_KNOBS knobs that a text declares, even if the text has errors. */
export const readKnobs = (text: string): Record<string, Knob> =>
  Object.fromEntries(Object.entries(allKnobs(text)).slice(0, MOST_KNOBS));

function allKnobs(text: string): Record<string, Knob> {
  const knobs = readModule(text).constants.flatMap(({ name, value, choices }) =>
    choices ? [[name, { value: parseInt(value[0].text), choices }] as const] : [],
  );
  return Object.fromEntries(knobs);
}

/** The knobs of a variant's text; `label` names it. Throws a HeaderError if they are too many to show and to try. */
export function boundedKnobs(text: string, label: string): Record<string, Knob> {
  const knobs = allKnobs(text);
  const names = Object.keys(knobs);
  if (names.length > MOST_KNOBS)
    throw new HeaderError(`${label} has ${names.length} knobs; at most ${MOST_KNOBS} are possible`);
  const long = names.find((name) => knobs[name].choices.length > MOST_CHOICES);
  if (long)
    throw new HeaderError(
      `${label}: the knob ${long} has ${knobs[long].choices.length} choices; at most ${MOST_CHOICES} are possible`,
    );
  return knobs;
}

/** A variant's knobs as written in tables: `row_threads=16 tile_k=32`. */
export const knobsKey = ({ knobs }: { knobs: Record<string, Knob> }) =>
  Object.entries(knobs)
    .map(([name, { value }]) => `${name}=${value}`)
    .join(' ');
