import { expect, test, type Page } from './fixtures.ts'

test('the overview says what it is, who looks after it and what is around it', async ({ page, entity }) => {
  await entity.open('component', 'payments-api')
  await expect(entity.heading).toHaveText('payments-api')
  await expect(page).toHaveTitle('payments-api · Portico')
  await expect(page.getByRole('navigation', { name: 'Where it stands' })).toContainText('payments')
  await expect(entity.facts).toContainText('component:default/payments-api')
  await expect(entity.facts.getByRole('link', { name: 'Payments' }).first()).toBeVisible()
  await entity.section('One step around it').getByRole('link', { name: 'booking-api' }).click()
  await expect(entity.heading).toHaveText('booking-api')
  await expect(entity.heading).toBeFocused()
})

test('tabs have addresses and keys', async ({ page, entity }) => {
  await entity.open('component', 'payments-api')
  await entity.tab('Dependencies').click()
  await expect(page).toHaveURL(/payments-api\/dependencies$/)
  await expect(page.getByRole('complementary', { name: 'About what is chosen' })).toContainText('payments-api')
  await page.keyboard.press('5')
  await expect(page).toHaveURL(/payments-api\/source$/)
  await expect(entity.tab('Source')).toHaveAttribute('aria-current', 'page')
  await expect(entity.tab('Overview')).not.toHaveAttribute('aria-current')
  await expect(page.getByRole('region', { name: 'file' })).toContainText('name: payments-api')
})

test('the history shows when it was added', async ({ entity, page }) => {
  await entity.open('component', 'payments-api', 'history')
  await expect(page.getByText('Added from payments-api/catalog-info.yaml')).toBeVisible()
})

test('each kind opens with what matters to it', async ({ catalog, entity }) => {
  await entity.open('api', 'payments.v2')
  await expect(entity.section('Definition')).toContainText('OpenAPI')
  await entity.open('group', 'payments')
  await expect(entity.section('Members').getByRole('listitem').first()).toBeVisible()
  await expect(entity.section('Owns')).toContainText('payments-api')
  await entity.open('system', 'payments')
  await expect(entity.section('Inside')).toContainText('payments-ledger')
  await catalog.open('kind=template')
  await catalog.rows.first().getByRole('link').first().click()
  await expect(entity.section('It asks')).toBeVisible()
  await expect(entity.section('It does')).toBeVisible()
})

