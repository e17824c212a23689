import { resolve } from 'node:path'
import { addressOf, everyPage } from '../every-page.ts'
import { expect, test } from '../fixtures.ts'

const folder = resolve(import.meta.dirname, '../../../bin/screenshots')

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test.describe(`${colorScheme}, ${String(width)} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 }, contextOptions: { reducedMotion: 'reduce' } })

      for (const one of everyPage) {
        test(one.name, async ({ page, portals }) => {
          await page.goto(addressOf(one, portals))
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
          await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
          await page.screenshot({
            path: resolve(folder, `${one.name.replaceAll(' ', '-')}-${String(width)}-${colorScheme}.png`),
            fullPage: true,
          })
        })
      }
    })
  }
}
