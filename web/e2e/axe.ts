import AxeBuilder from '@axe-core/playwright'
import type { Page } from './fixtures.ts'

/** What axe finds on the page that keeps somebody out. */
export async function serious(page: Page): Promise<string[]> {
  // Colours in oklch are read by the browser; axe sees what it paints.
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(' ')} ${n.failureSummary ?? ''}`).join('; ')}`)
}
