/** Compiles variants and binds them to buffers. */
import type { Sizes } from '../shaders/kernel';
import { brokenAssertion, codeOf, evaluate, workgroupNeeds, type Variant } from '../shaders/variant';
import { mebibytes, storageBuffer, uniformBuffer } from './buffers';

/** One dispatch, ready to encode. A plan is a list of these. */
export interface Step {
  label: string;
  kernel: string;
  variant: string;
  /** Of the variant's passes, the how-manieth. */
  pass: number;
  sizes: Sizes;
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  workgroups: [number, number, number];
}

/** A whole buffer, or a part of one. */
export type Binding = GPUBuffer | GPUBufferBinding;

interface Compiled {
  layout: GPUBindGroupLayout;
  pipelines: GPUComputePipeline[];
}

/** Pipelines are kept by their WGSL text and by the code in it, uniforms by their values, scratch buffers by their variant and name. */
export class Kernels {
  #compiled = new Map<string, Promise<Compiled>>();
  #uniforms = new Map<string, GPUBuffer>();
  #scratch = new Map<string, GPUBuffer>();

  constructor(
    readonly device: GPUDevice,
    /** `gpu.wgslLanguageFeatures`, for variants that say `requires`. */
    readonly languageFeatures?: ReadonlySet<string>,
  ) {}

  /** Why this device cannot run the variant: a missing feature, a limit; undefined when it can. */
  obstacle(variant: Variant): string | undefined {
    const { device, languageFeatures } = this;
    const missing = [
      ...variant.features.filter((feature) => !device.features.has(feature)),
      ...variant.languageFeatures.filter((feature) => languageFeatures && !languageFeatures.has(feature)),
    ];
    if (missing.length) return `needs ${missing.join(', ')}, which this GPU or browser does not offer`;
    const broken = brokenAssertion(variant);
    if (broken) return `its knobs break its own rule "${broken}"`;
    const { invocations, memoryBytes } = workgroupNeeds(variant);
    const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize } = device.limits;
    if (invocations > maxComputeInvocationsPerWorkgroup)
      return `needs ${invocations} threads a workgroup; this GPU allows ${maxComputeInvocationsPerWorkgroup}`;
    if (memoryBytes > maxComputeWorkgroupStorageSize)
      return `needs ${memoryBytes} bytes of workgroup memory; this GPU allows ${maxComputeWorkgroupStorageSize}`;
    return undefined;
  }

  /** Compiles a variant unless that has happened; an Error names it and the compiler's words, with line numbers. */
  compile(variant: Variant): Promise<Compiled> {
    const known = this.#compiled.get(variant.wgsl);
    if (known) return known;
    const obstacle = this.obstacle(variant);
    if (obstacle) return Promise.reject(new Error(`${variant.kernel}/${variant.name} ${obstacle}`));
    const code = codeOf(variant);
    const compiled = this.#compiled.get(code) ?? compile(this.device, variant);
    for (const key of [code, variant.wgsl]) {
      this.#compiled.set(key, compiled);
      compiled.catch(() => this.#compiled.delete(key));
    }
    return compiled;
  }

  /** The variant's passes over these buffers, given by the names of its bindings. `sizes` fill its uniform, in order. */
  async steps(
    variant: Variant,
    buffers: Record<string, Binding>,
    sizes: Sizes,
    label = `${variant.kernel}/${variant.name}`,
  ): Promise<Step[]> {
    const { layout, pipelines } = await this.compile(variant);
    const named: Record<string, Binding> = { sizes: this.uniform(Object.values(sizes)), ...buffers };
    for (const { name, length } of variant.scratch)
      named[name] = this.#scratchBuffer(
        `${variant.kernel}/${variant.name} ${name}`,
        4 * evaluate(length, variant, sizes),
      );
    const bindGroup = this.device.createBindGroup({
      label,
      layout,
      entries: variant.bindings.map(({ name, binding }) => {
        if (!named[name])
          throw new Error(`${label} binds "${name}"; it was given: ${Object.keys(named).join(', ')}`);
        return { binding, resource: this.#resource(label, name, named[name]) };
      }),
    });
    const steps = variant.passes.map(({ entryPoint, grid }, i) => ({
      label: variant.passes.length > 1 ? `${label} ${entryPoint}` : label,
      kernel: variant.kernel,
      variant: variant.name,
      pass: i,
      sizes,
      pipeline: pipelines[i],
      bindGroup,
      workgroups: this.#workgroups(
        label,
        grid.map((axis) => evaluate(axis, variant, sizes)),
      ),
    }));
    return steps.filter(({ workgroups }) => workgroups.every((count) => count > 0));
  }

  /** A uniform buffer holding these integers; equal ones are shared. */
  uniform(values: number[]): GPUBuffer {
    const key = values.join();
    const buffer = this.#uniforms.get(key) ?? uniformBuffer(this.device, `sizes ${key}`, values);
    this.#uniforms.set(key, buffer);
    return buffer;
  }

  destroy() {
    for (const buffer of [...this.#uniforms.values(), ...this.#scratch.values()]) buffer.destroy();
    this.#uniforms.clear();
    this.#scratch.clear();
    this.#compiled.clear();
  }

  /** One scratch buffer per variant and size serves all its uses: they run one after another. */
  #scratchBuffer(label: string, byteLength: number): GPUBuffer {
    const key = `${label} ${byteLength}`;
    const buffer = this.#scratch.get(key) ?? storageBuffer(this.device, label, byteLength);
    this.#scratch.set(key, buffer);
    return buffer;
  }

  #resource(label: string, name: string, binding: Binding): GPUBufferBinding {
    const resource = 'buffer' in binding ? binding : { buffer: binding };
    const byteLength = resource.size ?? resource.buffer.size - (resource.offset ?? 0);
    const limit = this.device.limits.maxStorageBufferBindingSize;
    if (byteLength > limit)
      throw new Error(
        `${label} binds ${mebibytes(byteLength)} as ${name}; this GPU allows ${mebibytes(limit)}: lower the chunk`,
      );
    return resource;
  }

  #workgroups(label: string, [x, y = 1, z = 1]: number[]): [number, number, number] {
    const limit = this.device.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(x, y, z) > limit)
      throw new Error(
        `${label} asks for ${x} × ${y} × ${z} workgroups; this GPU allows ${limit} a dimension`,
      );
    return [x, y, z];
  }
}

async function compile(device: GPUDevice, variant: Variant): Promise<Compiled> {
  const label = `${variant.kernel}/${variant.name}`;
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label, code: variant.wgsl });
  const error = await device.popErrorScope();
  const messages = (await module.getCompilationInfo()).messages.filter(({ type }) => type === 'error');
  if (error || messages.length) {
    const places = messages.map(({ lineNum, linePos, message }) => `line ${lineNum}:${linePos} ${message}`);
    throw new Error(`${label} does not compile: ${places.join('; ') || error?.message}`);
  }
  const layout = device.createBindGroupLayout({
    label,
    entries: variant.bindings.map(({ binding, type }) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    })),
  });
  const pipelineLayout = device.createPipelineLayout({ label, bindGroupLayouts: [layout] });
  const pipelines = variant.passes.map(async ({ entryPoint }) => {
    try {
      return await device.createComputePipelineAsync({
        label: `${label} ${entryPoint}`,
        layout: pipelineLayout,
        compute: { module, entryPoint },
      });
    } catch (cause) {
      throw new Error(`${label} makes no pipeline of ${entryPoint}: ${(cause as Error).message}`, { cause });
    }
  });
  return { layout, pipelines: await Promise.all(pipelines) };
}
