/** Every variant, its knobs turned, against its kernel's reference; kernels.matmul.test.ts has those that compile the longest. */
import { testVariants } from './variants';

await testVariants(({ kernel }) => kernel !== 'matmul_q4_k');
