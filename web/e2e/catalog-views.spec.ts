import { readFileSync } from 'node:fs'
import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'

const rowOf = (page: Page) => page.locator(':focus').locator('xpath=ancestor::tr')

test('what is starred can be shown alone, and is counted before that', async ({ page, catalog }) => {
  await catalog.open()
  await expect(catalog.row('payments-ledger')).toBeVisible()
  await expect(catalog.facet('Show').getByText('Starred').locator('..')).toContainText('0')
  await catalog.filter.fill('payments-ledger')
  await expect(catalog.rows).toHaveCount(1)
  await catalog.filter.blur()
  await page.keyboard.press('j')
  await page.keyboard.press('s')
  await expect(catalog.row('payments-ledger').getByRole('img', { name: 'Starred' })).toBeVisible()
  await expect(catalog.facet('Show').getByText('Starred').locator('..')).toContainText('1')
  await catalog.value('Show', 'Starred').check()
  await expect(page).toHaveURL(/starred=true/)
  await page.getByRole('button', { name: 'Remove the filter Text' }).click()
  await expect(catalog.rows).toHaveCount(1)
  await expect(catalog.row('payments-ledger')).toBeVisible()
  // Without its star the last row goes, and the page says how rows come to stand here.
  await page.keyboard.press('j')
  await page.keyboard.press('s')
  await expect(page.getByRole('heading', { name: 'No starred components' })).toBeVisible()
})

test('a view keeps the address under a name, follows changes, and goes again', async ({ page, catalog }) => {
  test.slow()
  await catalog.open('kind=component&lifecycle=production')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: 'Save as a view…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Save as a view' })
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Write a name')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('In production')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const button = page.getByRole('button', { name: /^In production/ })
  await expect(button).toHaveText('In production')
  await expect(page).toHaveURL(/saved=/)

  await catalog.value('Type', 'library').check()
  await expect(button).toHaveText('In productionchanged')
  await button.click()
  await page.getByRole('menuitem', { name: 'Update “In production”' }).click()
  await expect(button).toHaveText('In production')

  // From anywhere the view leads back, also after a reload.
  await catalog.open('kind=api')
  await page.getByRole('button', { name: 'Views' }).click()
  expect(await serious(page)).toEqual([])
  await page.getByRole('menuitemradio', { name: 'In production' }).click()
  await expect(page).toHaveURL(/lifecycle=production&.*type=library|type=library&.*lifecycle=production/)
  await expect(catalog.value('Type', 'library')).toBeChecked()

  await button.click()
  await page.getByRole('menuitem', { name: 'Rename or delete…' }).click()
  const manage = page.getByRole('dialog', { name: 'Your views' })
  await manage.getByRole('textbox', { name: 'Name of In production' }).fill('Libraries')
  await manage.getByRole('textbox', { name: 'Name of In production' }).press('Enter')
  await manage.getByRole('button', { name: 'Delete Libraries' }).click()
  await expect(manage.getByText('No view is left.')).toBeVisible()
  await manage.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('button', { name: 'Views' })).toBeVisible()
})

test('an address of somebody else’s view works without it', async ({ page, catalog }) => {
  await catalog.open('kind=component&type=library&saved=theirs')
  await expect(catalog.value('Type', 'library')).toBeChecked()
  await expect(page.getByRole('button', { name: 'Views' })).toBeVisible()
})

