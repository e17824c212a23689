import { serious } from './axe.ts'
import { everyPage, open, withoutFailures } from './every-page.ts'
import { expect, test } from './fixtures.ts'

for (const width of [1440, 390]) {
  test.describe(`${width} px`, () => {
    test.use({ viewport: { width, height: 900 }, contextOptions: { reducedMotion: 'reduce' } })

    for (const one of everyPage) {
      test(`${one.name} has nothing serious`, async ({ page, portals, quiet }) => {
        await open(page, one, portals)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme)
          expect(await serious(page), colorScheme).toEqual([])
        }
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(wide, 'the page scrolls sideways').toBeLessThanOrEqual(0)
        withoutFailures(one, quiet)
      })
    }

    test('the finder has nothing serious', async ({ page, finder }) => {
      await page.goto('/')
      await finder.open()
      await page.keyboard.type('pay')
      await expect(finder.options.first()).toBeVisible()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await serious(page), colorScheme).toEqual([])
      }
    })
  })
}
