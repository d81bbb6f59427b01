/** Compiles variants and binds buffers to them. */
import { Refusal, type Sizes } from '../shaders/kernel';
import {
  aboutSource,
  codeOf,
  evaluate,
  sourceLine,
  type BindingEntry,
  type Pass,
  type Variant,
  withSizes,
} from '../shaders/variant';
import { allOrNone, mebibytes, NoRoom, storageBuffer, uniformBuffer } from './buffers';
import { adapterInfoOf, beginScope, endScope } from './device';
import { encode, type Step } from './encode';
import { finished } from './finished';
import { unsupportedReason } from './supported';
import { fillWords, POISON } from './words';

/** A whole buffer, or a part of one. */
export type Binding = GPUBuffer | GPUBufferBinding;

/** Pipelines that share a bind group layout: a variant's passes, or the passes that fill its resident buffers. */
interface Pipelines {
  layout: GPUBindGroupLayout;
  pipelines: GPUComputePipeline[];
}

/** A variant with the buffers, by binding name, and the sizes for its passes. */
interface StepRequest {
  variant: Variant;
  named: Record<string, Binding>;
  sizes: Sizes;
  label: string;
}

/** A matrix converted to a variant's own layout, in one or more buffers. */
interface Resident {
  buffers: Record<string, GPUBuffer>;
  /** Resolves when the passes that fill the buffers have been submitted. */
  filled: Promise<void>;
}

/** `timed`: the variant's passes. `load`: the passes that fill its resident buffers, if it has any. */
interface Compiled {
  timed: Pipelines;
  load?: Pipelines;
}

/**
 * Compiles and binds variants, with caches: pipelines by WGSL text and by its code (without comments and unused
 * constants), uniforms by value, scratch buffers by variant, name and size, resident buffers by matrix and code, steps by
 * variant and buffers.
 */
export class Kernels {
  #compiled = new Map<string, Promise<Compiled>>();
  #uniforms = new Map<string, GPUBuffer>();
  #scratch = new Map<string, GPUBuffer>();
  #residents = new Map<GPUBuffer, Map<string, Resident>>();
  #steps = new Map<string, Step[]>();
  #identities = new WeakMap<object, number>();
  #nextIdentity = 0;
  #firstLoad: number | undefined;

  constructor(
    readonly device: GPUDevice,
    /** `gpu.wgslLanguageFeatures`, for variants with a `requires` directive. */
    readonly languageFeatures?: ReadonlySet<string>,
  ) {}

  /** Another instance with the same pipelines; what it allocates is its own, and freed with it. */
  fork(): Kernels {
    const other = new Kernels(this.device, this.languageFeatures);
    other.#compiled = this.#compiled;
    return other;
  }

