// For tests: how long something may take before it counts as hung. `npm test` measures how many times slower the machine is
// than an idle one, and passes that on; where nobody measured, the machine is taken for a slow one. Limits only end what
// hangs: no test asserts how long something took.

const slowness = Math.max(1, Number(process.env.LAB_SLOWNESS ?? 4));

/** In milliseconds, of seconds on an idle machine with two cores. */
const limit = (seconds: number) => Math.round(1000 * seconds * slowness);

/** A test, or a hook, of each project. */
export const TEST_LIMITS = { pure: limit(60), gpu: limit(300), browser: limit(300) };

/** What a page shows as soon as it is asked: less than a test may take, so that it is named. */
export const WAIT_LIMIT = limit(60);

/** What a page computes on a software GPU: less than a test may take, so that it is named. */
export const COMPUTING_LIMIT = limit(280);
