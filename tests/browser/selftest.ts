// For tests: the self-test page.

/** Runs itself, with the knobs as they are: the gpu tests turn them, and to a browser's compiler they are only numbers. */
export const DEFAULTS = 'selftest?run=1&knobs=defaults';
export const FINISHED = '[data-selftest=finished]';

/** Runs in the page: the counts, and the rows that do not say passed. */
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
