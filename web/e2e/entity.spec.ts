import { expect, test } from './fixtures.ts'

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
  await page.keyboard.press('4')
  await expect(page).toHaveURL(/payments-api\/source$/)
  await expect(entity.tab('Source')).toHaveAttribute('aria-current', 'page')
  await expect(entity.tab('Overview')).not.toHaveAttribute('aria-current')
  await expect(page.getByRole('region', { name: 'file' })).toContainText('name: payments-api')
})

test('the history shows when it was added', async ({ entity, page }) => {
  await entity.open('component', 'payments-api', 'history')
  await expect(page.getByText('Was added')).toBeVisible()
})

test('each kind opens with what matters to it', async ({ catalog, entity, page }) => {
  await entity.open('api', 'payments.v2')
  await expect(page.getByRole('region', { name: /definition$/ })).toContainText('openapi')
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
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('payment-apy is not in the catalog')
  await page.getByRole('link', { name: 'payments-api' }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('payments-api')
})

test('a tab that only Backstage has leads to the overview', async ({ page, entity }) => {
  await page.goto('/catalog/default/component/payments-api/ci-cd')
  await expect(page).toHaveURL(/payments-api$/)
  await expect(entity.heading).toHaveText('payments-api')
})

test('refresh asks for a new reading and says so', async ({ page, entity }) => {
  await entity.open('component', 'payments-api')
  await page.getByRole('button', { name: 'Refresh' }).click()
  await expect(page.getByText('The source of payments-api is being read.')).toBeVisible()
})
