import { serious } from './axe.ts'
import { expect, test } from './fixtures.ts'

const pages: [string, string][] = [
  ['home', '/'],
  ['catalog', '/catalog?kind=component&type=service'],
  ['teams', '/catalog?kind=group'],
  ['no match', '/catalog?kind=component&q=zzz'],
  ['component', '/catalog/default/component/payments-api'],
  ['dependencies', '/catalog/default/component/payments-api/dependencies'],
  ['history', '/catalog/default/component/payments-api/history'],
  ['source', '/catalog/default/component/payments-api/source'],
  ['api', '/catalog/default/api/payments.v2'],
  ['team', '/catalog/default/group/payments'],
  ['not there', '/catalog/default/component/nothing'],
  ['register', '/catalog-import'],
  ['a location', '/catalog/default/location/marrowby'],
  ['sources', '/operate/sources'],
  ['a guest', '/settings'],
  ['tokens of services', '/settings/services'],
  ['problems', '/operate/problems?tab=conflicts'],
  ['audit', '/audit'],
  ['audit record', '/audit?record=1'],
  ['no record', '/audit?actor=user:default/nobody&outcome=denied'],
]

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 }, contextOptions: { reducedMotion: 'reduce' } })

      for (const [name, path] of pages) {
        test(`${name} has nothing serious`, async ({ page }) => {
          await page.goto(path)
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
          await page.waitForLoadState('load')
          await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
          expect(await serious(page)).toEqual([])
          const wide = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          expect(wide, 'the page scrolls sideways').toBeLessThanOrEqual(0)
        })
      }

      test('the finder has nothing serious', async ({ page, finder }) => {
        await page.goto('/')
        await finder.open()
        await page.keyboard.type('pay')
        await expect(finder.options.first()).toBeVisible()
        expect(await serious(page)).toEqual([])
      })

      test('the sign-in page has nothing serious', async ({ page, portals }) => {
        await page.goto(`${portals.closedUrl}/sign-in`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        expect(await serious(page)).toEqual([])
      })
    })
  }
}
