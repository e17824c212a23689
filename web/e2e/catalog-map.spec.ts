import { serious } from './axe.ts'
import { expect, test } from './fixtures.ts'

for (const theme of ['light', 'dark'] as const)
  test(`the map nests domains, systems and what is in them (${theme})`, async ({ page, catalog }) => {
    test.slow()
    await page.emulateMedia({ colorScheme: theme })
    await catalog.open()
    await page.getByRole('link', { name: 'Map', exact: true }).click()
    await expect(page).toHaveURL(/view=map/)
    const map = page.getByRole('list', { name: 'Components by domain and system' })
    const commerce = map.getByRole('listitem').filter({ hasText: 'Commerce' }).first()
    await expect(commerce.getByRole('link', { name: /^payments \d+ components/ })).toBeVisible()
    await expect(commerce.getByRole('link', { name: 'payments-api' })).toBeVisible()
    expect(await serious(page)).toEqual([])

    // In, by a press, and out by the way above the map.
    // On its heading: below it are links of their own.
    await commerce.getByRole('link', { name: /^Commerce \d+ components/ }).click({ position: { x: 40, y: 12 } })
    await expect(page).toHaveURL(/in=domain:default\/commerce/)
    const way = page.getByRole('navigation', { name: 'Where you are on the map' })
    await expect(way).toContainText('Everything›Commerce')
    await way.getByRole('link', { name: 'Everything' }).click()
    await expect(page).not.toHaveURL(/in=/)

    // Numbers follow the filters.
    await catalog.value('Type', 'firmware').check()
    await expect(map.getByRole('link', { name: /^Commerce/ })).toHaveCount(0)
    await expect(catalog.total).toContainText(/^\d+ of \d+ components$/)
  })

test('the map is walked by the keyboard', async ({ page, catalog }) => {
  test.slow()
  await catalog.open('kind=component&view=map')
  const map = page.getByRole('list', { name: 'Components by domain and system' })
  const first = map.getByRole('link', { name: /^Commerce \d+ components/ })
  await first.focus()
  await page.keyboard.press('ArrowRight')
  await expect(map.getByRole('link', { name: /^Terminals \d+ components/ })).toBeFocused()
  await page.keyboard.press('ArrowLeft')
  await expect(first).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/in=domain:default\/commerce/)
  await expect(page.getByRole('link', { name: /^payments \d+ components/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/in=system:default\/payments/)
  await expect(page.getByRole('list', { name: 'Components in payments' }).getByRole('link').first()).toBeFocused()
  await page.keyboard.press('Backspace')
  await expect(page).toHaveURL(/in=domain:default\/commerce/)
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/in=/)
})

test('a system that is looked into is a filter of the table', async ({ page, catalog }) => {
  await catalog.open('kind=component&view=map&in=system:default/payments')
  await page.getByRole('link', { name: 'Table', exact: true }).click()
  await expect(catalog.row('payments-api')).toBeVisible()
  await expect(catalog.row('booking-api')).toHaveCount(0)
  await page.getByRole('button', { name: 'Remove the filter In' }).click()
  await expect(catalog.row('booking-api')).toBeVisible()
})

test('a tile with room says how old it is', async ({ page, catalog }) => {
  await catalog.open('kind=component&view=map&in=system:default/freight')
  const old = page.getByRole('link', { name: /^Freight portal \(old\), deprecated/ })
  await expect(old.getByText('deprecated', { exact: true })).toBeVisible()
  // Most are in production: that is no news.
  await expect(page.getByRole('list', { name: 'Components in freight' }).getByText('production')).toHaveCount(0)
  await page.emulateMedia({ forcedColors: 'active' })
  await expect(old.getByText('deprecated', { exact: true })).toBeVisible()
  expect(await serious(page)).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(old.getByText('deprecated', { exact: true })).toBeInViewport({ ratio: 1 })
})

test('a system that is not there leads back', async ({ page, catalog }) => {
  await catalog.open('kind=component&view=map&in=domain:default/nowhere')
  await expect(page.getByRole('heading', { name: 'No component is in nowhere' })).toBeVisible()
  await page.getByRole('link', { name: 'See everything' }).click()
  await expect(page.getByRole('list', { name: 'Components by domain and system' })).toBeVisible()
})

test('kinds that are in no system have no map', async ({ page, catalog }) => {
  await catalog.open('kind=user&view=map')
  await expect(catalog.rows.first()).toBeVisible()
  await expect(page.getByRole('link', { name: 'Map', exact: true })).toHaveCount(0)
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } })

  test('a menu has what stands beside the title on a screen', async ({ page }) => {
    await page.goto('/catalog?kind=component')
    const more = page.getByRole('button', { name: 'More of the catalog' })
    await more.click()
    await expect(page.getByRole('menuitem', { name: /^CSV/ })).toHaveAttribute('href', /export\?.*format=csv/)
    await page.getByRole('menuitemradio', { name: 'Map' }).click()
    await expect(page).toHaveURL(/view=map/)
    await more.click()
    await expect(page.getByRole('menuitemradio', { name: 'Map' })).toBeChecked()
    await page.getByRole('menuitem', { name: 'Graph' }).click()
    await expect(page).toHaveURL(/\/catalog-graph/)
  })

  test('the map is a list', async ({ page, catalog }) => {
    await catalog.open('kind=component&view=map')
    const list = page.getByRole('list', { name: 'Components by domain and system' })
    await expect(list.getByRole('link', { name: /^Voyages \d+ components/ })).toBeVisible()
    expect(await serious(page)).toEqual([])
    await list.getByRole('link', { name: /^Commerce/ }).click()
    await expect(page.getByRole('link', { name: /^payments \d+ components/ })).toBeVisible()
    await page.getByRole('main').getByRole('link', { name: 'Table', exact: true }).click()
    await expect(catalog.row('payments-api')).toBeVisible()
  })
})
