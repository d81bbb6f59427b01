/**
 * Every variant at several knob values against its kernel's reference; kernels.matmul.test.ts has the slowest to
 * compile.
 */
import { testVariants } from './variants';

await testVariants(({ kernel }) => kernel !== 'matmul_q4_k');
