// Test helper: accessibility violations (axe, WCAG 2.2 AA) of a page.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Violations in the light and dark themes, one line per element; empty if there are none. */
export async function objections(page: Page): Promise<string> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // Without reports on passing elements: on a page of many controls they take longer than the rules.
    const rules = new AxeBuilder({ page }).withTags(TAGS).options({ resultTypes: ['violations'] });
    const { violations } = await rules.analyze();
    for (const { id, nodes } of violations)
      found.push(
        ...nodes.map(({ target, failureSummary }) => `${colorScheme} ${id} ${target}: ${failureSummary}`),
      );
  }
  return found.join('\n');
}
