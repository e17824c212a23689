import { expect, test } from './fixtures.ts'

test('a text that this kind does not have is offered in the kinds that have it', async ({ page }) => {
  await page.goto('/catalog?kind=domain&q=payments')
  await expect(page.getByText('Nothing matches “payments”')).toBeVisible()
  await page
    .getByRole('main')
    .getByRole('link', { name: /^Systems \d/ })
    // The first is the tab.
    .nth(1)
    .click()
  await expect(page).toHaveURL(/kind=system&q=payments/)
  await expect(page.getByRole('grid').getByRole('link', { name: 'payments' }).first()).toBeVisible()
})

test('kinds that do not fit fade out at the end where they are', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/catalog?kind=component')
  const kinds = page.getByRole('navigation', { name: 'Kinds' })
  await expect(kinds).toHaveAttribute('data-after')
  await expect(kinds).not.toHaveAttribute('data-before')
  await kinds.getByRole('link', { name: /^Locations/ }).focus()
  await expect(kinds).toHaveAttribute('data-before')
})

test('lists a kind with owner, type and lifecycle, and counts it', async ({ catalog }) => {
  await catalog.open()
  const row = catalog.row('payments-api')
  await expect(row).toContainText('Payments')
  await expect(row).toContainText('service')
  await expect(row).toContainText('production')
  const total = Number((await catalog.total.textContent())?.match(/\d+/)?.[0])
  expect(await catalog.table.getAttribute('aria-rowcount')).toBe(String(total + 1))
})

test('a facet narrows rows and other facets, and stands in the URL', async ({ page, catalog }) => {
  await catalog.open()
  await catalog.value('Type', 'library').check()
  await expect(page).toHaveURL(/type=library/)
  await expect(catalog.chip('Type')).toBeVisible()
  await expect(catalog.row('payments-api')).toHaveCount(0)
  await expect(catalog.total).toContainText(/^\d+ of \d+ components$/)
  // The facet counts its other values without itself: there is still a number of services.
  await expect(
    catalog
      .facet('Type')
      .getByText(/^service$/)
      .locator('..'),
  ).toContainText(/[1-9]/)
  await page.goBack()
  await expect(catalog.row('payments-api')).toBeVisible()
  await expect(catalog.value('Type', 'library')).not.toBeChecked()
})

test('the text filter finds parts of names and counts the facets of what it found', async ({ page, catalog }) => {
  await catalog.open()
  await expect(catalog.row('payments-api')).toBeVisible()
  await page.keyboard.press('/')
  await expect(catalog.filter).toBeFocused()
  await page.keyboard.type('payments-l')
  await expect(page).toHaveURL(/q=payments-l/)
  await expect(catalog.rows).toHaveCount(1)
  await expect(catalog.row('payments-ledger')).toBeVisible()
  await expect(
    catalog
      .facet('Type')
      .getByText(/^service$/)
      .locator('..'),
  ).toContainText('1')
})

test('every word of the text occurs in what is found, wherever and in any order', async ({ page, catalog }) => {
  await catalog.open()
  await expect(catalog.row('booking-api')).toBeVisible()
  await catalog.filter.fill('LED pay')
  await expect(page).toHaveURL(/q=LED\+pay/)
  await expect(catalog.row('payments-ledger')).toBeVisible()
  await expect(catalog.row('booking-api')).toHaveCount(0)
  const found = Number((await catalog.total.textContent())?.match(/^\d+/)?.[0])
  expect(await catalog.rows.count()).toBe(found)
  // The counts beside it are of what it finds: in whatever type a row is, so many are counted.
  const counts = catalog.facet('Type').locator('label > span:last-child')
  await expect.poll(async () => (await counts.allTextContents()).reduce((sum, n) => sum + Number(n), 0)).toBe(found)
  // So is what it finds together with a value, the file of it, and the map.
  await catalog.value('Owner', 'Payments').check()
  await expect(catalog.row('payments-ledger')).toBeVisible()
  await page.getByRole('button', { name: 'Export' }).click()
  const href = await page.getByRole('menuitem', { name: /^JSON/ }).getAttribute('href')
  const file = (await (await page.request.get(href ?? '')).json()) as { metadata: { name: string } }[]
  expect(file.map((e) => e.metadata.name)).toContain('payments-ledger')
  expect(file.length).toBe(await catalog.rows.count())
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Map', exact: true }).click()
  const map = page.getByRole('list', { name: 'Components by domain and system' })
  const commerce = new RegExp(`^Commerce ${String(file.length)} component`)
  await expect(map.getByRole('link', { name: commerce })).toBeVisible()
  await page.reload()
  await expect(catalog.filter).toHaveValue('LED pay')
  await expect(map.getByRole('link', { name: commerce })).toBeVisible()

  await page.goto('/api-docs?q=v4+far')
  const apis = page.getByRole('table', { name: 'APIs' })
  await expect(apis.locator('a[href$="/api/fares.v4"]')).toBeVisible()
  await expect(apis.locator('a[href$="/api/acquirer.v4"]')).toHaveCount(0)
})

