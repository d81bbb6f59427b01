/** The demands of a shader's text beside the limits of this GPU and of every WebGPU device, and the cost of Safari's translation. */
import { parseCsv } from '../../lab/records/csv';
import { readVariants } from '../../shaders';
import { wholeFiles } from '../../shaders/sources';
import { passNeeds, turnKnob, type Variant } from '../../shaders/variant';

/** One entry point. */
interface PassFacts {
  entryPoint: string;
  /** Threads of a workgroup; 0 if the text does not tell. */
  threads: number;
  workgroupBytes: number;
}

export interface Facts {
  /** Passes that run in each chunk, then those that fill layouts of the variant's own. */
  passes: PassFacts[];
  /** Storage buffers that a pass binds, at most. */
  buffers: number;
}

/** The limits that every WebGPU device has: https://www.w3.org/TR/webgpu/#limits */
export const SPEC_LIMITS = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxStorageBuffersPerShaderStage: 8,
} as const;

/** The facts of the first variant that a text defines. Throws an Error if its header cannot be read. */
export function factsOf(kernel: string, name: string, text: string): Facts {
  const [variant] = readVariants(kernel, name, text);
  const { passes, loads, bindings, loadBindings } = variant;
  const whole = { text, appended: wholeFiles(variant) };
  const counts = [bindings, loadBindings].map(
    (entries) => entries.filter(({ type }) => type !== 'uniform').length,
  );
  return {
    passes: [...passes, ...loads].map(({ entryPoint }) => {
      const { invocations, memoryBytes } = passNeeds(whole, entryPoint);
      return { entryPoint, threads: invocations, workgroupBytes: memoryBytes };
    }),
    buffers: Math.max(...counts),
  };
}

/** The shipped variant that a text is, whatever its knobs; undefined for a text of one's own. */
export const shippedAs = (text: string, shipped: readonly Variant[]): Variant | undefined =>
  shipped.find(
    (each) =>
      Object.entries(each.knobs).reduce((all, [knob, { value }]) => turnKnob(all, knob, value), text) ===
      each.text,
  );

/** A pass as Safari's compiler translates it; counts, measured on a stand-in (docs/safari.md). */
export interface SafariCost {
  /** `row_threads=16 tile_k=32` */
  knobs: string;
  pass: string;
  zeroedElements: number;
  loops: number;
  waits: number;
  registers: number;
  scratchBytes: number;
  instructions: number;
  /** Why Safari's compiler refuses the text; the counts are then 0. */
  note: string;
}

/** The rows of the report (docs/safari-cost.csv) for a kernel's variant; none for a text that it does not have. */
export function costsIn(csv: string, kernel: string, variant: string): SafariCost[] {
  return parseCsv(csv)
    .filter((row) => row.kernel === kernel && row.variant === variant)
    .map((row) => ({
      ...{ knobs: row.knobs, pass: row.pass, zeroedElements: Number(row.zeroed_elements) },
      ...{ loops: Number(row.loops), waits: Number(row.waits), registers: Number(row.registers) },
      ...{ scratchBytes: Number(row.scratch_bytes), instructions: Number(row.instructions), note: row.note },
    }));
}

/** The report for a kernel's variant; loaded by the first call. Rejects if it cannot be loaded. */
export const safariCosts = async (kernel: string, variant: string): Promise<SafariCost[]> =>
  costsIn((await import('../../../../docs/safari-cost.csv?raw')).default, kernel, variant);
