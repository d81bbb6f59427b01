/** Every variant of matmul_q4_k, whose large tiles take a software GPU as long to compile as all other kernels: on a core of their own. */
import { testVariants } from './variants';

await testVariants(({ kernel }) => kernel === 'matmul_q4_k');