test('values come by what is left of them, and stay where they are while they are ticked', async ({
  page,
  catalog,
}) => {
  const values = catalog.facet('Type').locator('label > span.cut')
  await catalog.open()
  await expect(values.first()).toHaveText('service')
  // Another text is another order; whatever it leaves most of comes first.
  await catalog.filter.fill('tide tables')
  await expect(values.first()).toHaveText('library')
  const order = await values.allTextContents()
  const last = order.at(-1) ?? ''
  await catalog.value('Type', last).check()
  await catalog.value('Owner', '').first().check()
  await expect(page).toHaveURL(/owner=/)
  expect(await values.allTextContents()).toEqual(order)
  // Who comes by the address finds what is chosen on top.
  await page.reload()
  await expect(values.first()).toHaveText(last)
})

test('a link to a state of the page shows that state', async ({ catalog }) => {
  await catalog.open('kind=component&type=service&owner=group:default/payments&q=ledger')
  await expect(catalog.filter).toHaveValue('ledger')
  await expect(catalog.value('Type', 'service')).toBeChecked()
  await expect(catalog.value('Owner', 'Payments')).toBeChecked()
  await expect(catalog.row('payments-ledger')).toBeVisible()
  await expect(catalog.row('booking-api')).toHaveCount(0)
})

test('no match says which filter removed the last row', async ({ page, catalog }) => {
  await catalog.open('kind=component&type=library&q=payments-api')
  const way = page.getByRole('button', { name: /^Without type: \d+$/ })
  await expect(way).toBeVisible()
  await way.click()
  await expect(catalog.row('payments-api')).toBeVisible()
  await expect(page).not.toHaveURL(/type=/)
})

test('a column head sorts, both ways', async ({ page, catalog }) => {
  await catalog.open()
  const head = catalog.column('Owner')
  await head.getByRole('button').click()
  await expect(head).toHaveAttribute('aria-sort', 'ascending')
  await expect(page).toHaveURL(/sort=owner/)
  await head.getByRole('button').click()
  await expect(head).toHaveAttribute('aria-sort', 'descending')
  await expect(page).toHaveURL(/sort=-owner/)
})

test('what changed last comes first, and last with another press', async ({ page, catalog }) => {
  await catalog.open()
  const head = catalog.column('Changed')
  for (const [sort, order] of [
    [/sort=-changed/, 'descending'],
    [/sort=changed/, 'ascending'],
  ] as const) {
    await head.getByRole('button').click()
    await expect(page).toHaveURL(sort)
    await expect(head).toHaveAttribute('aria-sort', order)
    await expect(catalog.rows.first()).toBeVisible()
  }
  await head.getByRole('button').click()
  await expect(page).not.toHaveURL(/sort=/)
})

test('the keyboard walks over rows and opens one', async ({ page, catalog }) => {
  await catalog.open()
  await expect(catalog.rows.first()).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  const second = catalog.rows.nth(1).getByRole('link').first()
  await expect(second).toBeFocused()
  const name = await second.textContent()
  await page.keyboard.press('k')
  await expect(catalog.rows.first().getByRole('link').first()).toBeFocused()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: name ?? '' })).toBeVisible()
})

