/** The zeros that sparse variants leave out in a decoded token, and the bytes that they read. */
import { countZeros, shareOfZeros, totalZeros, type Zeros } from '../../engine/zeros';
import type { Plans } from '../../engine/engine';
import type { Step } from '../../engine/encode';
import { kernels as registry } from '../../shaders';
import type { Sizes } from '../../shaders/kernel';
import { evaluate, type Variant } from '../../shaders/variant';

/** Tokens in which zeros are counted. */
const TOKENS = 8;

/**
 * Counts in the tokens that follow, by step; nothing without sparse variants. The engine has to be loaded anew afterwards, because it
 * does not know of these tokens.
 */
export async function zerosOfDecode({ final }: Plans, device: GPUDevice): Promise<Map<Step, Zeros>> {
  const steps = final.get(1) ?? [];
  const tokens: Map<Step, Zeros>[] = [];
  for (let token = 0; token < TOKENS; token++) tokens.push(await countZeros(device, steps));
  return new Map(
    [...tokens[0].keys()].map((step) => [step, totalZeros(tokens.map((each) => each.get(step)!))]),
  );
}

/** Share of zeros in all steps together; undefined without any. */
export const shareOf = (counted: ReadonlyMap<Step, Zeros>): number | undefined =>
  counted.size ? shareOfZeros(totalZeros([...counted.values()])) : undefined;

/**
 * Bytes of a use of a sparse variant, with these zeros in its x: what it reads of the matrix, by its header from `nonzero` columns and
 * `nonzero_groups`, 32 columns with any, and the other arrays.
 */
export function sparseBytes(variant: Variant, sizes: Sizes, zeros: Zeros): number {
  const { weight = 0, ...others } = registry[variant.kernel].lengths(sizes);
  const perUse = (sizes.batch * sizes.columns) / zeros.columns; // where the counts are of several uses
  const counts = { nonzero: zeros.nonzero * perUse, nonzero_groups: zeros.nonzeroGroups * perUse };
  const read = weight ? evaluate(variant.reads!, variant, { ...sizes, ...counts }) : 0;
  return read + 4 * Object.values(others).reduce((sum, length) => sum + length, 0);
}
