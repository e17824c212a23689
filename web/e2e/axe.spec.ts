import { serious } from './axe.ts'
import { addressOf, everyPage, withoutRefusals } from './every-page.ts'
import { expect, test } from './fixtures.ts'

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 }, contextOptions: { reducedMotion: 'reduce' } })

      for (const one of everyPage) {
        test(`${one.name} has nothing serious`, async ({ page, portals, quiet }) => {
          await page.goto(await addressOf(one, portals))
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
          await page.waitForLoadState('load')
          await expect(page.locator('[aria-busy=true]')).toHaveCount(0, { timeout: 20_000 })
          expect(await serious(page)).toEqual([])
          const wide = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          expect(wide, 'the page scrolls sideways').toBeLessThanOrEqual(0)
          withoutRefusals(one, quiet)
        })
      }

      test('the finder has nothing serious', async ({ page, finder }) => {
        await page.goto('/')
        await finder.open()
        await page.keyboard.type('pay')
        await expect(finder.options.first()).toBeVisible()
        expect(await serious(page)).toEqual([])
      })
    })
  }
}
