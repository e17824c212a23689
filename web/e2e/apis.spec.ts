import { hasCorpus, MANY, real, startApisPortal, type ApisPortal } from './apis-portal.ts'
import { serious } from './axe.ts'
import { expect, test } from './fixtures.ts'

test.skip(!process.env['PORTICO_BIN'], 'it starts a portal with a catalog of its own: set PORTICO_BIN')
test.describe.configure({ mode: 'serial' })

let portal: ApisPortal
test.beforeAll(async () => {
  test.setTimeout(120_000)
  portal = await startApisPortal()
})
test.afterAll(async () => {
  await portal.stop()
})

const tab = (name: string, search = '') => `${portal.url}/catalog/default/api/${name}/api${search}`

test('an operation is found, read and sent on as an address', async ({ page }) => {
  await page.goto(`${portal.url}/catalog/default/api/shop`)
  const section = page.getByRole('region', { name: 'Definition' })
  await expect(section).toContainText('OpenAPI 3.1.0 · version 2 · 2 operations')
  await section.getByRole('link', { name: 'Open' }).click()
  await expect(page.getByRole('heading', { level: 2, name: 'The shop' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'charts' })).toHaveAttribute('href', 'https://charts.example')

  // By keyboard alone: to the filter, into the list, open.
  await page.keyboard.press('/')
  await page.keyboard.type('post')
  await expect(page).toHaveURL(/find=post/)
  const list = page.getByRole('navigation', { name: 'All 2 operations' })
  await expect(list.getByRole('link')).toHaveCount(1)
  await page.keyboard.press('ArrowDown')
  await expect(list.getByRole('link')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 2, name: 'Order something' })).toBeVisible()
  await expect(page).toHaveURL(/at=POST\+\/orders/)

  // A schema that contains itself opens a level at a time.
  const toggles = page.getByRole('button', { name: 'before: what is in it' })
  await toggles.first().click()
  await toggles.nth(1).click()
  await expect(page.getByRole('button', { name: 'before: what is in it', expanded: true })).toHaveCount(2)
  await expect(page.getByRole('region', { name: 'curl' })).toContainText('https://shop.example/v1/orders')

  await page.getByRole('article').getByRole('link', { name: 'Order', exact: true }).first().click()
  await expect(page).toHaveURL(/at=schema\+Order/)
  await page.goBack()
  await page.reload()
  await expect(page.getByRole('heading', { level: 2, name: 'Order something' })).toBeVisible()
})

test('the text is one step away, and can be had as a file', async ({ page }) => {
  await page.goto(tab('shop'))
  await page.getByRole('link', { name: 'Text', exact: true }).click()
  await expect(page).toHaveURL(/view=text/)
  await expect(page.getByRole('region', { name: 'definition' })).toContainText('openapi: 3.1.0')
  const file = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  expect((await file).suggestedFilename()).toBe('shop.yaml')
})

test('what cannot be taken apart shows as text, and says why', async ({ page }) => {
  await page.goto(tab('broken'))
  await expect(page.getByText('Portico could not take it apart')).toContainText('in line 3')
  await expect(page.getByRole('region', { name: 'definition' })).toContainText('info: {title: x')
  await page.goto(tab('soap'))
  await expect(page.getByRole('region', { name: 'definition' })).toContainText('<definitions name="Tides"/>')
  await page.goto(tab('shop', '?at=GET+/nothing'))
  await expect(page.getByRole('heading', { name: '“GET /nothing” is not in this definition' })).toBeVisible()
})

test('a spiteful definition is text', async ({ page }) => {
  for (const search of ['', '?at=GET+/%3Csvg+onload%3D%22window.wall%3D1%22%3E']) {
    await page.goto(tab('spiteful', search))
    await expect(page.getByText('1 operation', { exact: false }).first()).toBeVisible()
    await expect(page.getByRole('link', { name: /svg onload/ })).toBeVisible()
    expect(await page.evaluate(() => (window as { wall?: number }).wall)).toBeUndefined()
    for (const href of await page
      .getByRole('link')
      .evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).protocol)))
      expect(['http:', 'https:', 'mailto:']).toContain(href)
  }
})

