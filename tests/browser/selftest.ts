// Test helper: the self-test page.
import { codeOf, type Variant } from '../../src/lib/shaders/variant';

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
}

export const compilable = (variant: Variant): Compilable => ({
  name: `${variant.kernel}/${variant.name}`,
  features: variant.features,
  languageFeatures: variant.languageFeatures,
  code: codeOf(variant),
});

/** Compiles every shader that the browser has the features for: their number, and the compiler's errors; runs in the page. */
export async function compileAll(shaders: Compilable[]) {
  const adapter = (await navigator.gpu.requestAdapter())!;
  const offered = (names: string[], all: ReadonlySet<string>) => names.every((name) => all.has(name));
  const possible = shaders.filter(
    ({ features, languageFeatures }) =>
      offered(features, adapter.features) && offered(languageFeatures, navigator.gpu.wgslLanguageFeatures),
  );
  const requiredFeatures = [...new Set(possible.flatMap(({ features }) => features))] as GPUFeatureName[];
  const device = await adapter.requestDevice({ requiredFeatures });
  const problems: string[] = [];
  for (const { name, code } of possible) {
    const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
    for (const { type, message } of messages) if (type === 'error') problems.push(`${name}: ${message}`);
  }
  return { problems, compiled: possible.length };
}
