/** Tells why a GPU or a browser cannot run a variant, from what the adapter offers. Needs no device. */
import { brokenAssertion, evaluate, workgroupNeeds, type Variant } from '../shaders/variant';

/** The part of an adapter or device, and of its browser, that decides which variants run. */
export interface Offered {
  features: ReadonlySet<string>;
  limits: Pick<
    GPUSupportedLimits,
    'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupStorageSize' | 'maxStorageBuffersPerShaderStage'
  >;
  /** `gpu.wgslLanguageFeatures`; if undefined, every language feature counts as offered. */
  languageFeatures?: ReadonlySet<string>;
  /** The adapter's smallest subgroup; Safari 26 and Firefox report none. */
  subgroupMinSize?: number;
}

/** Subgroups smaller than this exist on no GPU; it is assumed where the browser reports no smallest size. */
const SMALLEST_SUBGROUP = 4;

/**
 * The reason why the variant cannot run (a missing feature, a limit, a rule of its own that its knobs break), as a
 * phrase that continues "It …"; undefined when it can run.
 */
export function unsupportedReason(variant: Variant, offered: Offered): string | undefined {
  const { features, limits, languageFeatures, subgroupMinSize = SMALLEST_SUBGROUP } = offered;
  const missing = [
    ...variant.features.filter((feature) => !features.has(feature)),
    ...variant.languageFeatures.filter((feature) => languageFeatures && !languageFeatures.has(feature)),
  ];
  if (missing.length) return `needs ${missing.join(', ')}, which this GPU or browser does not offer`;
  const subgroup = variant.subgroup === undefined ? 0 : evaluate(variant.subgroup, variant, {});
  if (subgroup > subgroupMinSize)
    return `needs subgroups of ${subgroup} threads; this GPU's may have ${subgroupMinSize}`;
  const broken = brokenAssertion(variant);
  if (broken) return `its knobs break its own rule "${broken}"`;
  const { invocations, memoryBytes } = workgroupNeeds(variant);
  const needs: [number, number, string][] = [
    [invocations, limits.maxComputeInvocationsPerWorkgroup, 'threads a workgroup'],
    [memoryBytes, limits.maxComputeWorkgroupStorageSize, 'bytes of workgroup memory'],
    [storageBuffers(variant), limits.maxStorageBuffersPerShaderStage, 'storage buffers'],
  ];
  const exceeded = needs.find(([needed, allowed]) => needed > allowed);
  return exceeded && `needs ${exceeded[0]} ${exceeded[2]}; this GPU allows ${exceeded[1]}`;
}

/** The storage buffers that a pass of the variant binds, at most. */
function storageBuffers({ bindings, loadBindings }: Variant): number {
  const counts = [bindings, loadBindings].map(
    (entries) => entries.filter(({ type }) => type !== 'uniform').length,
  );
  return Math.max(...counts);
}
