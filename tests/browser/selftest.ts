// Test helper: the self-test page.
import { codeOf, type Variant, workgroupNeeds } from '../../src/lib/shaders/variant';

/**
 * Starts by itself, with default knobs only: the gpu tests cover other values, which a browser's compiler treats alike.
 */
export const DEFAULTS = 'selftest?run=1&knobs=defaults';
export const FINISHED = '[data-selftest=finished]';

/** The counts, and the rows that have not passed; runs in the page. */
export function outcome() {
  const { passed, failed, skipped } = document.querySelector<HTMLElement>('[data-selftest]')!.dataset;
  const texts = (selector: string) =>
    [...document.querySelectorAll<HTMLElement>(selector)].map((row) => row.innerText);
  return {
    passed: Number(passed),
    failed: Number(failed),
    skipped: Number(skipped),
    failures: [...texts('tr.failed'), ...texts('[role=alert]')],
    skips: texts('tr.skipped'),
  };
}

/** A variant as a browser compiles it. */
export interface Compilable {
  name: string;
  features: string[];
  languageFeatures: string[];
  code: string;
  entryPoints: string[];
  /** Threads and bytes of workgroup memory. */
  needs: ReturnType<typeof workgroupNeeds>;
}

export const compilable = (variant: Variant): Compilable => ({
  name: `${variant.kernel}/${variant.name}`,
  features: variant.features,
  languageFeatures: variant.languageFeatures,
  code: codeOf(variant),
  entryPoints: [...variant.passes, ...variant.loads].map(({ entryPoint }) => entryPoint),
  needs: workgroupNeeds(variant),
});

/**
 * Compiles every shader that the browser has the features for: their number, and the compiler's errors; runs in the page. With
 * `pipelines`, makes those of each as well, for which the browser translates it to the language of its driver.
 */
export async function compileAll({ shaders, pipelines }: { shaders: Compilable[]; pipelines: boolean }) {
  const adapter = (await navigator.gpu.requestAdapter())!;
  const { limits } = adapter;
  const offered = (names: string[], all: ReadonlySet<string>) => names.every((name) => all.has(name));
  const possible = shaders.filter(
    ({ features, languageFeatures, needs }) =>
      offered(features, adapter.features) &&
      offered(languageFeatures, navigator.gpu.wgslLanguageFeatures) &&
      needs.invocations <= limits.maxComputeInvocationsPerWorkgroup &&
      needs.memoryBytes <= limits.maxComputeWorkgroupStorageSize,
  );
  const requiredFeatures = [...new Set(possible.flatMap(({ features }) => features))] as GPUFeatureName[];
  const device = await adapter.requestDevice({
    requiredFeatures,
    requiredLimits: {
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    },
  });
  const problems: string[] = [];
  let made = 0;
  for (const { name, code, entryPoints } of possible) {
    const module = device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    for (const { type, message } of messages) if (type === 'error') problems.push(`${name}: ${message}`);
    for (const entryPoint of pipelines ? entryPoints : [])
      await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint } }).then(
        () => made++,
        (reason: Error) => problems.push(`${name}, ${entryPoint}: ${reason.message}`),
      );
  }
  device.destroy();
  return { problems, compiled: possible.length, made };
}
