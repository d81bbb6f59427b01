/** Names of knobs before version 0.2.0, which links, notebooks and CSV files still use: former name → present name. */
import type { Variant } from '../../shaders/variant';

const FORMER_KNOBS: Record<string, string> = { step: 'tile_k', workgroups: 'split_k_target' };

/** The present name of a knob of these variants; unchanged if one of them has it, or if none has the present name. */
export function presentKnob(name: string, variants: readonly Pick<Variant, 'knobs'>[]): string {
  const has = (knob: string) => variants.some(({ knobs }) => Object.hasOwn(knobs, knob));
  const present = Object.hasOwn(FORMER_KNOBS, name) ? FORMER_KNOBS[name] : name;
  return !has(name) && has(present) ? present : name;
}
