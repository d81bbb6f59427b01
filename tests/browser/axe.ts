// Test helper: accessibility violations (axe, WCAG 2.2 AA) of a page.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Violations in the light and dark themes, one line per element; empty if there are none. `within`: a selector, by default the whole page. */
export async function objections(page: Page, within = 'html'): Promise<string> {
  const light = await violationsIn(page, 'light', (axe) => axe.include(within).withTags(TAGS));
  // The themes differ in nothing but colours.
  const dark = await violationsIn(page, 'dark', (axe) => axe.include(within).withRules('color-contrast'));
  return [...light, ...dark].join('\n');
}

async function violationsIn(
  page: Page,
  colorScheme: 'light' | 'dark',
  choose: (axe: AxeBuilder) => AxeBuilder,
): Promise<string[]> {
  await page.emulateMedia({ colorScheme });
  // Without reports on passing elements: on a page of many controls they take longer than the rules. In legacy mode no second
  // page is opened to merge the results of frames, of which there are none.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode();
  const { violations } = await choose(axe).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${colorScheme} ${id} ${target}: ${failureSummary}`),
  );
}
