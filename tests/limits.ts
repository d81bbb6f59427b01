// Test helper: time limits after which a test counts as hung. `npm test` passes LAB_SLOWNESS, the measured slowdown
// relative to an idle machine; the default assumes a slow one. Limits only end hung tests: no test asserts a duration.

const slowness = Math.max(1, Number(process.env.LAB_SLOWNESS ?? 4));

/** Converts seconds on an idle machine with two cores to a limit in milliseconds on this machine. */
const limit = (seconds: number) => Math.round(1000 * seconds * slowness);

/** Limits of a test or a hook, by test project. */
export const TEST_LIMITS = { pure: limit(60), webkit: limit(60), gpu: limit(300), browser: limit(300) };

/** Limit for things a page shows immediately. Less than TEST_LIMITS, so that the failing step is reported. */
export const WAIT_LIMIT = limit(60);

/**
 * Limit for results that a page computes on a software GPU. A poll looks once more when its time is over, and that look can wait for
 * WAIT_LIMIT. Both together are less than TEST_LIMITS, so that the failing step is reported and not the whole test.
 */
export const COMPUTING_LIMIT = limit(180);