  /** Fills all scratch buffers with not-a-number, because a variant must not depend on what it left there before. */
  poison() {
    const ranges = [...this.#scratch.values()].map((buffer) => ({
      buffer,
      first: 0,
      count: buffer.size / 4,
    }));
    if (ranges.length) fillWords(this.device, ranges, POISON);
  }

  /** The reason why this device cannot run the variant (a missing feature, a limit); undefined when it can. */
  unsupportedReason(variant: Variant): string | undefined {
    const { features, limits } = this.device;
    const { subgroupMinSize } = adapterInfoOf(this.device);
    const { languageFeatures } = this;
    return unsupportedReason(variant, { features, limits, languageFeatures, subgroupMinSize });
  }

  /** Compiles a variant, cached. Rejects with the variant's name and the compiler's messages with line numbers. */
  compile(variant: Variant): Promise<Compiled> {
    const known = this.#compiled.get(variant.wgsl);
    if (known) return known;
    const reason = this.unsupportedReason(variant);
    if (reason) return Promise.reject(new Error(`${variant.kernel}/${variant.name} ${reason}`));
    const code = codeOf(variant);
    const compiled = this.#compiled.get(code) ?? compile(this.device, variant);
    for (const key of [code, variant.wgsl]) {
      this.#compiled.set(key, compiled);
      compiled.catch(() => this.#compiled.delete(key));
    }
    return compiled;
  }

  /** Resolves once no compilation is in progress, whether it succeeded or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#compiled.values());
  }

  /**
   * The variant's passes with these buffers, keyed by binding name. `sizes` fill its uniform in order. If the variant
   * uses its own matrix layout, the matrix is converted now unless that has happened already. Throws when the variant
   * cannot run, a binding is missing or a limit is exceeded.
   */
  async steps(
    variant: Variant,
    buffers: Record<string, Binding>,
    sizes: Sizes,
    label = `${variant.kernel}/${variant.name}`,
  ): Promise<Step[]> {
    const { timed, load } = await this.compile(withSizes(variant, sizes));
    const named: Record<string, Binding> = { sizes: this.uniform(Object.values(sizes)), ...buffers };
    for (const { name, length } of variant.scratch)
      named[name] = this.#scratchBuffer(
        `${variant.kernel}/${variant.name} ${name}`,
        4 * evaluate(length, variant, sizes),
      );
    const request = { variant, named, sizes, label };
    if (load) Object.assign(named, await this.#resident(request, load));
    const key = this.#keyOf(variant, timed, named);
    const steps = this.#steps.get(key) ?? this.#passes(request, variant.passes, timed, variant.bindings);
    this.#steps.set(key, steps);
    return steps;
  }

  /**
   * Steps that are asked for from now on are made anew, with bind groups of their own, except those of `kept`; all made so far
   * stay valid. Plans that are compared keep the steps in which they do not differ, because two equal bind groups can differ in
   * speed.
   */
  makeStepsAnew(kept: ReadonlySet<Step>) {
    for (const [key, steps] of this.#steps)
      if (!steps.every((step) => kept.has(step))) this.#steps.delete(key);
  }

  /** The key of cached steps: equal for the same text with the same buffers. The sizes are one of these buffers. */
  #keyOf({ kernel, name, wgsl }: Variant, timed: Pipelines, named: Record<string, Binding>): string {
    const bindings = Object.entries(named).map(([binding, range]) => {
      const { buffer, offset = 0, size = '' } = 'buffer' in range ? range : { buffer: range };
      return `${binding} ${this.#identity(buffer)} ${offset} ${size}`;
    });
    return [kernel, name, this.#identity(timed), wgsl.length, ...bindings].join('|');
  }

  #identity(object: object): number {
    const known = this.#identities.get(object) ?? this.#nextIdentity++;
    this.#identities.set(object, known);
    return known;
  }

  /** A uniform buffer with these integers; equal ones are shared. */
  uniform(values: number[]): GPUBuffer {
    const key = values.join();
    const buffer = this.#uniforms.get(key) ?? uniformBuffer(this.device, `sizes ${key}`, values);
    this.#uniforms.set(key, buffer);
    return buffer;
  }

  /** GPU bytes that variants allocate: scratch buffers, and resident buffers (matrices in a variant's own layout). */
  get bytes(): { scratch: number; resident: number } {
    const residents = [...this.#residents.values()].flatMap((layouts) => [...layouts.values()]);
    return {
      scratch: bytesOf([...this.#scratch.values()]),
      resident: residents.reduce((sum, { buffers }) => sum + bytesOf(Object.values(buffers)), 0),
    };
  }

  /** Waits until all resident buffers are filled; resolves to the seconds since the first began, 0 without any. */
  async loaded(): Promise<number> {
    if (this.#firstLoad === undefined) return 0;
    await finished(this.device);
    return (performance.now() - this.#firstLoad) / 1e3;
  }

  /** Frees the resident buffers made from this matrix; steps that use them must not run again. */
  forget(weight: GPUBuffer) {
    for (const { buffers } of this.#residents.get(weight)?.values() ?? [])
      Object.values(buffers).forEach((buffer) => buffer.destroy());
    this.#residents.delete(weight);
  }

  /** Frees all scratch, resident and uniform buffers; no step made so far may run again. */
  release() {
    for (const weight of [...this.#residents.keys()]) this.forget(weight);
    for (const buffer of this.#scratch.values()) buffer.destroy();
    this.#scratch.clear();
    this.#steps.clear();
    for (const buffer of this.#uniforms.values()) buffer.destroy();
    this.#uniforms.clear();
    this.#firstLoad = undefined;
  }

  destroy() {
    this.release();
    this.#compiled = new Map(); // a fork may go on with the pipelines
  }

  /** Steps run one after another, so all uses of a variant with the same size share one scratch buffer. */
  #scratchBuffer(label: string, byteLength: number): GPUBuffer {
    const key = `${label} ${byteLength}`;
    const buffer = this.#scratch.get(key) ?? storageBuffer(this.device, label, byteLength);
    this.#scratch.set(key, buffer);
    return buffer;
  }

  /** The resident buffers for the matrix bound as `weight`, shared by steps of the same code for any token count. */
  async #resident(request: StepRequest, load: Pipelines): Promise<Record<string, GPUBuffer>> {
    const { variant, named, label } = request;
    const { buffer: weight, offset, size } = this.#resource(label, 'weight', named);
    const layouts = this.#residents.get(weight) ?? new Map<string, Resident>();
    this.#residents.set(weight, layouts);
    const key = [codeOf(variant), offset, size].join(' ');
    const resident = layouts.get(key) ?? this.#load(request, load);
    layouts.set(key, resident);
    await resident.filled;
    return resident.buffers;
  }

  /** Creates resident buffers and submits the passes that fill them. Without room it throws, or `filled` rejects. */
  #load(request: StepRequest, load: Pipelines): Resident {
    const { variant, named, sizes, label } = request;
    this.#firstLoad ??= performance.now();
    const before = this.bytes.resident;
    const lengths = variant.resident.map(
      ({ name, length }) => [name, 4 * evaluate(length, variant, sizes)] as const,
    );
    const total = lengths.reduce((sum, [, byteLength]) => sum + byteLength, 0);
    const noRoom = (reason: string) =>
      new NoRoom(
        `${label} keeps a matrix as ${lengths.map(([name]) => name).join(' and ')}: no room for ${mebibytes(total)} ` +
          `after ${mebibytes(before)} of the same. ${reason}`,
      );
    const largest = this.device.limits.maxStorageBufferBindingSize;
    if (lengths.some(([, byteLength]) => byteLength > largest))
      throw noRoom(`This GPU binds ${mebibytes(largest)} at most`);
    beginScope(this.device, 'out-of-memory');
    const made = (name: string, byteLength: number) =>
      storageBuffer(this.device, `${label} ${name}`, byteLength);
    const buffers = allOrNone(() =>
      Object.fromEntries(lengths.map(([name, byteLength]) => [name, made(name, byteLength)])),
    );
    const filled = endScope(this.device).then((refused) => {
      if (refused) throw noRoom(refused.message);
      const filling = { ...request, named: { ...named, ...buffers } };
      const steps = this.#passes(filling, variant.loads, load, variant.loadBindings);
      this.device.queue.submit([encode(this.device, steps)]);
    });
    return { buffers, filled };
  }

  /** One step per pass; passes with an empty grid are left out. Throws a Refusal when none is left. */
  #passes(
    { variant, named, sizes, label }: StepRequest,
    passes: Pass[],
    { layout, pipelines }: Pipelines,
    bindings: BindingEntry[],
  ): Step[] {
    const bindGroup = this.device.createBindGroup({
      label,
      layout,
      entries: bindings.map(({ name, binding }) => ({
        binding,
        resource: this.#resource(label, name, named),
      })),
    });
    const sparse = variant.reads && passes === variant.passes ? this.#resource(label, 'x', named) : undefined;
    const steps = passes.map(({ entryPoint, grid }, i) => ({
      label: passes.length > 1 ? `${label} ${entryPoint}` : label,
      kernel: variant.kernel,
      variant: variant.name,
      source: variant,
      pass: i,
      sizes,
      pipeline: pipelines[i],
      bindGroup,
      workgroups: this.#workgroups(
        label,
        grid.map((axis) => evaluate(axis, variant, sizes)),
      ),
      ...(sparse && i === 0 && { sparse }),
    }));
    const started = steps.filter(({ workgroups }) => workgroups.every((count) => count > 0));
    if (started.length === 0)
      throw new Refusal(
        'passes',
        `${label} starts no workgroups at ${Object.entries(sizes)
          .map((each) => each.join(' '))
          .join(', ')}`,
      );
    return started;
  }

  /** The binding of this name. Throws when it is missing or larger than the GPU can bind. */
  #resource(label: string, name: string, named: Record<string, Binding>): GPUBufferBinding {
    const binding = named[name];
    if (!binding) throw new Error(`${label} binds "${name}"; it was given: ${Object.keys(named).join(', ')}`);
    const resource = 'buffer' in binding ? binding : { buffer: binding };
    const byteLength = resource.size ?? resource.buffer.size - (resource.offset ?? 0);
    const limit = this.device.limits.maxStorageBufferBindingSize;
    if (byteLength > limit)
      throw new NoRoom(
        `${label} binds ${mebibytes(byteLength)} as ${name}; this GPU allows ${mebibytes(limit)}: lower the chunk`,
      );
    return resource;
  }

  /** The grid as three dimensions. Throws when it exceeds the device's limit. */
  #workgroups(label: string, [x, y = 1, z = 1]: number[]): [number, number, number] {
    const limit = this.device.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(x, y, z) > limit)
      throw new Error(
        `${label} asks for ${x} × ${y} × ${z} workgroups; this GPU allows ${limit} a dimension`,
      );
    return [x, y, z];
  }
}

/** Compiles both sets of passes. Throws an Error with each compiler message and its source file and line. */
async function compile(device: GPUDevice, variant: Variant): Promise<Compiled> {
  const label = `${variant.kernel}/${variant.name}`;
  beginScope(device, 'validation');
  const module = device.createShaderModule({ label, code: variant.wgsl });
  const error = await endScope(device);
  const messages = (await module.getCompilationInfo()).messages.filter(({ type }) => type === 'error');
  if (error || messages.length) {
    const places = aboutSource(variant, messages).map(({ lineNum, linePos, message }) => {
      const { path, line } = sourceLine(variant, lineNum);
      return path ? `${path}:${line}:${linePos}: ${message}` : `line ${line}:${linePos} ${message}`;
    });
    throw new Error(`${label} does not compile: ${places.join('; ') || error?.message}`);
  }
  const timed = pipelinesOf(device, label, module, variant.bindings, variant.passes);
  const load = pipelinesOf(device, label, module, variant.loadBindings, variant.loads);
  const [timedPipelines, loadPipelines] = await Promise.all([timed, load]);
  return { timed: timedPipelines, load: variant.loads.length ? loadPipelines : undefined };
}

/** Compiles the pipelines of passes that share the same bindings. */
async function pipelinesOf(
  device: GPUDevice,
  label: string,
  module: GPUShaderModule,
  bindings: BindingEntry[],
  passes: Pass[],
): Promise<Pipelines> {
  const layout = device.createBindGroupLayout({
    label,
    entries: bindings.map(({ binding, type }) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    })),
  });
  const pipelineLayout = device.createPipelineLayout({ label, bindGroupLayouts: [layout] });
  const pipelines = passes.map(async ({ entryPoint }) => {
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

const bytesOf = (buffers: GPUBuffer[]) => buffers.reduce((sum, { size }) => sum + size, 0);