test('columns are chosen, fields of one’s own too, and stand in the address', async ({ page, catalog }) => {
  test.slow()
  await catalog.open()
  await page.getByRole('button', { name: 'Columns' }).click()
  const popover = page.getByRole('dialog', { name: 'Columns' })
  await popover.getByRole('checkbox', { name: 'Tags' }).check()
  await popover.getByRole('checkbox', { name: 'Lifecycle' }).uncheck()
  await expect(catalog.column('Tags')).toBeVisible()
  await expect(catalog.column('Lifecycle')).toHaveCount(0)
  const field = popover.getByRole('textbox', { name: 'A field of your own' })
  await field.fill('annotations.x')
  await field.press('Enter')
  await expect(popover.getByRole('alert')).toContainText('below metadata or spec')
  await field.fill('metadata.labels.marrowby.example/language')
  await field.press('Enter')
  await expect(catalog.column('language')).toBeVisible()
  await expect(catalog.row('payments-api')).toContainText(/go|kotlin|java/)
  expect(await serious(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Columns' })).toBeFocused()

  await page.reload()
  await expect(catalog.column('language')).toBeVisible()
  await catalog.column('language').getByRole('button').click()
  await expect(page).toHaveURL(/sort=metadata\.labels\.marrowby\.example\/language/)
  await expect(page.getByText(/without the field language/)).toBeVisible()
  await page.getByRole('button', { name: 'Columns' }).click()
  await popover.getByRole('button', { name: 'Usual columns' }).click()
  await expect(catalog.column('Lifecycle')).toBeVisible()
  await expect(page).not.toHaveURL(/cols=/)
})

test('the keyboard alone finds rows, chooses some and acts on them', async ({ page, catalog, context }) => {
  test.slow()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await catalog.open()
  await expect(catalog.rows.first()).toBeVisible()
  // One row is the stop of Tab, and nothing else in the rows is.
  await expect(catalog.table.locator('tbody [tabindex="0"]')).toHaveCount(1)
  await page.keyboard.press('j')
  await page.keyboard.press('End')
  await expect(rowOf(page)).toHaveAttribute('aria-rowindex', String(await catalog.table.getAttribute('aria-rowcount')))
  await page.keyboard.press('Home')
  await expect(rowOf(page)).toHaveAttribute('aria-rowindex', '2')
  await page.keyboard.press('PageDown')
  expect(Number(await rowOf(page).getAttribute('aria-rowindex'))).toBeGreaterThan(8)
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await expect(page.locator(':focus')).toHaveText(/Accounts/)
  await page.keyboard.press('ArrowLeft')

  await page.keyboard.press('x')
  await page.keyboard.press('Shift+J')
  await page.keyboard.press('Shift+ArrowDown')
  const bar = page.getByRole('region', { name: 'Selection' })
  await expect(bar).toContainText('3 selected')
  await expect(catalog.table.locator('tr[aria-selected="true"]')).toHaveCount(3)
  expect(await serious(page)).toEqual([])
  await bar.getByRole('button', { name: 'Copy refs' }).click()
  const copied = (await page.evaluate(() => navigator.clipboard.readText())).split('\n')
  expect(copied).toHaveLength(3)
  expect(copied[0]).toMatch(/^component:default\//)
  await bar.getByRole('button', { name: 'Star' }).click()
  await expect(catalog.facet('Show').getByText('Starred').locator('..')).toContainText('3')
  await bar.getByRole('button', { name: 'Unstar' }).click()
  await page.locator('main h1').focus()
  await page.keyboard.press('Escape')
  await expect(bar).toHaveCount(0)

  await page.keyboard.press('j')
  await page.keyboard.press('y')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^component:default\//)
  await page.keyboard.press('o')
  await expect(page).toHaveURL(/owner=group:default\//)
})

test('what the filters leave is a file, with the columns of the page', async ({ page, catalog }) => {
  await catalog.open('kind=component&type=library&cols=owner&cols=tier')
  await expect(catalog.rows.first()).toBeVisible()
  const rows = Number(await catalog.table.getAttribute('aria-rowcount')) - 1
  await page.getByRole('button', { name: 'Export' }).click()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /^CSV/ }).click(),
  ])
  const lines = readFileSync(await file.path(), 'utf8')
    .trim()
    .split(/\r?\n/)
  expect(lines[0]).toBe('name,owner,metadata.labels')
  expect(lines).toHaveLength(rows + 1)
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.getByRole('region', { name: 'Selection' }).getByRole('button', { name: 'Export' }).click()
  const [one] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /^JSON/ }).click(),
  ])
  expect(JSON.parse(readFileSync(await one.path(), 'utf8'))).toHaveLength(1)
})

test('a long facet is looked through', async ({ page, catalog }) => {
  await catalog.open()
  await catalog.facet('Tag').getByRole('button', { name: /more$/ }).click()
  const find = catalog.facet('Tag').getByRole('searchbox')
  await expect(find).toBeFocused()
  await find.fill('sunset')
  await expect(catalog.facet('Tag').getByRole('checkbox')).toHaveCount(1)
  await catalog.value('Tag', 'sunset').check()
  await expect(page).toHaveURL(/tag=sunset/)
  await catalog.facet('Owner').getByRole('button', { name: /more$/ }).click()
  // People are found by what they are called.
  await catalog.facet('Owner').getByRole('searchbox').fill('pir an')
  await expect(catalog.value('Owner', 'Ana Pires')).toBeVisible()
})

test('a row stays under the keyboard when others come before it', async ({ page, catalog, declare, withdraw }) => {
  await catalog.open('kind=component&owner=group:default/payments')
  await expect(catalog.row('payments-ledger')).toBeVisible()
  await catalog.row('payments-ledger').getByRole('link').first().focus()
  const before = await rowOf(page).boundingBox()
  try {
    declare('aa-first-of-all', 'It comes before the others.')
    await expect(page.getByRole('grid')).toHaveAttribute('aria-rowcount', /\d+/)
    await expect(rowOf(page)).toContainText('payments-ledger')
    await expect
      .poll(async () => Number(await rowOf(page).getAttribute('aria-rowindex')), { timeout: 15_000 })
      .toBeGreaterThan(1)
    await expect(catalog.row('aa-first-of-all')).toHaveCount(1, { timeout: 15_000 })
    await expect(rowOf(page)).toContainText('payments-ledger')
    const after = await rowOf(page).boundingBox()
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThanOrEqual(41)
  } finally {
    withdraw('aa-first-of-all')
  }
})
