/**
 * Every variant of matmul_q4_k. In a file of its own to run in parallel: a software GPU takes as long to compile it as for
 * all other kernels.
 */
import { testVariants } from './variants';

await testVariants(({ kernel }) => kernel === 'matmul_q4_k');
