// Test helper: the self-test page.

/**
 * Starts by itself, with default knobs only: the gpu tests cover other values, which a browser's compiler treats alike.
 */
export const DEFAULTS = 'selftest?run=1&knobs=defaults';
export const FINISHED = '[data-selftest=finished]';

/** The counts, and the rows that have not passed; runs in the page. */
export function outcome() {
  const { passed, failed, skipped } = document.querySelector<HTMLElement>('[data-selftest]')!.dataset;
  const texts = (selector: string) =>
    [...document.querySelectorAll<HTMLElement>(selector)].map((row) => row.innerText);
  return {
    passed: Number(passed),
    failed: Number(failed),
    skipped: Number(skipped),
    failures: [...texts('tr.failed'), ...texts('[role=alert]')],
    skips: texts('tr.skipped'),
  };
}
