import { PLAIN } from '../scripts/soak/plain.js';

/** The plain variants as settings; the self-test and the kernel tests cover the others. */
export const QUICK = PLAIN.join('&');
