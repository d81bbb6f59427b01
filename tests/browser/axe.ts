// For tests: what axe (WCAG 2.2 AA) objects to on a page.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe objects to in either theme, one line an element; empty when all is well. */
export async function objections(page: Page): Promise<string> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // Without a report on every element that passes: on a page of many controls it takes longer than the rules themselves.
    const rules = new AxeBuilder({ page }).withTags(TAGS).options({ resultTypes: ['violations'] });
    const { violations } = await rules.analyze();
    for (const { id, nodes } of violations)
      found.push(
        ...nodes.map(({ target, failureSummary }) => `${colorScheme} ${id} ${target}: ${failureSummary}`),
      );
  }
  return found.join('\n');
}