test('long lists load as they are scrolled', async ({ page, catalog }) => {
  await catalog.open('kind=container')
  await expect(catalog.table).toHaveAttribute('aria-rowcount', '261')
  await expect(catalog.row('container-001')).toBeVisible()
  expect(await catalog.rows.count()).toBeLessThan(120)
  await page.keyboard.press('End')
  await expect(catalog.row('container-260')).toBeVisible()
  await expect(catalog.row('container-001')).toHaveCount(0)
  // The head stays under the lintel.
  await expect(catalog.column('Name')).toBeInViewport()
})

test('other kinds have columns of their own', async ({ page, catalog }) => {
  await catalog.open()
  await page
    .getByRole('navigation', { name: 'Kinds' })
    .getByRole('link', { name: /^Teams/ })
    .click()
  await expect(page).toHaveURL(/kind=group/)
  await expect(catalog.column('Members')).toBeVisible()
  await expect(catalog.row('Payments')).toContainText(/\d+ (people|person)/)
})

test('a kind that nothing has is no kind, and those that are there are offered', async ({ page, catalog }) => {
  await catalog.open('kind=nope')
  await expect(page.getByRole('heading', { name: 'There is no kind “nope”' })).toBeVisible()
  await expect(page.getByText(/nopes/i)).toHaveCount(0)
  await page.getByRole('main').getByRole('link', { name: /^APIs/ }).last().click()
  await expect(catalog.row('payments.v2')).toBeVisible()
})

test('a location goes by its target, not by the hash in its name', async ({ page, catalog }) => {
  await catalog.open('kind=location')
  await expect(catalog.row('marrowby/all.yaml')).toBeVisible()
  await expect(page.getByText(/generated-[0-9a-f]{8}/)).toHaveCount(0)
})

test('links of Backstage lead to the same things', async ({ page, catalog }) => {
  await page.goto('/catalog?filters[kind]=api&filters[type]=openapi')
  await expect(catalog.value('Type', 'OpenAPI')).toBeChecked()
  await page.goto('/api-docs')
  await expect(page.getByRole('heading', { level: 1, name: 'APIs' })).toBeVisible()
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } })

  test('the facets come from below and the rows have two lines', async ({ page, catalog }) => {
    await catalog.open()
    await expect(catalog.row('payments-api')).toContainText('service · production')
    await page.getByRole('button', { name: 'Filters' }).click()
    const sheet = page.getByRole('dialog', { name: 'Filters' })
    await sheet.getByRole('checkbox', { name: /^library/ }).check()
    await expect(page).toHaveURL(/type=library/)
    await sheet.getByRole('button', { name: /^Show \d+$/ }).click()
    await expect(sheet).toBeHidden()
    await expect(page.getByRole('button', { name: 'Filters, 1 set' })).toBeVisible()
  })
})

test('filters that do not load say so, keep what was chosen and can be tried again', async ({
  page,
  catalog,
  quiet,
}) => {
  let fail = true
  await page.route('**/api/catalog/entity-facets*', async (route) => {
    // The kinds above are counted the same way, and are there.
    if (fail && route.request().postData()?.includes('spec.type'))
      await route.fulfill({ status: 400, json: { error: { name: 'InputError', message: 'no' } } })
    else await route.fallback()
  })
  await page.goto('/catalog?kind=component&type=library')
  const strip = page.getByRole('complementary', { name: 'Filters' }).getByRole('alert')
  await expect(strip).toContainText('The filters did not load.')
  await expect(catalog.chip('Type')).toBeVisible()
  await expect(catalog.total).toContainText(/components$/)
  fail = false
  await strip.getByRole('button', { name: 'Try again' }).click()
  await expect(catalog.value('Type', 'library')).toBeChecked()
  await expect(strip).toHaveCount(0)
  // The browser tells of each answer that is none.
  quiet.splice(0, quiet.length, ...quiet.filter((line) => !line.includes('/entity-facets')))
})
