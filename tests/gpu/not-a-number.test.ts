// A number that is none reaches every output that depends on it: what swallows it gives finite, wrong logits.
import { expect, test } from 'vitest';
import { encode } from '../../src/lib/engine/encode';
import { GuardedArrays } from '../../src/lib/engine/guarded';
import { kernels as registry, variants } from '../../src/lib/shaders';
import { seeded } from '../../src/lib/shaders/kernel';
import { EPILOGUE } from '../../src/lib/shaders/shared/epilogue';
import { sharedKernels, skipUnsupported } from './engines';

const kernels = await sharedKernels();
/** Formats with and without minima in their blocks, and one for each variant that only some formats have. */
const KERNELS = ['matmul_q4_k', 'matvec_q4_k', 'matmul_q6_k', 'matvec_q6_k', 'matmul_f16'];
const products = variants.filter(({ kernel }) => KERNELS.includes(kernel));

/** Strassen adds a token to the one half a chunk away, so that both have what is no number. */
const partner = (tokens: number) => Math.ceil(tokens / 2);

test.for(products.map((variant) => ({ name: `${variant.kernel}/${variant.name}`, variant })))(
  '$name',
  async ({ variant }, { skip }) => {
    skipUnsupported(kernels, variant, skip);
    const kernel = registry[variant.kernel];
    const sizes = kernel.cases.find(({ epilogue }) => epilogue === EPILOGUE.reluSquared)!;
    const random = seeded(1);
    const lengths = kernel.lengths(sizes);
    const x = Float32Array.from({ length: lengths.x }, () => 2 * random() - 1);
    x[5] = NaN; // of the first token
    const arrays = new GuardedArrays(kernels.device, lengths, kernel.outputs);
    try {
      arrays.write('weight', kernel.inputs!.weight(lengths.weight, random, sizes));
      arrays.write('x', x);
      const steps = await kernels.steps(variant, arrays.bindings(true), sizes);
      kernels.device.queue.submit([encode(kernels.device, steps)]);
      const out = new Float32Array(await arrays.read('out'));
      const first = [...out.subarray(0, sizes.rows)];
      expect(first.filter((value) => !Number.isNaN(value))).toEqual([]);
      for (let token = 1; token < (sizes.tokens ?? 1); token++) {
        const others = out.subarray(token * sizes.stride, (token + 1) * sizes.stride);
        if (variant.name !== 'strassen' || token !== partner(sizes.tokens))
          expect(others.every(Number.isFinite)).toBe(true);
      }
    } finally {
      arrays.destroy();
    }
  },
);