test('the addresses of Backstage lead here, and a component lists its APIs', async ({ page }) => {
  await page.goto(`${portal.url}/catalog/default/api/shop/definition`)
  await expect(page).toHaveURL(/\/shop\/api$/)
  await page.goto(`${portal.url}/catalog/default/component/till/api`)
  await expect(page.getByRole('region', { name: 'Provides' }).getByRole('link', { name: 'shop' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Calls' }).getByRole('link', { name: 'old-needed' })).toBeVisible()
})

test('the explorer opens with its answer', async ({ page }) => {
  await page.goto(`${portal.url}/api-docs`)
  await expect(page.getByText(/APIs; 2 are deprecated, and 1 of those is still called by 2 components\./)).toBeVisible()
  const old = page.getByRole('region', { name: 'Deprecated' })
  await expect(old.getByRole('listitem').first()).toContainText('old-needed')
  await expect(old.getByRole('link', { name: 'kiosk' })).toBeVisible()
  await expect(old.getByRole('listitem').nth(1)).toContainText('It can go.')

  const table = page.getByRole('table', { name: 'APIs' })
  await page.getByRole('navigation', { name: 'Grouped by' }).getByRole('link', { name: 'lifecycle' }).click()
  await expect(page).toHaveURL(/group=lifecycle/)
  await expect(table.getByRole('rowheader').or(table.locator('tr th[scope=rowgroup]')).first()).toContainText(
    `experimental${String(MANY)}`,
  )
  await page.keyboard.press('/')
  await page.keyboard.type('tide-399')
  await expect(page).toHaveURL(/q=tide-399/)
  await expect(table.getByRole('link', { name: 'tide-399' })).toBeVisible()
  await page.goto(`${portal.url}/api-docs?q=zzz`)
  await expect(page.getByRole('heading', { name: 'Nothing matches “zzz”' })).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filter' }).click()
  // The last row of four hundred is there without the ones before it.
  await page.keyboard.press('End')
  await expect(table.locator('a[data-row]').last()).toBeVisible()
  await expect(table.locator('tr')).not.toHaveCount(MANY)
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`nothing serious in ${colorScheme}, on a screen and on a phone`, async ({ page }) => {
    test.setTimeout(240_000) // axe reads eight pages
    await page.emulateMedia({ colorScheme })
    for (const viewport of [
      { width: 1440, height: 900 },
      { width: 390, height: 844 },
    ]) {
      await page.setViewportSize(viewport)
      for (const [path, ready] of [
        [tab('shop', '?at=POST+/orders'), 'Order something'],
        [tab('shop'), 'The shop'],
        [tab('shop', '?view=text'), 'openapi'],
        [`${portal.url}/api-docs`, 'old-needed'],
      ] as const) {
        await page.goto(path)
        await expect(page.getByText(ready).first()).toBeVisible()
        expect(await serious(page), path).toEqual([])
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(wide, `${path} is wider than the screen`).toBeLessThanOrEqual(0)
      }
    }
  })

test.describe('real definitions', () => {
  test.skip(!hasCorpus, 'the shared corpora are not there; set PORTICO_SHARED to their folder to run this test')
  for (const [name, , , word] of real)
    test(name, async ({ page }) => {
      await page.goto(tab(name))
      await expect(page.getByText(new RegExp(`· [\\d,]+ ${word}`))).toBeVisible()
      const list = page.getByRole('navigation', { name: /^All / })
      const first = list.getByRole('link').first()
      await first.click()
      await expect(page.getByRole('article').getByRole('heading', { level: 2 })).toBeVisible()
      await expect(first).toHaveAttribute('aria-current')
      await page.getByRole('link', { name: 'Text', exact: true }).click()
      await expect(page.getByRole('region', { name: 'definition' })).toContainText(/\w/)
    })
})
