/** Which settings a text takes. Does not import the engine: the page reads cells with it. */
import { isKernelKey, isNumberName, NUMBER_NAMES, NUMBERS } from '../experiment/descriptors';
import { type Experiment, requireOne } from '../experiment/experiment';

/** The numbers that change what is computed from a given text; the others are about random prompts and timing. */
const NUMBERS_USED = NUMBER_NAMES.filter((name) => NUMBERS[name].forTexts);

/** True for a setting that changes what is computed from a given text. */
export const meansForTexts = (key: string): boolean =>
  key === 'model' || isKernelKey(key) || (isNumberName(key) && NUMBERS[key].forTexts);

/** Throws unless each setting has one value and changes what is computed. */
export function checkSettings(experiment: Experiment): void {
  for (const [key, values] of Object.entries(experiment)) {
    requireOne(key, values, ' here');
    if (!meansForTexts(key))
      throw new Error(`${key} has no meaning here; possible: ${NUMBERS_USED.join(', ')}, variants and knobs`);
  }
}
