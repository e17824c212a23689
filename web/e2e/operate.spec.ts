import { expect, test } from './fixtures.ts'

test('the page opens with its answer, then every source in words', async ({ page }) => {
  await page.goto('/operate/sources')
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/source/)
  const rows = page.getByRole('table', { name: 'Sources' }).getByRole('row')
  expect(await rows.count()).toBeGreaterThan(2)
  await expect(rows.nth(1)).toContainText(/\d+ files? · \d+ entit(y|ies)/)
  await page
    .getByRole('button', { name: /^Read .* again$/ })
    .first()
    .click()
  await expect(page.getByText(/is being read\.$/)).toBeVisible()
})

test('an error names file, line and what to write', async ({ page, problems }) => {
  await page.goto('/operate/problems?tab=errors')
  const lines = problems.list('Errors')
  await expect(lines.first()).toBeVisible()
  await expect(problems.lines).toContainText('ownr')
  await expect(page.getByText(/\.yaml:\d+:\d+$/).first()).toBeVisible()
  await expect(page.getByText(/owner/).first()).toBeVisible()
})

test('a conflict names both places', async ({ page, problems }) => {
  await page.goto('/operate/problems')
  await problems.tab('Conflicts').click()
  await expect(page).toHaveURL(/tab=conflicts/)
  await expect(page.getByRole('heading', { name: /^Two files claim/ })).toBeVisible()
  await expect(page.getByText('Keeps it', { exact: true })).toBeVisible()
  await expect(page.getByText('Refused', { exact: true })).toBeVisible()
})

test('what is missing can be removed, and brought back', async ({ page, catalog, problems, declare, withdraw }) => {
  declare('ghost-ship', 'Will vanish.')
  await catalog.open('kind=component&q=ghost-ship')
  await expect(catalog.row('ghost-ship')).toBeVisible()
  withdraw('ghost-ship')
  await expect(catalog.row('ghost-ship').getByRole('img')).toBeVisible()
  await catalog.row('ghost-ship').getByRole('link').first().click()
  const strip = page.getByText(
    /^It went missing .*Its source no longer declares it\. .*It will be removed on \d+ \w+\.$/,
  )
  await expect(strip).toBeVisible()
  await expect(strip).not.toContainText(/\dT\d/)

  await page.goto('/operate/problems?tab=missing&problem=component:default/ghost-ship')
  await expect(page.getByRole('heading', { name: 'ghost-ship is missing' })).toBeVisible()
  await page.getByRole('button', { name: 'Remove now' }).click()
  await expect(page.getByText('ghost-ship was removed.', { exact: true })).toBeVisible()
  await problems.tab('Removed').click()
  await problems.list('Removed').filter({ hasText: 'ghost-ship' }).click()
  await expect(page.getByRole('heading', { name: 'ghost-ship was removed' })).toBeVisible()
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(page.getByText('ghost-ship is back in the catalog.')).toBeVisible()
  await expect(problems.list('Removed').filter({ hasText: 'ghost-ship' })).toHaveCount(0)
})

test('what is missing can be kept', async ({ page, catalog, problems, declare, withdraw }) => {
  declare('light-ship', 'Will stay.')
  await catalog.open('kind=component&q=light-ship')
  await expect(catalog.row('light-ship')).toBeVisible()
  withdraw('light-ship')
  await expect(catalog.row('light-ship').getByRole('img')).toBeVisible()
  await page.goto('/operate/problems?tab=missing&problem=component:default/light-ship')
  await expect(page.getByRole('heading', { name: 'light-ship is missing' })).toBeVisible()
  await page.getByRole('button', { name: 'Keep it' }).click()
  await expect(page.getByText(/^light-ship is kept\./)).toBeVisible()
  await expect(problems.list('Missing').filter({ hasText: 'light-ship' })).toHaveCount(0)
  await catalog.open('kind=component&q=light-ship')
  await expect(catalog.row('light-ship').getByText('Will stay.')).toBeVisible()
  await expect(catalog.row('light-ship').getByRole('img', { name: /missing/i })).toHaveCount(0)
})

test('what was removed is found by a part of its ref', async ({ page, catalog, problems, declare, withdraw }) => {
  declare('bell-buoy', 'Will go.')
  await catalog.open('kind=component&q=bell-buoy')
  await expect(catalog.row('bell-buoy')).toBeVisible()
  withdraw('bell-buoy')
  await expect(catalog.row('bell-buoy').getByRole('img')).toBeVisible()
  await page.goto('/operate/problems?tab=missing&problem=component:default/bell-buoy')
  await page.getByRole('button', { name: 'Remove now' }).click()
  await expect(page.getByText('bell-buoy was removed.', { exact: true })).toBeVisible()
  await problems.tab('Removed').click()
  const filter = page.getByRole('searchbox', { name: 'Filter what was removed by its ref' })
  await filter.fill('bell-b')
  await expect(page).toHaveURL(/q=bell-b/)
  await expect(problems.list('Removed')).toHaveCount(1)
  await expect(page.getByRole('heading', { name: 'bell-buoy was removed' })).toBeVisible()
  await filter.fill('no-such-thing')
  await expect(page.getByText('No ref of what was removed in 30 days has “no-such-thing” in it.')).toBeVisible()
})

test('an undo that fails says so and where it can be done', async ({ page, catalog, declare, withdraw }) => {
  declare('fog-horn', 'Will go.')
  await catalog.open('kind=component&q=fog-horn')
  await expect(catalog.row('fog-horn')).toBeVisible()
  withdraw('fog-horn')
  await expect(catalog.row('fog-horn').getByRole('img')).toBeVisible()
  await page.goto('/operate/problems?tab=missing&problem=component:default/fog-horn')
  await page.getByRole('button', { name: 'Remove now' }).click()
  await page.route('**/restore', (route) => route.fulfill({ status: 200, body: 'no JSON' }))
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText(/^fog-horn was not restored\./)).toBeVisible()
  await page.unroute('**/restore')
  await page.getByRole('link', { name: 'See Removed' }).click()
  await expect(page).toHaveURL(/tab=removed/)
})

test('the number beside Sources is the number of open problems', async ({ page, problems }) => {
  const number = async (name: string) => Number((await problems.tab(name).textContent())?.match(/\d+/)?.[0])
  // Both are of one moment when the page is opened; others change what there is to count meanwhile.
  await expect(async () => {
    await page.goto('/operate/sources')
    await expect(problems.tab('Errors')).toBeVisible()
    const open = (await number('Errors')) + (await number('Conflicts')) + (await number('Missing'))
    expect(open).toBeGreaterThan(1)
    await expect(
      page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: /Sources/ }),
    ).toContainText(String(open), { timeout: 1000 })
  }).toPass()
})
