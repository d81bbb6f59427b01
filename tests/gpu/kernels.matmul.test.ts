/**
 * Every variant of matmul_q4_k. In a file of its own to run in parallel: a software GPU compiles it as long as all
 * other kernels.
 */
import { testVariants } from './variants';

await testVariants(({ kernel }) => kernel === 'matmul_q4_k');
