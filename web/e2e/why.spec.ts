import { serious } from './axe.ts'
import { expect, test } from './fixtures.ts'

const ENTITY = '/catalog/default/component/payments-api'
/** A locked button is pressed all the same: Playwright waits for what is read as unavailable, people do not. */
const press = { force: true }

test('a guest learns by keyboard why an action is locked', async ({ page, portals }) => {
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('/policy/explain')) asked.push(new URL(request.url()).search)
  })
  await page.goto(portals.readerUrl + ENTITY)
  const more = page.getByRole('button', { name: 'More actions' })
  await more.waitFor()
  await page.keyboard.press('.')
  const refresh = page.getByRole('menuitem', { name: 'Refresh' })
  await expect(refresh).toHaveAttribute('aria-disabled', 'true')
  await expect(refresh).toHaveAttribute('aria-expanded', 'false')
  expect(asked).toEqual([])

  await page.keyboard.press('r')
  await expect(refresh).toBeFocused()
  await page.keyboard.press('Enter')
  const why = page.getByRole('dialog', { name: 'Why can’t I?' })
  await expect(why).toBeFocused()
  await expect(why).toContainText('You may not refresh this entity. No policy permits it.')
  await expect(why).toContainText('Your role is viewer. It takes the role author, operator or admin.')
  await expect(why).toContainText('Ask whoever runs this portal')
  await expect(why).toContainText('catalog.entity.refresh on component:default/payments-api')
  await expect(refresh).toHaveAttribute('aria-expanded', 'true')
  expect(asked).toEqual(['?permission=catalog.entity.refresh&entity=component%3Adefault%2Fpayments-api'])
  expect(await serious(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(why).toBeHidden()
  await expect(refresh).toBeFocused()

  await refresh.click(press)
  await expect(why).toBeVisible()
  await refresh.click(press)
  await expect(why).toBeHidden()
  await page.keyboard.press('Escape')
  await expect(refresh).toBeHidden()
})

test('places that a guest may not enter are locked, and what they may do is listed', async ({ page, portals }) => {
  await page.goto(portals.readerUrl)
  const nav = page.getByRole('navigation', { name: 'Main', exact: true })
  await nav.getByRole('button', { name: 'Audit log' }).click(press)
  await expect(page.getByRole('dialog', { name: 'Why can’t I?' })).toContainText('You may not read the audit log.')
  await page.keyboard.press('Escape')
  await page.goto(`${portals.readerUrl}/settings/rights`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are viewer here.')
  const rights = (name: string) => page.getByRole('list', { name, exact: true }).getByRole('listitem')
  await expect(rights('You may').filter({ hasText: 'catalog.entity.read' })).toContainText('by viewer')
  await expect(rights('You may not').filter({ hasText: 'portico.audit.read' })).toContainText(
    'It takes the role author',
  )
})

test('what is allowed is not locked', async ({ page }) => {
  await page.goto(ENTITY)
  await page.getByRole('button', { name: 'More actions' }).click()
  await expect(page.getByRole('menuitem', { name: 'Refresh' })).toBeVisible()
  await expect(page.locator('[aria-disabled]')).toHaveCount(0)
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`${colorScheme}, ${String(width)} px: the reason has nothing serious`, async ({ page, portals }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await page.goto(portals.readerUrl + ENTITY)
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Refresh' }).click(press)
      const why = page.getByRole('dialog', { name: 'Why can’t I?' })
      await expect(why).toContainText('Your role is viewer')
      const box = await why.boundingBox()
      expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true)
      expect(await serious(page)).toEqual([])
      await page.goto(`${portals.readerUrl}/settings/rights`)
      await expect(page.getByRole('list', { name: 'You may not' })).toBeVisible()
      expect(await serious(page)).toEqual([])
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect(wide, 'the page scrolls sideways').toBeLessThanOrEqual(0)
    })
  }
}
