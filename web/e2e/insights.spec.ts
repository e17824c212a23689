import { expect, test } from './fixtures.ts'

// What the sample organisation lacks is there on purpose: owners that are not in the catalog, components without docs.
test('every number leads to its list, and the list says what to do', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('g')
  await page.keyboard.press('i')
  await expect(page).toHaveURL(/\/insights\/coverage$/)
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/\d/)

  // No provider lists repositories: that is said, and is not 0 %.
  const figures = page.getByRole('list', { name: 'What the catalog knows' })
  const repositories = figures
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: 'Repositories' }) })
  await expect(repositories).toContainText('Not measured')
  await expect(repositories).toContainText('catalog.providers')
  await expect(repositories).not.toContainText('%')

  // The list is as long as what the number leaves.
  const owners = figures.getByRole('link', { name: /^Owners: \d+ %/ })
  const [, have = '', all = ''] =
    /, (\d+) of (\d+) entities/.exec((await owners.getAttribute('aria-label')) ?? '') ?? []
  await owners.click()
  await expect(page).toHaveURL(/measure=ownership$/)
  const list = page.getByRole('region', { name: 'What no team answers for' })
  await expect(list.getByRole('heading')).toBeFocused()
  await expect(list.getByText(String(Number(all) - Number(have)), { exact: true })).toBeVisible()
  const notebooks = list.getByRole('listitem').filter({ hasText: 'pricing-notebooks' })
  await expect(notebooks).toContainText('Its owner is not in the catalog.')
  await expect(notebooks).toContainText('group:default/pricing-guild')

  // So is what counts, and the way back by the browser.
  await list.getByRole('link', { name: 'Show what counts' }).click()
  const counted = page.getByRole('region', { name: 'What a team answers for' })
  await expect(counted.getByText(have, { exact: true })).toBeVisible()
  await page.goBack()
  await expect(list).toBeVisible()

  // A cell of the table is the number of the list that it opens.
  const table = page.getByRole('region', { name: /^Teams and what is missing/ })
  const cell = table.getByRole('link', { name: /, Docs: (?!100)\d+ %/ }).first()
  const [, had = '', of = ''] = /, (\d+) of (\d+) component/.exec((await cell.getAttribute('aria-label')) ?? '') ?? []
  await cell.click()
  await expect(page).toHaveURL(/scope=.*&measure=docs/)
  const docs = page.getByRole('region', { name: 'Components without docs' })
  await expect(docs.getByRole('listitem')).toHaveCount(Number(of) - Number(had))

  await page.getByRole('button', { name: 'By tier' }).click()
  await expect(page).toHaveURL(/weighted=yes/)
  await expect(figures.getByRole('link', { name: /by tier/ }).first()).toBeVisible()
})
