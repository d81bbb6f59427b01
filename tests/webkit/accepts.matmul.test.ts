// Safari's compiler reads the matrix products, in a file of their own to run in parallel: they take it longer than all the others.
import { familyOf } from '../../src/lib/shaders/formats/formats';
import { testVariants } from './compiler';

testVariants(({ kernel }) => familyOf(kernel) === 'matmul');