test('what is not there is named, with what comes near', async ({ page }) => {
  await page.goto('/catalog/default/component/payment-apy')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no component payment-apy')
  await page.getByRole('link', { name: 'payments-api' }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('payments-api')
})

test('what has the name of another kind is found, and everything can be searched for it', async ({ page, finder }) => {
  await page.goto('/catalog/default/component/fares.v3')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no component fares.v3')
  await expect(page.getByText('Something else has this name.')).toBeVisible()
  await expect(page.getByRole('main').getByRole('listitem').first()).toHaveText('Fares, version 3API')
  await page.getByRole('button', { name: 'Search everything for fares.v3' }).click()
  await expect(finder.field).toHaveValue('fares.v3')
  await expect(finder.options.first()).toContainText('Fares, version 3')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await expect(finder.field).toHaveValue('')
})

test('what is deprecated says what takes its place and who still calls it', async ({ page, entity }) => {
  await entity.open('api', 'fares.v3')
  const main = page.getByRole('main')
  await expect(main).toContainText('It is deprecated. Its successor is Fares fares.v4. Still called by booking-api.')
  await main.getByRole('link', { name: 'Fares', exact: true }).last().waitFor()
  await main.getByText('Its successor is').getByRole('link', { name: 'Fares' }).click()
  await expect(page).toHaveURL(/\/api\/fares\.v4$/)
  await expect(main).not.toContainText('It is deprecated.')
})

test('the APIs of a component say their sort and how many call them', async ({ entity }) => {
  await entity.open('component', 'payments-api')
  const row = entity.section('APIs').getByRole('listitem').filter({ hasText: 'payments.v2' })
  await expect(row).toContainText('OpenAPI · 8 callers')
  await expect(entity.tab('API')).toHaveText('API3')
})

test('on a phone the title has star and menu beside it, and the menu the rest', async ({ page, entity }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await entity.open('component', 'payments-api')
  const title = await entity.heading.boundingBox()
  const more = page.getByRole('button', { name: 'More actions' })
  for (const action of [page.getByRole('main').getByRole('button', { name: /^Star / }), more]) {
    const box = await action.boundingBox()
    expect(box && title && box.y >= title.y - 8 && box.y + box.height <= title.y + title.height + 8).toBe(true)
  }
  await expect(page.getByRole('link', { name: 'Service dashboard' })).toHaveCount(1)
  await more.click()
  const items = page.getByRole('menu', { name: 'Actions for payments-api' }).getByRole('menuitem')
  await expect(items.first()).toHaveText('Service dashboard↗')
  await expect(items.filter({ hasText: 'Refresh' })).toBeVisible()
})

test('on a phone the source is wrapped until somebody says otherwise', async ({ page, entity }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await entity.open('component', 'payments-api', 'source')
  const file = page.getByRole('region', { name: 'file' })
  const beside = () => file.evaluate((box) => box.scrollWidth - box.clientWidth)
  expect(await beside()).toBe(0)
  const copy = await page.getByRole('button', { name: 'Copy the file' }).boundingBox()
  const text = await file.boundingBox()
  expect(copy && text && copy.y + copy.height <= text.y).toBe(true)
  await page.getByRole('button', { name: 'Do not wrap' }).click()
  await expect(page).toHaveURL(/wrap=no$/)
  await expect.poll(beside).toBeGreaterThan(0)
})

test('a tab that only Backstage has leads to the overview', async ({ page, entity }) => {
  await page.goto('/catalog/default/component/payments-api/ci-cd')
  await expect(page).toHaveURL(/payments-api$/)
  await expect(entity.heading).toHaveText('payments-api')
})

test('refresh asks for a new reading and says so', async ({ page, entity }) => {
  await entity.open('component', 'payments-api')
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Refresh' }).click()
  await expect(page.getByText('The source of payments-api is being read.')).toBeVisible()
})

/** Waits until a component that was declared is in the catalog. */
async function known(page: Page, name: string): Promise<void> {
  await expect
    .poll(async () => (await page.request.get(`/api/catalog/entities/by-name/component/default/${name}`)).status())
    .toBe(200)
}

test('two points are compared, by mouse or keys, and the address says which', async ({ page, entity, declare }) => {
  const name = 'fog-horn'
  declare(name, 'Sounds in fog.')
  await known(page, name)
  const described = page.getByRole('heading', { level: 1 }).locator('xpath=ancestor::header')
  await entity.open('component', name, 'history')
  for (const times of ['twice', 'thrice']) {
    declare(name, `Sounds ${times}.`)
    await expect(described).toContainText(`Sounds ${times}.`)
  }
  await page.getByRole('button', { name: 'Compare two points' }).click()
  await expect(page).toHaveURL(/from=\d+&to=\d+/)
  const box = page.getByRole('region', { name: 'Comparison' })
  await expect(box.getByRole('heading', { level: 2 })).toHaveText('1 field differs')
  await expect(box).toContainText('Sounds twice.')

  // To the oldest by the keyboard: the arrows go from change to change.
  await page.getByRole('radio', { name: /^From/, checked: true }).focus()
  await page.keyboard.press('ArrowDown')
  await expect(box).toContainText('2 changes in between.')
  await expect(box.locator('del')).toContainText('Sounds in fog.')
  await expect(box).not.toContainText('Sounds twice.')
  const at = page.url()
  await box.getByRole('button', { name: 'Unified' }).click()
  await expect(page).toHaveURL(/view=unified/)
  await page.goto(at)
  await expect(box).toContainText('2 changes in between.')
  await box.getByRole('button', { name: 'Swap the two points' }).click()
  await expect(box.locator('ins')).toContainText('Sounds in fog.')
  await box.getByRole('button', { name: 'End the comparison' }).click()
  await expect(page).toHaveURL(/history$/)
})

test('a link to a line leads to it', async ({ page, entity }) => {
  await entity.open('component', 'payments-api', 'source')
  await page.getByRole('link', { name: 'Line 6', exact: true }).click()
  await expect(page).toHaveURL(/source#L6$/)
  await page.getByRole('link', { name: 'Line 9', exact: true }).click({ modifiers: ['Shift'] })
  await expect(page).toHaveURL(/source#L6-L9$/)
  await page.getByRole('button', { name: 'Wrap lines' }).click()
  await expect(page).toHaveURL(/wrap=yes#L6-L9$/)
  await page.goto('/catalog/default/component/payments-api/source#L40')
  await expect(page.getByRole('link', { name: 'Line 40', exact: true })).toBeInViewport()
})

test('the menu opens by its key', async ({ page, entity }) => {
  await entity.open('component', 'payments-api')
  await expect(page.getByRole('button', { name: 'More actions' })).toBeVisible()
  await page.keyboard.press('.')
  const menu = page.getByRole('menu', { name: 'Actions for payments-api' })
  await expect(menu.getByRole('menuitem').first()).toBeFocused()
  await page.keyboard.press('u')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Unregister payments-api' })
  await expect(dialog.getByRole('region', { name: 'Who lacks something' })).toContainText('booking-api')
  await expect(dialog).toContainText('Its file declares it still.')
  // Others depend on it, so the name is asked for.
  await dialog.getByRole('button', { name: 'Unregister it' }).click()
  await expect(dialog.getByRole('alert')).toHaveText('Write payments-api, as it stands above.')
  await dialog.getByRole('button', { name: 'Keep it' }).click()
  await expect(dialog).toHaveCount(0)
})

test('what nobody depends on is unregistered at once, and taken back', async ({ page, entity, declare, quiet }) => {
  declare('sand-bank', 'In the way.')
  await known(page, 'sand-bank')
  await entity.open('component', 'sand-bank')
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Unregister…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Unregister sand-bank' })
  await expect(dialog).toContainText('Nothing else lacks anything without it.')
  await expect(dialog.getByRole('textbox')).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Unregister it' }).click()
  await expect(page.getByText('sand-bank is unregistered.')).toBeVisible()
  await page.goto('/catalog/default/component/sand-bank')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^sand-bank was removed on \d+ \w+$/)
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('sand-bank')
  // The page that was open hears of the removal and may ask for a source that is gone.
  quiet.splice(0, quiet.length, ...quiet.filter((line) => !/404.*sand-bank\/source/.test(line)))
})

test('a location says what it points at and what it yields', async ({ page, entity }) => {
  await entity.open('location', 'marrowby')
  const targets = entity.section('What it points at')
  await expect(targets).toContainText('10 targets')
  await expect(targets.getByRole('listitem').filter({ hasText: './systems/commerce.yaml' })).toContainText(
    /\d+ entities/,
  )
  await expect(entity.section('What it yields').getByRole('link').first()).toBeVisible()
  await page.goto('/catalog/default/container/container-001')
  await expect(entity.section('Specification')).toContainText('reefer')
})

for (const [kind, name, section, what] of [
  ['group', 'payments', 'Where it stands', 'The teams around it did not load.'],
  ['system', 'payments', 'Inside', 'The diagram did not load.'],
] as const) {
  test(`of a ${kind} it is said where the graph does not load, and it can be tried again`, async ({
    page,
    entity,
    quiet,
  }) => {
    let fail = true
    await page.route('**/api/catalog/graph?*', async (route) => {
      if (fail) await route.fulfill({ status: 400, json: { error: { name: 'InputError', message: 'no' } } })
      else await route.fallback()
    })
    await entity.open(kind, name)
    const strip = entity.section(section).getByRole('alert')
    await expect(strip).toContainText(what)
    fail = false
    await strip.getByRole('button', { name: 'Try again' }).click()
    await expect(strip).toHaveCount(0)
    if (kind === 'group') await expect(entity.section(section).locator('[aria-current=true]')).toContainText('Payments')
    else await expect(page.getByLabel(/^Diagram of /).first()).toBeVisible()
    quiet.splice(0, quiet.length, ...quiet.filter((line) => !line.includes('/api/catalog/graph')))
  })
}
