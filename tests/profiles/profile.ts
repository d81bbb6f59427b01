// Test helper: what a browser and its GPU offer, as data. Each file of this folder is a profile; it says what of it is known and
// what is assumed.
import type { Offered } from '../../src/lib/engine/supported';
import minimum from './minimum.json' with { type: 'json' };
import safari26 from './safari-26.json' with { type: 'json' };
import safari27 from './safari-27.json' with { type: 'json' };

export type Profile = typeof safari26;

export const PROFILES: Profile[] = [safari26, safari27, minimum];
export const SAFARI: Profile = safari26;

/** The limits and features of the profile's adapter, as the page would ask for them. */
export function offeredBy({ features, limits, languageFeatures }: Profile): Offered {
  return { features: new Set(features), limits, languageFeatures: new Set(languageFeatures) };
}
