import { resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { everyPage, open, settled, withoutFailures, type EveryPage } from '../every-page.ts'
import { expect, test } from '../fixtures.ts'

const folder = resolve(import.meta.dirname, '../../../bin/screenshots')

/**
 * A picture of the whole page. The window is made as high as the page: `fullPage` makes it one pixel wide for a moment, and
 * what is drawn for phones alone begins anew. A graph grows with the window, up to a limit.
 */
async function taken(page: Page, one: EveryPage, name: string): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 }
    const all = await page.evaluate(() => document.documentElement.scrollHeight)
    if (all <= height) break
    await page.setViewportSize({ width, height: all })
    await settled(page, one)
  }
  await page.screenshot({ path: resolve(folder, `${name.replaceAll(' ', '-')}.png`) })
}

/** The pages that most people see most of the time, on a large screen and on a tablet as well. */
const main = ['home', 'catalog', 'component', 'dependencies', 'graph of everything', 'map', 'system', 'definition']

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390, 2560, 768]) {
    test.describe(`${colorScheme}, ${String(width)} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 }, contextOptions: { reducedMotion: 'reduce' } })

      for (const one of everyPage) {
        if ((width === 2560 || width === 768) && !main.includes(one.name)) continue
        test(one.name, async ({ page, portals, quiet }) => {
          await open(page, one, portals)
          await taken(page, one, `${one.name}-${String(width)}-${colorScheme}`)
          withoutFailures(one, quiet)
        })
      }

      if (width === 1440 || width === 390)
        test('finder', async ({ page, finder }) => {
          await page.goto('/')
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
          await finder.open()
          await page.keyboard.type('pay')
          await expect(finder.options.first()).toBeVisible()
          await page.screenshot({ path: resolve(folder, `finder-${String(width)}-${colorScheme}.png`) })
        })
    })
  }
}
